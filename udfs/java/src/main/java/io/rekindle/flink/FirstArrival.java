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
import org.apache.flink.types.Row;

/**
 * SQL: {@code FIRST_ARRIVAL(input => TABLE t PARTITION BY event_id, within_s => 86400, …)}: of all rows of one id that arrive ({@code
 * received_at}) less than {@code within_s} after the first, lets the first pass with {@code collides = false}, drops exact repeats, and
 * lets rows with other {@code content} (BIGINT) pass with {@code collides = true}. What arrives later is a first one again, whenever it is
 * read: a backlog is told apart as it was live.
 *
 * <p>One state serves both answers; {@code ROW_NUMBER} would drop a collision without a word. It keeps 16 bytes an id, for {@code
 * table.exec.state.ttl} from the first arrival. It is no internal row: one that is changed in place counts as unchanged and is not stored.
 */
public class FirstArrival extends InternalRowFunction {

    private static final long serialVersionUID = 1L;
    private static final int PRECISION = 3;

    private int content;
    private int receivedAt;
    private transient GenericRowData verdict;

    /** State: {@code content} of the first row of an id, and when it arrived in epoch ms. */
    public void eval(Row seen, RowData input, Integer withinSeconds) {
        long given = input.getLong(content);
        long arrived = input.getTimestamp(receivedAt, PRECISION).getMillisecond();
        Long known = (Long) seen.getField(0);
        boolean isFirst = known == null || arrived >= (Long) seen.getField(1) + withinSeconds * 1000L;
        if (isFirst) {
            seen.setField(0, given);
            seen.setField(1, arrived);
        } else if (known == given) {
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
        DataType first = DataTypes.ROW(DataTypes.FIELD("content", DataTypes.BIGINT()), DataTypes.FIELD("arrived", DataTypes.BIGINT()));
        state.put("seen", first.bridgedTo(Row.class));
        return state;
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.of(StaticArgumentTrait.PASS_COLUMNS_THROUGH);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[] {StaticArgument.scalar("within_s", DataTypes.INT().notNull(), false)};
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(DataTypes.ROW(DataTypes.FIELD("collides", DataTypes.BOOLEAN().notNull())));
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        FirstArrival copy = new FirstArrival();
        copy.content = column(call, input, "content");
        copy.receivedAt = column(call, input, "received_at");
        return copy;
    }
}
