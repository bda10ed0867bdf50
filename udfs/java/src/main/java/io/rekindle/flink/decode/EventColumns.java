package io.rekindle.flink.decode;

import io.rekindle.flink.activity.Line;
import java.math.BigDecimal;
import java.util.List;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;

/** The columns a table in format {@code rekindle-event} may have, in Flink's internal form. All but {@code raw} are NULL beside a reason. */
final class EventColumns {

    private static final int PRECISION = 18;
    private static final int SCALE = 2;

    /** Value of one column; null = NULL. */
    interface Getter {
        Object get(Decoded event);
    }

    private EventColumns() {}

    static Getter[] getters(List<String> names, Mapping mapping) {
        return names.stream().map(name -> getter(name, mapping)).toArray(Getter[]::new);
    }

    private static Getter getter(String name, Mapping mapping) {
        return switch (name) {
            case "reason" -> event -> string(event.reason);
            case "raw" -> event -> event.raw;
            case "event_id" -> event -> event.reason == null ? string(event.eventId) : null;
            case "content" -> event -> event.reason == null ? event.content : null;
            case "event" -> event -> event.reason == null ? string(event.event) : null;
            case "device_id" -> event -> event.reason == null ? string(event.deviceId) : null;
            case "anonymous_id" -> event -> event.reason == null ? string(event.anonymousId) : null;
            case "user_id" -> event -> event.reason == null ? string(event.userId) : null;
            case "previous_id" -> event -> event.reason == null ? string(event.previousId) : null;
            case "sent_time" -> event -> event.reason == null ? time(event.time) : null;
            case "sent_received_at" -> event -> event.reason == null ? time(event.receivedAt) : null;
            case "behavioural" -> event -> event.reason == null ? event.behavioural : null;
            case "lines" -> event -> event.reason == null ? lines(event.lines) : null;
            case "properties" -> event -> event.reason == null ? string(event.properties) : null;
            case "flags" -> event -> event.reason == null ? flags(event.flags) : null;
            default -> mapped(name, mapping);
        };
    }

    private static Getter mapped(String name, Mapping mapping) {
        for (int i = 0; i < mapping.columns.size(); i++) {
            if (mapping.columns.get(i).name().equals(name)) {
                int at = i;
                return event -> event.reason == null && event.values != null ? internal(event.values[at]) : null;
            }
        }
        throw new ValidationException("format rekindle-event has no column '" + name + "'; columns of the mapping table have its names");
    }

    private static Object internal(Object value) {
        return value instanceof String text ? string(text) : value instanceof BigDecimal amount ? decimal(amount) : value;
    }

    private static StringData string(String text) {
        return text == null ? null : StringData.fromString(text);
    }

    private static TimestampData time(long millis) {
        return millis == Times.NONE ? null : TimestampData.fromEpochMillis(millis);
    }

    private static DecimalData decimal(BigDecimal amount) {
        return amount == null ? null : DecimalData.fromBigDecimal(amount, PRECISION, SCALE);
    }

    private static ArrayData flags(List<String> flags) {
        return flags.isEmpty() ? null : new GenericArrayData(flags.stream().map(StringData::fromString).toArray());
    }

    private static ArrayData lines(List<Line> lines) {
        return lines == null ? null : new GenericArrayData(lines.stream()
                .map(line -> GenericRowData.of(string(line.productId()), string(line.name()), decimal(line.price()), line.quantity()))
                .toArray());
    }
}
