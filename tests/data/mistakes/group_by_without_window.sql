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
    MAX(user_id) AS user_id,
    device_id AS occasion,
    ended_at AS fired_at,
    MAX(last_query) AS payload
FROM sessions
WHERE searches >= :least
GROUP BY device_id, ended_at
