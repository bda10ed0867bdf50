/* ---
name: replenishment_due
description: Who bought the same product at least twice, and must be running out of it now?
owner: lifecycle@shop.example
template: replenishment
purpose: marketing_email
priority: 35
cancel_on: [Order Completed]
cooldown: 7 days
max_age: 3 days
params:
  days: {type: string, default: "30"}
  min_orders: {type: int, default: 2}
--- */
-- For the marketer: coffee, pet food, contact lenses. Only what is used up can run out, and the shop's data does not say what that is; so by
-- default it takes two orders of the same product, each within thirty days of the one before. Set `days` to how long a pack lasts and, for a
-- shop that sells nothing else, `min_orders: 1`. Each new order of the product starts the wait again.
WITH purchases AS (
    SELECT COALESCE(user_id, device_id) || ' ' || product_id AS supply, device_id, user_id, product_id, name, order_id, event_time
    FROM order_lines
)

SELECT
    MAX(device_id) AS device_id,
    MAX(user_id) AS user_id,
    MAX(product_id) || ':' || SUBSTRING(MAX(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || order_id), 18) AS occasion, -- its last order
    window_time AS fired_at,
    JSON_OBJECT(KEY 'product_id' VALUE MAX(product_id), KEY 'name' VALUE MAX(name), KEY 'orders' VALUE COUNT(DISTINCT order_id)) AS payload
FROM SESSION(TABLE purchases PARTITION BY supply, DESCRIPTOR(event_time), INTERVAL :days DAY(3))
GROUP BY supply, window_start, window_end, window_time
HAVING COUNT(DISTINCT order_id) >= :min_orders
