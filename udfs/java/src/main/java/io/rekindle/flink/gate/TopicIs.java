package io.rekindle.flink.gate;

import org.apache.flink.api.common.functions.FilterFunction;
import org.apache.flink.types.Row;

/** Rows whose first field is this text. */
public final class TopicIs implements FilterFunction<Row> {

    private static final long serialVersionUID = 1L;

    private final String topic;

    public TopicIs(String topic) {
        this.topic = topic;
    }

    @Override
    public boolean filter(Row row) {
        return topic.equals(row.getField(0));
    }
}
