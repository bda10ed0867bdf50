-- The topic `identities` once more, as its records. No text is a tombstone.
CREATE TEMPORARY TABLE identity_records (
    device_id STRING,
    body STRING,
    valid_from TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR valid_from AS CASE WHEN device_id LIKE '$$hb-%' AND body LIKE ${heartbeat_body} THEN valid_from END
) WITH (${records_identities});
