-- The topic `catalog` once more, as a stream of versions. The topic is LogAppendTime: in a partition no row is older than the heartbeats before
-- it, at most as old as one. So with a clock that is a millisecond behind them no version is ever late.
CREATE TEMPORARY TABLE catalog_topic (
    event STRING,
    product_id STRING,
    title STRING,
    url STRING,
    image_url STRING,
    category STRING,
    price DECIMAL(18, 2),
    currency STRING,
    stock INT,
    changed_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR changed_at AS CASE WHEN event = '$$heartbeat' THEN changed_at - INTERVAL '0.001' SECOND END
) WITH (${source_catalog});

-- A row that says neither price nor stock is no version; a tombstone is one of them.
CREATE TEMPORARY VIEW catalog_versions AS
SELECT product_id, changed_at, price, stock, title, url, image_url, category, currency
FROM catalog_topic
WHERE event IS NULL AND product_id IS NOT NULL AND (price IS NOT NULL OR stock IS NOT NULL);

CREATE TEMPORARY VIEW catalog_changes AS
SELECT
    product_id, `rowtime` AS changed_at, price_before, price, stock_before, stock, title, url, image_url, category, currency
FROM PRODUCT_CHANGES(
    input => TABLE catalog_versions PARTITION BY product_id, on_time => DESCRIPTOR(changed_at), uid => '${scope}catalog_changes'
);
