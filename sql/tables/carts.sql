-- The topic as a table. Its clock moves by heartbeats alone: see HEARTBEATS.
CREATE TEMPORARY TABLE carts_topic (
    event STRING,
    device_id STRING,
    user_id STRING,
    cart_id STRING,
    items STRING,
    item_count INT,
    total DECIMAL(18, 2),
    currency STRING,
    adds INT,
    removes INT,
    orders INT,
    first_add_at TIMESTAMP_LTZ(3),
    last_at TIMESTAMP_LTZ(3),
    cart_hash STRING,
    timezone STRING,
    locale STRING,
    ended_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR ended_at AS CASE WHEN event = '$$heartbeat' THEN ended_at END
) WITH (${source_carts});

-- What authors read.
CREATE TEMPORARY VIEW carts AS
SELECT
    device_id, user_id, cart_id, items, item_count, total, currency, adds, removes, orders, first_add_at, last_at, ended_at, cart_hash,
    timezone, locale
FROM carts_topic
WHERE event IS NULL;
