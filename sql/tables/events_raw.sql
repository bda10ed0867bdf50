-- What producers send, one row a line. The format never fails: a line it cannot read has a `reason` and nothing else.
-- received_at is the broker's clock (the topic is LogAppendTime), so t is never ahead of arrival, whatever a producer's clock says; in a
-- history read from files it is what the line says.
CREATE TEMPORARY TABLE events_raw (
    reason STRING,
    `raw` BYTES,
    event_id STRING,
    content BIGINT,
    event STRING,
    device_id STRING,
    anonymous_id STRING,
    user_id STRING,
    previous_id STRING,
    sent_time TIMESTAMP_LTZ(3),
    sent_received_at TIMESTAMP_LTZ(3),
    behavioural BOOLEAN,
    lines ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>,
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
    received_at ${received_column},
    raw_partition INT NOT NULL METADATA FROM 'partition' VIRTUAL,
    arrival BIGINT NOT NULL METADATA FROM 'offset' VIRTUAL,
    event_time AS CASE
        WHEN reason IS NOT NULL THEN TO_TIMESTAMP_LTZ(0, 3) -- rubbish must not move the clock of a history that is read
        WHEN sent_time IS NULL OR sent_time > ${received_time} THEN ${received_time}
        ELSE sent_time
    END,
    WATERMARK FOR event_time AS event_time - ${out_of_orderness}
) WITH (${source_events_raw});
