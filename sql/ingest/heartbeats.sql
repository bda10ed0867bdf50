-- The wall clock of the topics that outsiders or late stages write. Writes by itself; the sink only keeps it going.
CREATE TEMPORARY TABLE ticks (n BIGINT) WITH (
    'connector' = 'datagen', 'rows-per-second' = '${ticks_per_second}', 'scan.parallelism' = '1',
    'fields.n.min' = '0', 'fields.n.max' = '1'
);

CREATE TEMPORARY TABLE heartbeats_sent (n INT) WITH ('connector' = 'blackhole');

INSERT INTO heartbeats_sent SELECT SEND_HEARTBEATS(n, ${servers}, ${client_options}, ${topics}, ${interval_ms}, ${grace_ms}) FROM ticks;
