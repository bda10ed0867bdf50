/* ---
name: price_dropped
description: Who wished, added or viewed a product that has just become at least ten per cent cheaper?
owner: lifecycle@shop.example
template: price_drop
purpose: marketing_email
priority: 50
cancel_on: [Order Completed]
cooldown: 24 hours
max_age: 24 hours
params:
  min_drop_percent: {type: int, default: 10}
--- */
-- For the marketer: everybody who showed interest in the last 30 days and has not ordered the product since, within seconds of the new price
-- reaching the catalogue. Only what is in stock; a product whose stock nobody tells counts as in stock. Each new price is told once.
-- A person who cares about several products on sale gets the first of them: see `cooldown`.
SELECT
    device_id,
    user_id,
    product_id || ':' || CAST(price AS STRING) AS occasion,
    changed_at AS fired_at,
    JSON_OBJECT(
        KEY 'product_id' VALUE product_id,
        KEY 'title' VALUE title,
        KEY 'url' VALUE url,
        KEY 'image_url' VALUE image_url,
        KEY 'price_before' VALUE price_before,
        KEY 'price' VALUE price,
        KEY 'currency' VALUE currency,
        KEY 'interest' VALUE interest
    ) AS payload
FROM interests
WHERE price * 100 <= price_before * (100 - :min_drop_percent) AND COALESCE(stock, 1) > 0
