-- Who cares about a product that changes: each catalogue change with every device that wished, added or viewed the product in the 30 days
-- before and has not ordered it since. Over events and catalog_changes, so both run first.
CREATE TEMPORARY VIEW interest_events AS
SELECT product_id, event, device_id, user_id, properties, event_time
FROM events
WHERE event IN (
    'Product Viewed', 'Product Added', 'Product Added to Wishlist', 'Product Removed from Wishlist', 'Wishlist Product Added to Cart',
    'Order Completed'
);

CREATE TEMPORARY VIEW interest_acts AS
SELECT
    product_id, event, device_id, user_id, `rowtime` AS at_time,
    CAST(NULL AS DECIMAL(18, 2)) AS price_before, CAST(NULL AS DECIMAL(18, 2)) AS price, CAST(NULL AS INT) AS stock_before,
    CAST(NULL AS INT) AS stock, CAST(NULL AS STRING) AS title, CAST(NULL AS STRING) AS url, CAST(NULL AS STRING) AS image_url,
    CAST(NULL AS STRING) AS category, CAST(NULL AS STRING) AS currency
FROM PRODUCT_ACTS(input => TABLE interest_events, lines => ${product_lines}, on_time => DESCRIPTOR(event_time))
UNION ALL
SELECT
    product_id, CAST(NULL AS STRING) AS event, CAST(NULL AS STRING) AS device_id, CAST(NULL AS STRING) AS user_id, changed_at AS at_time,
    price_before, price, stock_before, stock, title, url, image_url, category, currency
FROM catalog_changes;

CREATE TEMPORARY VIEW interests AS
SELECT
    product_id, device_id, user_id, interest, interested_at, `rowtime` AS changed_at, price_before, price, stock_before, stock, title, url,
    image_url, category, currency
FROM PRODUCT_INTERESTS(
    input => TABLE interest_acts PARTITION BY product_id, memory_days => 30, most_devices => 100000, on_time => DESCRIPTOR(at_time),
    uid => '${scope}interests'
);
