CREATE TEMPORARY TABLE dead_letters_sink (
    origin STRING,
    stage STRING,
    reason STRING,
    `raw` BYTES, -- base64 in JSON
    topic STRING,
    `partition` INT,
    `offset` BIGINT,
    failed_at STRING,
    attempts INT,
    detail STRING
) WITH (${sink_dead_letters});
