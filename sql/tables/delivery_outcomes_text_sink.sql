-- Rows come ready-made, as JSON text.
CREATE TEMPORARY TABLE delivery_outcomes_text_sink (person_id STRING, body STRING) WITH (${text_sink_delivery_outcomes});
