-- One pack's candidates by the instant they are decided at, D. The clock moves by that pack's heartbeats alone, and those tell T: every later
-- candidate of the pack has a later T, and so a later D. A pack that is behind has a clock that is behind, and is waited for.
CREATE TEMPORARY TABLE trigger_candidates_${pack} (
    event STRING,
    pack STRING,
    trigger_id STRING,
    `trigger` STRING,
    version INT,
    person_id STRING,
    device_id STRING,
    occasion STRING,
    since TIMESTAMP_LTZ(3),
    decide_at TIMESTAMP_LTZ(3),
    expires_at TIMESTAMP_LTZ(3),
    destination STRING,
    template STRING,
    purpose STRING,
    `class` STRING,
    channel STRING,
    variants STRING,
    timezone STRING,
    priority INT,
    cancel_on ARRAY<STRING>,
    cooldown_ms BIGINT,
    max_age_ms BIGINT,
    needs_address BOOLEAN,
    payload STRING,
    profile_found BOOLEAN,
    fired_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    at_time AS COALESCE(decide_at, fired_at), -- a heartbeat has no D
    WATERMARK FOR at_time AS CASE WHEN event = '$$heartbeat' AND pack = '${pack}' THEN fired_at END
) WITH (${source_trigger_candidates});
