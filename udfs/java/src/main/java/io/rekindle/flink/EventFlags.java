package io.rekindle.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * SQL: {@code EVENT_FLAGS(flags, sent_time, received_at, late, future_ms, historical_ms)}: the decoder's flags and those that need a clock:
 * {@code future} and {@code historical} against the time of arrival, {@code late} against the watermark. NULL when there are none.
 */
public class EventFlags extends ScalarFunction {

    private static final long serialVersionUID = 1L;
    private static final StringData FUTURE = StringData.fromString("future");
    private static final StringData HISTORICAL = StringData.fromString("historical");
    private static final StringData LATE = StringData.fromString("late");

    public @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData eval(
            @DataTypeHint(value = "ARRAY<STRING>", bridgedTo = ArrayData.class) ArrayData flags,
            @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData sent,
            @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData received,
            Boolean late,
            Long futureMs,
            Long historicalMs) {
        boolean future = sent != null && sent.getMillisecond() > received.getMillisecond() + futureMs;
        boolean historical = sent != null && sent.getMillisecond() < received.getMillisecond() - historicalMs;
        boolean isLate = Boolean.TRUE.equals(late);
        if (!future && !historical && !isLate) {
            return flags;
        }
        List<StringData> all = new ArrayList<>();
        for (int i = 0; flags != null && i < flags.size(); i++) {
            all.add(flags.getString(i));
        }
        if (future) {
            all.add(FUTURE);
        }
        if (historical) {
            all.add(HISTORICAL);
        }
        if (isLate) {
            all.add(LATE);
        }
        return new GenericArrayData(all.toArray());
    }
}
