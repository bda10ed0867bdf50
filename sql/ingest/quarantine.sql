-- Job `quarantine_lines`: every line that ingest cannot use. Both read through the same decoder, so none is used twice or by nobody.
INSERT INTO dead_letters_sink
SELECT
    CONCAT('events.raw-', CAST(raw_partition AS STRING), '-', CAST(arrival AS STRING)), 'ingest', reason, COALESCE(`raw`, x''), 'events.raw',
    raw_partition, arrival, ISO_TIME(received_at), 1, CAST(NULL AS STRING)
FROM events_raw
WHERE reason IS NOT NULL;
