-- What the shop sells, valid from its record time. A tombstone takes a product off sale.
CREATE TEMPORARY TABLE catalog (
    product_id STRING,
    event STRING,
    tombstone BOOLEAN,
    title STRING,
    url STRING,
    image_url STRING,
    category STRING,
    price DECIMAL(18, 2),
    currency STRING,
    stock INT,
    valid_from TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR valid_from AS CASE WHEN event = '$$heartbeat' THEN valid_from END,
    PRIMARY KEY (product_id) NOT ENFORCED
) WITH (${versioned_catalog});
