/* ---
name: wishlist_reminded
description: Who put a product on the wish list three days ago and has not bought since?
owner: lifecycle@shop.example
template: wishlist_reminder
purpose: marketing_email
priority: 30
cancel_on: [Order Completed, Product Removed from Wishlist, Wishlist Product Added to Cart]
send_after: 3 days
cooldown: 7 days
max_age: 4 days
--- */
-- For the marketer: one gentle reminder of a wish, never two for the same product within thirty days. Any order of the person cancels it,
-- and so does taking anything off the list: it is about a person who wished and then did nothing.
SELECT
    device_id,
    user_id,
    product_id AS occasion,
    event_time AS fired_at,
    JSON_OBJECT(
        KEY 'product_id' VALUE product_id, KEY 'name' VALUE name, KEY 'price' VALUE price, KEY 'currency' VALUE currency, KEY 'url' VALUE url
    ) AS payload
FROM events
WHERE event = 'Product Added to Wishlist' AND product_id IS NOT NULL
