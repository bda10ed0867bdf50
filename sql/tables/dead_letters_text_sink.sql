-- Rows come ready-made, as JSON text.
CREATE TEMPORARY TABLE dead_letters_text_sink (origin STRING, body STRING) WITH (${text_sink_dead_letters});
