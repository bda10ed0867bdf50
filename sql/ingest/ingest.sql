-- Job `ingest_events`: lines of events.raw become events, identities, carts and sessions.
-- Order of the INSERTs: append only, it names state.

CREATE TEMPORARY VIEW readable AS
SELECT * FROM events_raw WHERE reason IS NULL AND event <> '$$heartbeat';

CREATE TEMPORARY VIEW arrivals AS
SELECT * FROM FIRST_ARRIVAL(input => TABLE readable PARTITION BY event_id, within_s => ${dedup_ttl_s}, uid => 'first_arrival');

-- Heartbeats of events.raw say nothing here but that their partition is there: HEARTBEATS writes its own, by its watermark.
CREATE TEMPORARY VIEW raw_heartbeats AS
SELECT device_id, event, event_time FROM events_raw WHERE event = '$$heartbeat';

CREATE TEMPORARY VIEW clean_events AS
SELECT
    KAFKA_PARTITION(device_id, ${partitions}) AS kafka_partition,
    event_id, event, device_id, user_id, event_time, ISO_TIME(received_at) AS received_at, source, product_id, sku, name, brand, category,
    price, quantity, currency, cart_id, order_id, checkout_id, `value`, coupon, query, url, referrer, campaign, email_id, link_url, locale,
    timezone, consent, properties,
    EVENT_FLAGS(
        flags, sent_time, received_at, event_time <= CURRENT_WATERMARK(event_time), ${future_flag_after_ms}, ${historical_after_ms}
    ) AS flags
FROM arrivals
WHERE NOT collides AND ${kept_events}
UNION ALL
SELECT
    KAFKA_PARTITION(device_id, ${partitions}) AS kafka_partition,
    CAST(NULL AS STRING) AS event_id, event, device_id, CAST(NULL AS STRING) AS user_id, event_time, CAST(NULL AS STRING) AS received_at,
    CAST(NULL AS STRING) AS source, CAST(NULL AS STRING) AS product_id, CAST(NULL AS STRING) AS sku, CAST(NULL AS STRING) AS name,
    CAST(NULL AS STRING) AS brand, CAST(NULL AS STRING) AS category, CAST(NULL AS DECIMAL(18, 2)) AS price, CAST(NULL AS INT) AS quantity,
    CAST(NULL AS STRING) AS currency, CAST(NULL AS STRING) AS cart_id, CAST(NULL AS STRING) AS order_id,
    CAST(NULL AS STRING) AS checkout_id, CAST(NULL AS DECIMAL(18, 2)) AS `value`, CAST(NULL AS STRING) AS coupon,
    CAST(NULL AS STRING) AS query, CAST(NULL AS STRING) AS url, CAST(NULL AS STRING) AS referrer, CAST(NULL AS STRING) AS campaign,
    CAST(NULL AS STRING) AS email_id, CAST(NULL AS STRING) AS link_url, CAST(NULL AS STRING) AS locale, CAST(NULL AS STRING) AS timezone,
    CAST(NULL AS STRING) AS consent, CAST(NULL AS STRING) AS properties, CAST(NULL AS ARRAY<STRING>) AS flags
FROM raw_heartbeats;

INSERT INTO events_sink
SELECT
    event_id, event, device_id, user_id, ISO_TIME(event_time), received_at, source, product_id, sku, name, brand, category, price, quantity,
    currency, cart_id, order_id, checkout_id, `value`, coupon, query, url, referrer, campaign, email_id, link_url, locale, timezone, consent,
    properties, flags, event_time
FROM HEARTBEATS(
    input => TABLE clean_events PARTITION BY kafka_partition, partitions => ${partitions}, step_ms => ${step_ms},
    key_column => 'device_id', time_column => 'event_time', marker_column => 'event', uid => 'events_heartbeats'
);

-- One state per device for all that its events add up to. Old rows are kept in events, but start nothing.
CREATE TEMPORARY VIEW device_events AS
SELECT
    device_id, event, event_time, arrival, anonymous_id, user_id,
    behavioural AND event_time >= received_at - ${historical_after} AS behavioural,
    product_id, name, price, quantity, currency, cart_id, `value`, category, query, url, referrer, campaign, lines,
    CASE WHEN event = 'Aliased' THEN previous_id END AS previous_id, timezone, locale
FROM arrivals
WHERE NOT collides
UNION ALL
-- alias: the id a person had before is that person from now on
SELECT
    previous_id AS device_id, event, event_time, arrival, previous_id AS anonymous_id, user_id, FALSE AS behavioural,
    CAST(NULL AS STRING) AS product_id, CAST(NULL AS STRING) AS name, CAST(NULL AS DECIMAL(18, 2)) AS price, CAST(NULL AS INT) AS quantity,
    CAST(NULL AS STRING) AS currency, CAST(NULL AS STRING) AS cart_id, CAST(NULL AS DECIMAL(18, 2)) AS `value`,
    CAST(NULL AS STRING) AS category, CAST(NULL AS STRING) AS query, CAST(NULL AS STRING) AS url, CAST(NULL AS STRING) AS referrer,
    CAST(NULL AS STRING) AS campaign,
    CAST(NULL AS ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>) AS lines,
    CAST(NULL AS STRING) AS previous_id, CAST(NULL AS STRING) AS timezone, CAST(NULL AS STRING) AS locale
FROM arrivals
WHERE NOT collides AND event = 'Aliased' AND previous_id IS NOT NULL AND user_id IS NOT NULL
UNION ALL
SELECT
    device_id, event, event_time, CAST(0 AS BIGINT) AS arrival, CAST(NULL AS STRING) AS anonymous_id, CAST(NULL AS STRING) AS user_id,
    FALSE AS behavioural,
    CAST(NULL AS STRING) AS product_id, CAST(NULL AS STRING) AS name, CAST(NULL AS DECIMAL(18, 2)) AS price, CAST(NULL AS INT) AS quantity,
    CAST(NULL AS STRING) AS currency, CAST(NULL AS STRING) AS cart_id, CAST(NULL AS DECIMAL(18, 2)) AS `value`,
    CAST(NULL AS STRING) AS category, CAST(NULL AS STRING) AS query, CAST(NULL AS STRING) AS url, CAST(NULL AS STRING) AS referrer,
    CAST(NULL AS STRING) AS campaign,
    CAST(NULL AS ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>) AS lines,
    CAST(NULL AS STRING) AS previous_id, CAST(NULL AS STRING) AS timezone, CAST(NULL AS STRING) AS locale
FROM raw_heartbeats;

CREATE TEMPORARY VIEW device_activity AS
SELECT KAFKA_PARTITION(device_id, ${partitions}) AS kafka_partition, *
FROM DEVICE_ACTIVITY(
    input => TABLE device_events PARTITION BY device_id, cart_gap_ms => ${cart_gap_ms}, session_gap_ms => ${session_gap_ms},
    cart_changes_only => ${cart_changes_only}, cart_memory_ms => ${cart_memory_ms}, uid => 'device_activity'
);

CREATE TEMPORARY VIEW timed_activity AS
SELECT * FROM HEARTBEATS(
    input => TABLE device_activity PARTITION BY kafka_partition, partitions => ${partitions}, step_ms => ${step_ms},
    key_column => 'device_id', time_column => 'ended_at', marker_column => 'event', uid => 'activity_heartbeats'
);

INSERT INTO identities_sink
SELECT NULLIF(event, 'identity'), device_id, user_id, ISO_TIME(ended_at), ended_at
FROM timed_activity
WHERE event IN ('identity', '$$heartbeat');

INSERT INTO carts_sink
SELECT
    NULLIF(event, 'cart'), device_id, user_id, cart_id, items, item_count, total, currency, adds, removes, orders, ISO_TIME(first_add_at),
    ISO_TIME(last_at), ISO_TIME(ended_at), cart_hash, timezone, locale, ended_at
FROM timed_activity
WHERE event IN ('cart', '$$heartbeat');

INSERT INTO sessions_sink
SELECT
    NULLIF(event, 'session'), SESSION_ID(device_id, ISO_TIME(started_at)), device_id, user_id, ISO_TIME(started_at), ISO_TIME(last_at),
    ISO_TIME(ended_at), events, pages, product_views, products, categories, last_product_id, searches, last_query, filters, adds, orders,
    revenue, campaign, referrer, landing_url, timezone, locale, ended_at
FROM timed_activity
WHERE event IN ('session', '$$heartbeat');

INSERT INTO dead_letters_sink
SELECT
    CONCAT('events.raw-', CAST(raw_partition AS STRING), '-', CAST(arrival AS STRING)), 'ingest', 'id_collision', `raw`, 'events.raw',
    raw_partition, arrival, ISO_TIME(received_at), 1, CAST(NULL AS STRING)
FROM arrivals
WHERE collides;
