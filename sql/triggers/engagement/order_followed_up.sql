/* ---
name: order_followed_up
description: Who ordered three days ago and has kept the order?
owner: lifecycle@shop.example
template: order_follow_up
purpose: marketing_email
priority: 20
cancel_on: [Order Cancelled, Order Refunded]
send_after: 3 days
cooldown: 7 days
max_age: 5 days
params:
  min_value: {type: float, default: 0.0}
--- */
-- For the marketer: thanks, advice on how to use it, a question how it was. Not the order confirmation, which is no marketing and comes from
-- the shop. A cancelled or refunded order gets none. If parcels take longer than three days, raise `send_after`.
SELECT
    device_id,
    user_id,
    COALESCE(order_id, event_id) AS occasion,
    event_time AS fired_at,
    JSON_OBJECT(
        KEY 'order_id' VALUE order_id,
        KEY 'total' VALUE `value`,
        KEY 'currency' VALUE currency,
        KEY 'products' VALUE JSON(COALESCE(JSON_QUERY(properties, '$.products'), JSON_QUERY(properties, '$.items'), '[]'))
    ) AS payload
FROM events
WHERE event = 'Order Completed' AND COALESCE(`value`, 0) >= :min_value
