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
    s.device_id,
    s.user_id,
    s.session_id AS occasion,
    s.ended_at AS fired_at,
    c.items AS payload
FROM sessions AS s
JOIN carts AS c ON s.device_id = c.device_id
WHERE s.searches >= :least
