-- The topic as a table. Its clock moves by heartbeats alone: see HEARTBEATS.
CREATE TEMPORARY TABLE events_topic (
    event_id STRING,
    event STRING,
    device_id STRING,
    user_id STRING,
    received_at TIMESTAMP_LTZ(3),
    source STRING,
    product_id STRING,
    sku STRING,
    name STRING,
    brand STRING,
    category STRING,
    price DECIMAL(18, 2),
    quantity INT,
    currency STRING,
    cart_id STRING,
    order_id STRING,
    checkout_id STRING,
    `value` DECIMAL(18, 2),
    coupon STRING,
    query STRING,
    url STRING,
    referrer STRING,
    campaign STRING,
    email_id STRING,
    link_url STRING,
    locale STRING,
    timezone STRING,
    consent STRING,
    properties STRING,
    flags ARRAY<STRING>,
    event_time TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR event_time AS CASE WHEN event = '$$heartbeat' THEN event_time END
) WITH (${source_events});

-- What authors read. Rows that were old at receipt are history: they never trigger.
CREATE TEMPORARY VIEW events AS
SELECT
    event_id, event, device_id, user_id, event_time, received_at, source, product_id, sku, name, brand, category, price, quantity, currency,
    cart_id, order_id, checkout_id, `value`, coupon, query, url, referrer, campaign, email_id, link_url, locale, timezone, consent,
    properties, flags
FROM events_topic
WHERE event <> '$$heartbeat' AND NOT COALESCE(ARRAY_CONTAINS(flags, 'historical'), FALSE);
