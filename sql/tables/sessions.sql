-- The topic as a table. Its clock moves by heartbeats alone: see HEARTBEATS.
CREATE TEMPORARY TABLE sessions_topic (
    event STRING,
    session_id STRING,
    device_id STRING,
    user_id STRING,
    started_at TIMESTAMP_LTZ(3),
    last_at TIMESTAMP_LTZ(3),
    events INT,
    pages INT,
    product_views INT,
    products STRING,
    categories STRING,
    last_product_id STRING,
    searches INT,
    last_query STRING,
    filters INT,
    adds INT,
    orders INT,
    revenue DECIMAL(18, 2),
    campaign STRING,
    referrer STRING,
    landing_url STRING,
    timezone STRING,
    locale STRING,
    ended_at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL,
    WATERMARK FOR ended_at AS CASE WHEN event = '$$heartbeat' THEN ended_at END
) WITH (${source_sessions});

-- What authors read.
CREATE TEMPORARY VIEW sessions AS
SELECT
    session_id, device_id, user_id, started_at, last_at, ended_at, events, pages, product_views, products, categories, last_product_id,
    searches, last_query, filters, adds, orders, revenue, campaign, referrer, landing_url, timezone, locale
FROM sessions_topic
WHERE event IS NULL;
