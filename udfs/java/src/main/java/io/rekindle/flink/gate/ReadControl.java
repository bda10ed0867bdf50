package io.rekindle.flink.gate;

import java.io.IOException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Records of {@code control} as text (key, body) → (key, value as JSON text, record time). A tombstone says the same as an empty value: as the
 * settings are. What breaks the form goes to Python as it is, for a person named like its key; there it becomes a dead letter.
 */
final class ReadControl extends ProcessFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    static final TypeInformation<Row> TYPE =
            Types.ROW_NAMED(new String[] {"key", "value", "at"}, Types.STRING, Types.STRING, Types.LONG);
    static final OutputTag<Row> BROKEN = new OutputTag<>("broken", Step.INPUT);
    static final String DEFAULT = "{}";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public void processElement(Row row, Context context, Collector<Row> out) {
        String key = (String) row.getField(0);
        String body = (String) row.getField(1);
        Long at = context.timestamp();
        String value = body == null ? DEFAULT : value(key, body);
        if (key == null || value == null) {
            context.output(BROKEN, Step.input(Step.CONTROL, key == null ? "" : key, body, at, null, null));
        } else {
            out.collect(Row.of(key, value, at));
        }
    }

    /** JSON text, in ASCII, of the object {@code value}; null if the record is not what the contract says. */
    private static String value(String key, String body) {
        try {
            JsonNode row = JSON.readTree(body);
            JsonNode value = row == null ? null : row.get("value");
            boolean right = value != null && value.isObject() && row.path("key").isTextual() && row.path("key").textValue().equals(key);
            return right ? Ascii.escaped(value.toString()) : null;
        } catch (IOException unreadable) {
            return null;
        }
    }
}
