-- What the CRM says of a person, valid from its record time: a withdrawal counts on arrival. A tombstone erases.
-- A profile that cannot be read has no consent in it, and absent is no.
CREATE TEMPORARY TABLE profiles (
    person_id STRING,
    event STRING,
    tombstone BOOLEAN,
    email STRING,
    phone STRING,
    first_name STRING,
    locale STRING,
    timezone STRING,
    country STRING,
    traits MAP<STRING, STRING>,
    consent MAP<STRING, ROW<granted BOOLEAN, version INT, source STRING, `at` STRING>>,
    suppressed STRING,
    valid_from TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR valid_from AS CASE WHEN event = '$$heartbeat' THEN valid_from END,
    PRIMARY KEY (person_id) NOT ENFORCED
) WITH (${versioned_profiles});
