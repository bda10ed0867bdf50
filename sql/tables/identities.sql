-- Device → person, valid from its record time.
CREATE TEMPORARY TABLE identities (
    device_id STRING,
    event STRING,
    tombstone BOOLEAN,
    person_id STRING,
    valid_from TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR valid_from AS CASE WHEN event = '$$heartbeat' THEN valid_from END,
    PRIMARY KEY (device_id) NOT ENFORCED
) WITH (${versioned_identities});
