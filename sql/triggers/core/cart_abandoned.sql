/* ---
name: cart_abandoned
description: Who left items in the cart and did nothing more for five minutes?
owner: lifecycle@shop.example
status: active
version: 1
destination: default
template: cart_reminder
purpose: marketing_email
priority: 60
cancel_on: [Order Completed]
cooldown: 24 hours
max_age: 6 hours
params:
  min_items: {type: int, default: 1}
--- */
-- For the marketer: a reminder of the very items that are still in the cart, while the visit is fresh. Whoever orders before the mail
-- leaves, on whatever device, gets none. It goes out about five minutes after the last click; for a later one set `send_after: 4 hours`
-- (then an order within those hours cancels it too). `min_items` is the least number of units.
SELECT
    device_id,
    user_id,
    cart_hash AS occasion, -- a changed cart, or a new one after an order, is a new occasion
    ended_at AS fired_at,
    JSON_OBJECT(KEY 'items' VALUE JSON(items), KEY 'total' VALUE total, KEY 'currency' VALUE currency) AS payload,
    first_add_at AS since,
    timezone
FROM carts
WHERE item_count >= :min_items AND orders = 0
