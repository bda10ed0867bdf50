package io.rekindle.flink;

import org.apache.flink.table.functions.ScalarFunction;

/** SQL: {@code KAFKA_PARTITION(key, partitions)}: the partition Kafka gives that key; 0 for a null key. */
public class KafkaPartition extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    public int eval(String key, Integer partitions) {
        return key == null ? 0 : Partitions.of(key, partitions);
    }
}
