/* ---
name: browse_abandoned
description: Who looked at products, put none into the cart and left?
owner: lifecycle@shop.example
status: active
version: 1
destination: default
template: browse_reminder
purpose: marketing_email
priority: 40
cancel_on: [Order Completed, Product Added]
cooldown: 24 hours
max_age: 6 hours
params:
  min_views: {type: int, default: 1}
--- */
-- For the marketer: the last product somebody looked at, and the others of the visit, half an hour after they left. Whoever put
-- something into the cart meanwhile is left to cart_abandoned. Raise `min_views` to write only to people who looked more than once.
SELECT
    device_id,
    user_id,
    session_id || ':' || last_product_id AS occasion,
    ended_at AS fired_at,
    JSON_OBJECT(KEY 'product_id' VALUE last_product_id, KEY 'products' VALUE JSON(products)) AS payload,
    started_at AS since,
    timezone
FROM sessions
WHERE product_views >= :min_views AND adds = 0 AND orders = 0 AND last_product_id IS NOT NULL
