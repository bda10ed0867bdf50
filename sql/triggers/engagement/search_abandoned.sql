/* ---
name: search_abandoned
description: Who searched or filtered, found nothing to look at and left?
owner: lifecycle@shop.example
template: search_help
purpose: marketing_email
priority: 30
cancel_on: [Order Completed, Product Added]
cooldown: 24 hours
max_age: 6 hours
params:
  min_searches: {type: int, default: 1}
  max_views: {type: int, default: 0}
--- */
-- For the marketer: help with what somebody was looking for, from their last search words and the categories they saw. By default only
-- for visits in which no product was opened; the others belong to browse_abandoned. With `max_views: 3` half-hearted looks count too:
-- then browse_abandoned may fire for the same visit, and the one with the higher priority is decided first.
SELECT
    device_id,
    user_id,
    session_id AS occasion, -- a long session is still one occasion
    ended_at AS fired_at,
    JSON_OBJECT(KEY 'query' VALUE last_query, KEY 'categories' VALUE JSON(categories)) AS payload,
    started_at AS since,
    timezone
FROM sessions
WHERE searches + filters >= :min_searches AND product_views <= :max_views AND adds = 0 AND orders = 0
