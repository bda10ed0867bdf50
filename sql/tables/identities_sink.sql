CREATE TEMPORARY TABLE identities_sink (
    event STRING,
    device_id STRING,
    person_id STRING,
    `at` STRING,
    record_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'
) WITH (${sink_identities});
