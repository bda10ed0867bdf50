-- Rows come ready-made, as JSON text.
CREATE TEMPORARY TABLE triggers_retry_text_sink (person_id STRING, body STRING) WITH (${text_sink_triggers_retry});
