/* ---
name: email_clicked
description: Who clicked a link in a mail and had not bought a day later?
owner: lifecycle@shop.example
template: click_follow_up
purpose: marketing_email
priority: 25
cancel_on: [Order Completed]
send_after: 24 hours
cooldown: 7 days
max_age: 36 hours
--- */
-- For the marketer: the click says what they care about, the missing order that something was in the way. One mail per mail and link.
-- Clicks of scanners do not count where the platform tells them apart, nor do clicks in this trigger's own mails: else it would feed itself.
SELECT
    device_id,
    person_id AS user_id, -- whom the suite mailed, where the platform hands that back
    email_id || ':' || link_url AS occasion,
    event_time AS fired_at,
    JSON_OBJECT(
        KEY 'email_id' VALUE email_id, KEY 'link_url' VALUE link_url, KEY 'campaign' VALUE campaign, KEY 'clicked_in' VALUE `trigger`
    ) AS payload
FROM receipts
WHERE
    event = 'Email Link Clicked' AND NOT machine AND COALESCE(`trigger`, '') <> 'email_clicked'
    AND email_id IS NOT NULL AND link_url IS NOT NULL
