-- What became of mails: the e-mail platform's events, as its webhooks and Segment's e-mail spec tell them. Over events, so events.sql runs first.
-- `trigger_id`, `trigger` and `person_id` are what the suite sent along; a platform that hands its data back has them in `properties`.
CREATE TEMPORARY VIEW receipts AS
SELECT
    event_id AS receipt_id, event, device_id, user_id, COALESCE(JSON_VALUE(properties, '$$.person_id'), user_id) AS person_id, event_time,
    JSON_VALUE(properties, '$$.trigger_id') AS trigger_id, JSON_VALUE(properties, '$$.trigger') AS `trigger`, email_id,
    JSON_VALUE(properties, '$$.email_subject') AS subject, link_url, JSON_VALUE(properties, '$$.link_id') AS link_id, campaign,
    JSON_VALUE(properties, '$$.bounce') AS bounce,
    COALESCE(LOWER(JSON_VALUE(properties, '$$.machine')) = 'true', FALSE) AS machine,
    properties
FROM events
WHERE event IN ('Email Delivered', 'Email Opened', 'Email Link Clicked', 'Email Bounced', 'Email Marked as Spam', 'Unsubscribed');
