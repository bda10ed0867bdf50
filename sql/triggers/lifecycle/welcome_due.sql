/* ---
name: welcome_due
description: Who signed up and has just confirmed the address?
owner: lifecycle@shop.example
template: welcome
purpose: marketing_email
priority: 80
cooldown: 30 days
max_age: 24 hours
params:
  confirmed_by: {type: string, default: Email Confirmed}
--- */
-- For the marketer: the first mail, ten minutes after the click on the confirmation link. The ten minutes give the CRM time to write the
-- consent into the profile: the gate asks for consent as of this moment, and without it nobody is welcomed.
-- A shop without double opt-in sets `confirmed_by: Signed Up`. Whoever clicks the link three times is welcomed once.
WITH confirmations AS (
    SELECT COALESCE(user_id, device_id) AS person, device_id, user_id, event_time
    FROM events
    WHERE event = :confirmed_by
)

SELECT
    MAX(device_id) AS device_id,
    MAX(user_id) AS user_id,
    DATE_FORMAT(MIN(event_time), 'yyyyMMddHHmmssSSS') AS occasion, -- the confirmation
    window_time AS fired_at,
    JSON_OBJECT(KEY 'confirmed_at' VALUE DATE_FORMAT(MIN(event_time), 'yyyy-MM-dd')) AS payload
FROM SESSION(TABLE confirmations PARTITION BY person, DESCRIPTOR(event_time), INTERVAL '10' MINUTE)
GROUP BY person, window_start, window_end, window_time
