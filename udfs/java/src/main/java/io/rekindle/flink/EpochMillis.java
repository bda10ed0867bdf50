package io.rekindle.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/** SQL: {@code EPOCH_MILLIS(t)}: milliseconds since 1970, which SQL itself can only say in seconds. */
public class EpochMillis extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    public Long eval(@DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData time) {
        return time == null ? null : time.getMillisecond();
    }
}
