-- What people change while the jobs run, as records. No text is a tombstone: as the settings are.
CREATE TEMPORARY TABLE control (
    key STRING,
    body STRING,
    changed_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR changed_at AS CASE WHEN key LIKE '$$hb-%' AND body LIKE ${heartbeat_body} THEN changed_at END
) WITH (${records_control});
