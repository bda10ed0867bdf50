package io.rekindle.flink;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;

/**
 * SQL: {@code FIRST_ARRIVAL(input => TABLE t PARTITION BY event_id, …)}: of all rows of one id, lets the first pass with {@code collides =
 * false}, drops exact repeats, and lets rows with other {@code content} (BIGINT) pass with {@code collides = true}.
 *
 * <p>One state serves both answers; {@code ROW_NUMBER} would drop a collision without a word. It keeps 8 bytes an id, for {@code
 * table.exec.state.ttl} from the first arrival.
 */
public class FirstArrival extends InternalRowFunction {

    private static final long serialVersionUID = 1L;

    private int content;
    private transient GenericRowData verdict;

    /** State: {@code content} of the first row of an id, as a row of one BIGINT. */
    public void eval(RowData seen, RowData input) {
        long arrived = input.getLong(content);
        boolean isFirst = seen.isNullAt(0);
        if (isFirst) {
            ((GenericRowData) seen).setField(0, arrived); // only a row that is new is of this class: one that was stored need not be
        } else if (seen.getLong(0) == arrived) {
            return;
        }
        if (verdict == null) {
            verdict = new GenericRowData(1);
        }
        verdict.setField(0, !isFirst);
        collect(verdict);
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        LinkedHashMap<String, DataType> state = new LinkedHashMap<>();
        state.put("seen", DataTypes.ROW(DataTypes.FIELD("content", DataTypes.BIGINT())).bridgedTo(RowData.class));
        return state;
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.of(StaticArgumentTrait.PASS_COLUMNS_THROUGH);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[0];
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(DataTypes.ROW(DataTypes.FIELD("collides", DataTypes.BOOLEAN().notNull())));
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        FirstArrival copy = new FirstArrival();
        copy.content = column(call, input, "content");
        return copy;
    }
}
