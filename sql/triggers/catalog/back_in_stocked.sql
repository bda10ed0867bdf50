/* ---
name: back_in_stocked
description: Who wished, added or viewed a product that was sold out and is back?
owner: lifecycle@shop.example
template: back_in_stock
purpose: marketing_email
priority: 55
cancel_on: [Order Completed]
cooldown: 24 hours
max_age: 12 hours
params:
  min_stock: {type: int, default: 1}
--- */
-- For the marketer: everybody who showed interest in the last 30 days and has not ordered the product since. Raise `min_stock` if three pieces
-- are not worth a thousand mails. A product that comes and goes is told once a day.
SELECT
    device_id,
    user_id,
    product_id || ':' || DATE_FORMAT(changed_at, 'yyyyMMdd') AS occasion,
    changed_at AS fired_at,
    JSON_OBJECT(
        KEY 'product_id' VALUE product_id,
        KEY 'title' VALUE title,
        KEY 'url' VALUE url,
        KEY 'image_url' VALUE image_url,
        KEY 'price' VALUE price,
        KEY 'currency' VALUE currency,
        KEY 'stock' VALUE stock,
        KEY 'interest' VALUE interest
    ) AS payload
FROM interests
WHERE stock_before = 0 AND stock >= :min_stock
