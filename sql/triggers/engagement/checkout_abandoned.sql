/* ---
name: checkout_abandoned
description: Who began to check out and had not ordered four hours later?
owner: lifecycle@shop.example
template: checkout_reminder
purpose: marketing_email
priority: 70
cancel_on: [Order Completed]
send_after: 4 hours
cooldown: 24 hours
max_age: 12 hours
--- */
-- For the marketer: whoever got as far as the checkout wanted to buy; something stopped them. Four hours is what Klaviyo's own flow
-- waits. An order of the person in that time, on any device, cancels the mail.
-- If you run cart_abandoned beside it, add `Checkout Started` to its `cancel_on`, or a person gets both.
SELECT
    device_id,
    user_id,
    COALESCE(checkout_id, cart_id, event_id) AS occasion, -- steps back and forth in one checkout are one occasion
    event_time AS fired_at,
    JSON_OBJECT(
        KEY 'checkout_id' VALUE checkout_id,
        KEY 'total' VALUE `value`,
        KEY 'currency' VALUE currency,
        KEY 'products' VALUE JSON(COALESCE(JSON_QUERY(properties, '$.products'), JSON_QUERY(properties, '$.items'), '[]'))
    ) AS payload
FROM events
WHERE event = 'Checkout Started'
