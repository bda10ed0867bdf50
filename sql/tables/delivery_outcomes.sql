-- How sends ended, as records: who cannot read one says so.
CREATE TEMPORARY TABLE delivery_outcomes (
    person_id STRING,
    body STRING,
    told_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR told_at AS CASE WHEN person_id LIKE '$$hb-%' AND body LIKE ${heartbeat_body} THEN told_at END
) WITH (${records_delivery_outcomes});
