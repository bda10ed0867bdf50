-- What the gate reads but for profiles and control rows, as rows of one form: whose it is, the fact as JSON, when. A row is anonymous while
-- nobody knows the person: then `id` is the device, and Java finds out (udfs/java, package gate). Times are epoch ms.
--
-- kind: candidate (at = D), cancel, outcome, identity (body = the person from `at` on, NULL = nobody).

CREATE TEMPORARY VIEW gate_steps AS
SELECT
    CAST('candidate' AS STRING) AS kind, person_id AS id,
    JSON_OBJECT(
        KEY 'trigger_id' VALUE trigger_id, KEY 'trigger' VALUE `trigger`, KEY 'version' VALUE version, KEY 'pack' VALUE pack,
        KEY 'person_id' VALUE person_id, KEY 'device_id' VALUE device_id, KEY 'occasion' VALUE occasion,
        KEY 'destination' VALUE destination, KEY 'template' VALUE template, KEY 'purpose' VALUE purpose,
        KEY 'class' VALUE `class`, KEY 'channel' VALUE channel, KEY 'variants' VALUE variants, KEY 'timezone' VALUE timezone,
        KEY 'priority' VALUE priority, KEY 'payload' VALUE payload,
        KEY 'fired_at' VALUE EPOCH_MILLIS(fired_at), KEY 'since' VALUE EPOCH_MILLIS(since),
        KEY 'expires_at' VALUE EPOCH_MILLIS(expires_at), KEY 'max_age_ms' VALUE max_age_ms, KEY 'cooldown_ms' VALUE cooldown_ms,
        KEY 'cancel_on' VALUE JSON_STRING(cancel_on), KEY 'needs_address' VALUE needs_address
    ) AS body,
    EPOCH_MILLIS(CAST(at_time AS TIMESTAMP_LTZ(3))) AS at_ms, CAST(NULL AS BIGINT) AS known_at,
    EPOCH_MILLIS(fired_at) AS fired_at, EPOCH_MILLIS(expires_at) AS expires_at, COALESCE(person_id = device_id AND NOT profile_found, FALSE) AS anonymous, at_time
FROM trigger_candidates_topic
WHERE event IS NULL AND person_id IS NOT NULL
UNION ALL
-- an event behind the clock counts from when it came: before, it did not exist for any decision
SELECT
    CAST('cancel' AS STRING), COALESCE(user_id, device_id),
    JSON_OBJECT(KEY 'event_id' VALUE event_id, KEY 'event' VALUE event, KEY 'at' VALUE EPOCH_MILLIS(CAST(event_time AS TIMESTAMP_LTZ(3)))),
    EPOCH_MILLIS(CAST(event_time AS TIMESTAMP_LTZ(3))), CASE WHEN ARRAY_CONTAINS(flags, 'late') THEN EPOCH_MILLIS(received_at) END,
    CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), user_id IS NULL, event_time
FROM events_topic
WHERE event IN (${cancel_events}) AND COALESCE(user_id, device_id) IS NOT NULL
UNION ALL
SELECT
    CAST('identity' AS STRING), device_id, JSON_VALUE(body, '$$.person_id'), EPOCH_MILLIS(CAST(valid_from AS TIMESTAMP_LTZ(3))),
    CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), TRUE, valid_from
FROM identity_records
WHERE device_id IS NOT NULL AND NOT device_id LIKE '$$hb-%'
UNION ALL
-- only those that change a decision, or ask for one again: every send has one that does neither
SELECT
    CAST('outcome' AS STRING), person_id, body, EPOCH_MILLIS(CAST(told_at AS TIMESTAMP_LTZ(3))),
    CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), FALSE, told_at
FROM delivery_outcomes
WHERE person_id IS NOT NULL AND NOT person_id LIKE '$$hb-%' AND body IS NOT NULL
    AND (
        COALESCE(JSON_VALUE(body, '$$.outcome'), '') NOT IN ('accepted', 'retrying', 'unknown')
        OR (JSON_VALUE(body, '$$.outcome') = 'retrying' AND COALESCE(JSON_VALUE(body, '$$.reason'), '') = 'recheck')
    );

CREATE TEMPORARY VIEW gate_profiles AS
SELECT person_id, body, valid_from FROM profile_records WHERE person_id IS NOT NULL AND NOT person_id LIKE '$$hb-%';

CREATE TEMPORARY VIEW gate_control AS
SELECT key, body, changed_at FROM control WHERE key IS NULL OR NOT key LIKE '$$hb-%';
