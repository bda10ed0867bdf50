/* ---
name: search_abandoned
description: Who searched, opened no product and left?
owner: lifecycle@shop.example
template: search_help
purpose: marketing_email
cancel_on: [Order Completed]
max_age: 6 hours
params:
  least: {type: int, default: 1}
--- */
SELECT
    device_id,
    user_id,
    event_id AS occasion,
    event_time AS fired_at,
    JSON_OBJECT(KEY 'worth' VALUE value) AS payload
FROM events
WHERE quantity >= :least
