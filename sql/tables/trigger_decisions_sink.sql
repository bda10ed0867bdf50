-- Rows come ready-made, as JSON text.
CREATE TEMPORARY TABLE trigger_decisions_sink (person_id STRING, body STRING) WITH (${text_sink_trigger_decisions});
