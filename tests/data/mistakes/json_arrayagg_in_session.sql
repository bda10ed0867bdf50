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
    window_time AS fired_at,
    JSON_ARRAYAGG(product_id) AS payload
FROM SESSION(TABLE events PARTITION BY device_id, DESCRIPTOR(event_time), INTERVAL '30' MINUTE)
GROUP BY device_id, window_start, window_end, window_time
HAVING COUNT(*) >= :least
