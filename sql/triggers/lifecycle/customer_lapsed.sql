/* ---
name: customer_lapsed
description: Whose last order is sixty days ago?
owner: lifecycle@shop.example
template: win_back
purpose: marketing_email
priority: 15
cancel_on: [Order Completed]
cooldown: 60 days
max_age: 3 days
params:
  quiet_days: {type: string, default: "60"}
  min_orders: {type: int, default: 1}
--- */
-- For the marketer: a customer who used to buy and stopped. Sixty days is a start; take about twice your usual time between two orders.
-- Each new order starts the wait again. `min_orders: 2` leaves out those who bought only once.
-- The wait is a window in this job's state, not in the gate, which cannot hold so long. An order of the last 7 days that came by another
-- device or as a guest still cancels the mail.
WITH orders AS (
    SELECT COALESCE(user_id, device_id) AS buyer, device_id, user_id, COALESCE(order_id, event_id) AS order_id, `value`, event_time
    FROM events
    WHERE event = 'Order Completed'
)

SELECT
    MAX(device_id) AS device_id,
    MAX(user_id) AS user_id,
    SUBSTRING(MAX(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || order_id), 18) AS occasion, -- the last order
    window_time AS fired_at,
    JSON_OBJECT(
        KEY 'last_order_id' VALUE SUBSTRING(MAX(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || order_id), 18),
        KEY 'orders' VALUE COUNT(*),
        KEY 'spent' VALUE SUM(`value`)
    ) AS payload,
    window_time - INTERVAL '7' DAY AS since
FROM SESSION(TABLE orders PARTITION BY buyer, DESCRIPTOR(event_time), INTERVAL :quiet_days DAY(3))
GROUP BY buyer, window_start, window_end, window_time
HAVING COUNT(*) >= :min_orders
