-- Rows of all triggers of the pack (view trigger_rows) become candidates: who is it, what did we know of them at T, which id.
-- One pair of joins for all triggers: a trigger more costs no state, and changes none: the columns of trigger_rows have one type for good.

CREATE TEMPORARY VIEW identified AS
SELECT r.*, COALESCE(r.user_id, i.person_id, r.device_id) AS person_id
FROM trigger_rows AS r
LEFT JOIN identities FOR SYSTEM_TIME AS OF r.fired_at AS i ON r.device_id = i.device_id;

CREATE TEMPORARY VIEW profiled AS
SELECT
    c.*,
    NOT COALESCE(p.tombstone, TRUE) AS profile_found,
    CASE WHEN p.consent[c.purpose].granted IS NOT NULL THEN p.consent[c.purpose] END AS consent
FROM identified AS c
LEFT JOIN profiles FOR SYSTEM_TIME AS OF c.fired_at AS p ON c.person_id = p.person_id;

CREATE TEMPORARY VIEW partitioned AS
SELECT
    KAFKA_PARTITION(person_id, ${partitions}) AS kafka_partition, CAST(NULL AS STRING) AS event,
    TRIGGER_ID(${tenant}, `trigger`, ${epoch}, person_id, occasion, 0) AS trigger_id,
    `trigger`, version, person_id, device_id, occasion, CAST(fired_at AS TIMESTAMP_LTZ(3)) AS fired_at, since, decide_at, expires_at,
    destination, template, purpose, `class`, channel, variants, timezone, priority, cancel_on, cooldown_ms, max_age_ms, send_after_ms,
    needs_address, payload, profile_found, consent, active_from_ms
FROM profiled
UNION ALL
SELECT
    KAFKA_PARTITION(device_id, ${partitions}) AS kafka_partition, event, CAST(NULL AS STRING) AS trigger_id,
    CAST(NULL AS STRING) AS `trigger`, CAST(NULL AS INT) AS version, device_id AS person_id, CAST(NULL AS STRING) AS device_id,
    CAST(NULL AS STRING) AS occasion, CAST(at_time AS TIMESTAMP_LTZ(3)) AS fired_at, CAST(NULL AS TIMESTAMP_LTZ(3)) AS since,
    CAST(NULL AS TIMESTAMP_LTZ(3)) AS decide_at, CAST(NULL AS TIMESTAMP_LTZ(3)) AS expires_at, CAST(NULL AS STRING) AS destination,
    CAST(NULL AS STRING) AS template, CAST(NULL AS STRING) AS purpose, CAST(NULL AS STRING) AS `class`, CAST(NULL AS STRING) AS channel,
    CAST(NULL AS STRING) AS variants, CAST(NULL AS STRING) AS timezone, CAST(NULL AS INT) AS priority,
    CAST(NULL AS ARRAY<STRING>) AS cancel_on, CAST(NULL AS BIGINT) AS cooldown_ms, CAST(NULL AS BIGINT) AS max_age_ms,
    CAST(NULL AS BIGINT) AS send_after_ms, CAST(NULL AS BOOLEAN) AS needs_address, CAST(NULL AS STRING) AS payload,
    CAST(NULL AS BOOLEAN) AS profile_found,
    CAST(NULL AS ROW<granted BOOLEAN, version INT, source STRING, `at` STRING>) AS consent, CAST(NULL AS BIGINT) AS active_from_ms
FROM heartbeat_rows;

INSERT INTO trigger_candidates_sink
SELECT
    event, '${pack}' AS pack, trigger_id, `trigger`, version, person_id, device_id, occasion, ISO_TIME(fired_at), ISO_TIME(since), ISO_TIME(decide_at),
    ISO_TIME(expires_at), destination, template, purpose, `class`, channel, variants, timezone, priority, cancel_on, cooldown_ms, max_age_ms, send_after_ms, needs_address,
    payload, profile_found, consent, fired_at
FROM HEARTBEATS(
    input => TABLE partitioned PARTITION BY kafka_partition, partitions => ${partitions}, step_ms => ${step_ms},
    key_column => 'person_id', time_column => 'fired_at', marker_column => 'event', uid => 'candidates_heartbeats'
)
-- behind HEARTBEATS, so that the planner cannot move it: below a window it would change what that keeps, before the joins it would miss
-- the rows that wait in them at a restart
WHERE event IS NOT NULL OR (${still_meant});
