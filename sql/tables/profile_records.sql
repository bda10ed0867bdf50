-- The topic `profiles` once more, as its records: text, as it was sent; no text is a tombstone. What is in it is read once, in Java.
CREATE TEMPORARY TABLE profile_records (
    person_id STRING,
    body STRING,
    valid_from TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR valid_from AS CASE WHEN person_id LIKE '$$hb-%' AND body LIKE ${heartbeat_body} THEN valid_from END
) WITH (${records_profiles});
