-- A row per product of an order. Over events, so events.sql runs first.
CREATE TEMPORARY VIEW order_lines AS
SELECT
    e.event_id, COALESCE(e.order_id, e.event_id) AS order_id, e.device_id, e.user_id, e.event_time, l.product_id, l.name, l.price, l.quantity,
    e.currency, e.`value` AS order_value
FROM events AS e
CROSS JOIN LATERAL TABLE(READ_LINES(e.product_id, e.name, e.price, e.quantity, e.properties, ${product_lines}))
    AS l (product_id, name, price, quantity)
WHERE e.event = 'Order Completed';
