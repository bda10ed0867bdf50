package io.rekindle.flink;

import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;

/**
 * SQL: {@code HEARTBEATS(input => TABLE t PARTITION BY kafka_partition, partitions => 4, step_ms => 200, key_column => 'device_id',
 * time_column => 'event_time', marker_column => 'event')}: passes every row on and, whenever event time has moved
 * by {@code step_ms}, adds a heartbeat row for that Kafka partition: all NULL but the key, the time and the marker {@code $heartbeat}.
 *
 * <p>A heartbeat that comes in is not passed on; it makes the partition known, so that one without any rows has a clock too. There is no
 * {@code on_time}: with it Flink drops late rows without a word.
 *
 * <p>Because one subtask owns a Kafka partition here, rows and heartbeats of a partition leave through one producer, in order: a heartbeat
 * says "no row of this partition with an earlier time comes after me", at any parallelism and in a backlog too. A watermark computed from
 * the rows themselves could not: a subtask that is ahead would make its neighbour's rows late.
 */
public class Heartbeats extends InternalRowFunction {

    private static final long serialVersionUID = 1L;
    private static final StringData MARKER = StringData.fromString("$heartbeat");

    private int width;
    private int key;
    private int time;
    private int marker;
    private int partition;
    private int partitions;
    private long stepMs;

    /** State: the Kafka partition, written with its first row; the timer keeps itself going from then on. */
    public void eval(
            Context context,
            RowData plan,
            RowData input,
            Integer partitions,
            Integer stepMs,
            String keyColumn,
            String timeColumn,
            String markerColumn) {
        if (plan.isNullAt(0)) { // a row of state is only ever written here: one changed in place would not be stored
            ((GenericRowData) plan).setField(0, input.getInt(partition));
            TimeContext<Long> clock = context.timeContext(Long.class);
            Long watermark = clock.currentWatermark();
            // fires with the first watermark after this row, whatever it is: event time may start anywhere
            clock.registerOnTime(watermark == null || watermark < 0 ? 0L : watermark + 1);
        }
        if (!MARKER.equals(input.getString(marker))) {
            collect(input);
        }
    }

    public void onTimer(OnTimerContext context, RowData plan) {
        TimeContext<Long> clock = context.timeContext(Long.class);
        long watermark = clock.currentWatermark();
        if (watermark == Long.MAX_VALUE) {
            return; // bounded input has ended: nobody needs to be told the time any more
        }
        GenericRowData heartbeat = new GenericRowData(width);
        heartbeat.setField(key, StringData.fromString(Partitions.heartbeatKey(plan.getInt(0), partitions)));
        heartbeat.setField(time, TimestampData.fromEpochMillis(watermark));
        heartbeat.setField(marker, MARKER);
        collect(heartbeat);
        clock.registerOnTime(watermark + stepMs);
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        LinkedHashMap<String, DataType> state = new LinkedHashMap<>();
        state.put("plan", DataTypes.ROW(DataTypes.FIELD("kafka_partition", DataTypes.INT())).bridgedTo(RowData.class));
        return state;
    }

    /** A partition's clock never stops, and its row is written once. */
    @Override
    protected Optional<Duration> timeToLive(String state) {
        return Optional.of(Duration.ZERO);
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.noneOf(StaticArgumentTrait.class);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[] {
            StaticArgument.scalar("partitions", DataTypes.INT().notNull(), false),
            StaticArgument.scalar("step_ms", DataTypes.INT().notNull(), false),
            StaticArgument.scalar("key_column", DataTypes.STRING().notNull(), false),
            StaticArgument.scalar("time_column", DataTypes.STRING().notNull(), false),
            StaticArgument.scalar("marker_column", DataTypes.STRING().notNull(), false)
        };
    }

    /** The columns of the input, all nullable: a heartbeat fills three of them. */
    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(DataTypes.ROW(DataType.getFields(input).stream()
                .map(field -> DataTypes.FIELD(field.getName(), plain(field.getDataType()).nullable()))
                .toArray(DataTypes.Field[]::new)));
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        Heartbeats copy = new Heartbeats();
        copy.width = DataType.getFieldCount(input);
        copy.partitions = literal(call, 1, Integer.class);
        copy.stepMs = literal(call, 2, Integer.class);
        copy.key = column(call, input, literal(call, 3, String.class));
        copy.time = column(call, input, literal(call, 4, String.class));
        copy.marker = column(call, input, literal(call, 5, String.class));
        copy.partition = call.getTableSemantics(0).orElseThrow().partitionByColumns()[0];
        return copy;
    }

    /** A time attribute handed out a second time would be a second rowtime: the operator appends its own. */
    private static DataType plain(DataType type) {
        return type.getLogicalType() instanceof LocalZonedTimestampType time
                ? DataTypes.TIMESTAMP_LTZ(time.getPrecision())
                : type;
    }
}
