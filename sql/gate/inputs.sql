-- What the gate's Python gets, and no more: candidates with what is known of the person as of D, and the events that can cancel one.
-- The temporal joins wait for D by themselves; profiles never pass through Python.

CREATE TEMPORARY VIEW due_candidates AS
SELECT
    'candidate' AS kind, c.person_id, c.at_time,
    JSON_OBJECT(
        KEY 'trigger_id' VALUE c.trigger_id, KEY 'trigger' VALUE c.`trigger`, KEY 'version' VALUE c.version,
        KEY 'person_id' VALUE c.person_id, KEY 'device_id' VALUE c.device_id, KEY 'occasion' VALUE c.occasion,
        KEY 'destination' VALUE c.destination, KEY 'template' VALUE c.template, KEY 'purpose' VALUE c.purpose,
        KEY 'priority' VALUE c.priority, KEY 'payload' VALUE c.payload,
        KEY 'fired_at' VALUE EPOCH_MILLIS(c.fired_at), KEY 'since' VALUE EPOCH_MILLIS(c.since),
        KEY 'decide_at' VALUE EPOCH_MILLIS(c.decide_at), KEY 'expires_at' VALUE EPOCH_MILLIS(c.expires_at),
        KEY 'max_age_ms' VALUE c.max_age_ms, KEY 'cooldown_ms' VALUE c.cooldown_ms, KEY 'cancel_on' VALUE JSON_STRING(c.cancel_on),
        KEY 'needs_address' VALUE c.needs_address, KEY 'profile_at_fire' VALUE c.profile_found,
        KEY 'consent_at_fire_granted' VALUE c.consent.granted, KEY 'consent_at_fire_version' VALUE c.consent.version,
        KEY 'consent_at_fire_source' VALUE c.consent.source, KEY 'consent_at_fire_at' VALUE c.consent.`at`,
        KEY 'profile_found' VALUE NOT COALESCE(p.tombstone, TRUE), KEY 'email' VALUE p.email,
        KEY 'consent_granted' VALUE p.consent[c.purpose].granted, KEY 'consent_version' VALUE p.consent[c.purpose].version,
        KEY 'consent_source' VALUE p.consent[c.purpose].source, KEY 'consent_at' VALUE p.consent[c.purpose].`at`,
        KEY 'suppressed' VALUE p.suppressed
    ) AS body
FROM (SELECT * FROM trigger_candidates_topic WHERE event IS NULL) AS c
LEFT JOIN profiles FOR SYSTEM_TIME AS OF c.at_time AS p ON c.person_id = p.person_id;

CREATE TEMPORARY VIEW cancels AS
SELECT event_id, event, device_id, user_id, event_time FROM events_topic WHERE event IN (${cancel_events});

CREATE TEMPORARY VIEW personal_cancels AS
SELECT
    'cancel' AS kind, COALESCE(c.user_id, i.person_id, c.device_id) AS person_id, c.event_time AS at_time,
    JSON_OBJECT(
        KEY 'event_id' VALUE c.event_id, KEY 'event' VALUE c.event,
        KEY 'at' VALUE EPOCH_MILLIS(CAST(c.event_time AS TIMESTAMP_LTZ(3)))
    ) AS body
FROM cancels AS c
LEFT JOIN identities FOR SYSTEM_TIME AS OF c.event_time AS i ON c.device_id = i.device_id;

CREATE TEMPORARY VIEW gate_inputs AS
SELECT CAST(kind AS STRING) AS kind, person_id, body, at_time FROM due_candidates WHERE person_id IS NOT NULL
UNION ALL
SELECT CAST(kind AS STRING) AS kind, person_id, body, at_time FROM personal_cancels;
