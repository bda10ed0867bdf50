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
SELECT device_id, user_id, occasion, fired_at, payload
FROM (
    SELECT
        device_id,
        user_id,
        session_id AS occasion,
        ended_at AS fired_at,
        last_query AS payload,
        ROW_NUMBER() OVER (PARTITION BY device_id ORDER BY ended_at DESC) AS nth
    FROM sessions
)
WHERE nth = :least
