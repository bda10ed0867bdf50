CREATE TEMPORARY TABLE carts_sink (
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
    first_add_at STRING,
    last_at STRING,
    ended_at STRING,
    cart_hash STRING,
    record_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'
) WITH (${sink_carts});
