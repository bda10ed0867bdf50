package io.rekindle.flink.catalog;

import io.rekindle.flink.InternalRowFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.ListView;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;

/**
 * SQL: {@code PRODUCT_INTERESTS(input => TABLE t PARTITION BY product_id, memory_days => 30, most_devices => 100000, on_time =>
 * DESCRIPTOR(at_time), uid => …)}: for each catalogue change of a product (rows with {@code event} NULL), a row for every device that wished,
 * added or viewed it in the days before and has not ordered it since, by device.
 *
 * <p>An interval join would hold back the clock of its whole job by those days, and give a row per view. Here a device and a product have one
 * entry, and a change waits only until the watermark has reached it, so that what arrives first cannot matter. {@code on_time} gives the
 * output its event time; the price is that Flink drops late acts without a word: a late view is no interest.
 */
public class ProductInterests extends InternalRowFunction {

    private static final long serialVersionUID = 1L;
    private static final long DAY_MS = 86_400_000L;
    private static final DataType TYPE = DataTypes.ROW(Stream.concat(
                    Stream.of(
                            DataTypes.FIELD("device_id", DataTypes.STRING()),
                            DataTypes.FIELD("user_id", DataTypes.STRING()),
                            DataTypes.FIELD("interest", DataTypes.STRING()),
                            DataTypes.FIELD("interested_at", DataTypes.TIMESTAMP_LTZ(3))),
                    Stream.of(Change.FIELDS))
            .toArray(DataTypes.Field[]::new));
    private static final int OWN = DataType.getFieldCount(TYPE) - Change.FIELDS.length;

    /** devices: entries there are, or more: some may have run out since it was counted. */
    public static class Marks {
        public int devices;
    }

    private int event;
    private int device;
    private int user;
    private int time;
    private Change change;
    private long memory;
    private int most;
    private transient DataOutputSerializer buffer;

    public void eval(
            Context context,
            Marks marks,
            MapView<String, byte[]> devices,
            ListView<byte[]> changes,
            RowData input,
            Integer memoryDays,
            Integer mostDevices)
            throws Exception {
        TimeContext<Long> clock = context.timeContext(Long.class);
        long at = input.getTimestamp(time, 3).getMillisecond();
        if (buffer == null) {
            buffer = new DataOutputSerializer(256);
        }
        if (input.isNullAt(event)) {
            changes.add(change.toBytes(at, input, buffer));
            clock.registerOnTime(at);
            return;
        }
        Interest.Kind kind = Interest.Kind.of(input.getString(event).toString());
        if (kind == null || input.isNullAt(device)) {
            return;
        }
        String name = input.getString(device).toString();
        byte[] known = devices.get(name);
        Long watermark = clock.currentWatermark();
        Interest interest = known == null ? new Interest() : Interest.fromBytes(known); // an order too: the view before it may still come
        String person = input.isNullAt(user) ? null : input.getString(user).toString();
        interest.add(new Interest.Act(at, kind, person), watermark == null ? Long.MIN_VALUE : watermark);
        devices.put(name, interest.toBytes(buffer));
        if (known == null && ++marks.devices > most) {
            makeRoom(marks, devices);
        }
    }

    public void onTimer(OnTimerContext context, Marks marks, MapView<String, byte[]> devices, ListView<byte[]> changes) throws Exception {
        long now = context.timeContext(Long.class).time();
        List<byte[]> due = new ArrayList<>();
        List<byte[]> waiting = new ArrayList<>();
        for (byte[] one : changes.get()) {
            (Change.time(one) <= now ? due : waiting).add(one);
        }
        if (waiting.isEmpty()) {
            changes.clear();
        } else {
            changes.setList(waiting);
        }
        Map<String, Interest.Act> interested = new TreeMap<>(); // by device, so that a replay gives the same order
        List<String> forgotten = new ArrayList<>();
        int left = 0;
        for (Map.Entry<String, byte[]> entry : devices.entries()) {
            Interest interest = Interest.fromBytes(entry.getValue());
            interest.settle(now);
            Interest.Act act = interest.strongest(now - memory);
            if (act != null) {
                interested.put(entry.getKey(), act);
            }
            if (interest.newest() < now - memory) {
                forgotten.add(entry.getKey());
            } else {
                left++;
            }
        }
        for (String one : forgotten) {
            devices.remove(one);
        }
        marks.devices = left;
        for (byte[] one : due) {
            for (Map.Entry<String, Interest.Act> entry : interested.entrySet()) {
                collect(row(entry.getKey(), entry.getValue(), one));
            }
        }
    }

    private static RowData row(String device, Interest.Act act, byte[] change) {
        GenericRowData row = new GenericRowData(OWN + Change.FIELDS.length);
        row.setField(0, StringData.fromString(device));
        row.setField(1, StringData.fromString(act.user()));
        row.setField(2, StringData.fromString(act.kind().name().toLowerCase(Locale.ROOT)));
        row.setField(3, TimestampData.fromEpochMillis(act.at()));
        Change.fill(row, OWN, change);
        return row;
    }

    /** Drops the tenth of the devices whose interest is oldest: a product everybody looks at must not grow without end. */
    private void makeRoom(Marks marks, MapView<String, byte[]> devices) throws Exception {
        record Age(long newest, String device) {}
        List<Age> ages = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : devices.entries()) {
            ages.add(new Age(Interest.fromBytes(entry.getValue()).newest(), entry.getKey()));
        }
        ages.sort((a, b) -> a.newest != b.newest ? Long.compare(a.newest, b.newest) : a.device.compareTo(b.device));
        int most = Math.max(this.most * 9 / 10, 1);
        for (Age age : ages.subList(0, Math.max(ages.size() - most, 0))) {
            devices.remove(age.device);
        }
        marks.devices = Math.min(ages.size(), most);
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        LinkedHashMap<String, DataType> state = new LinkedHashMap<>();
        state.put("marks", types.createDataType(Marks.class));
        state.put("devices", MapView.newMapViewDataType(DataTypes.STRING().notNull(), DataTypes.BYTES().notNull()));
        state.put("changes", ListView.newListViewDataType(DataTypes.BYTES().notNull()));
        return state;
    }

    /** Every change has a timer that takes it out. The wall clock only clears away what event time has forgotten long since. */
    @Override
    protected Optional<Duration> timeToLive(String state) {
        return Optional.of(state.equals("changes") ? Duration.ZERO : Duration.ofDays(40));
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.of(StaticArgumentTrait.REQUIRE_ON_TIME);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[] {
            StaticArgument.scalar("memory_days", DataTypes.INT().notNull(), false),
            StaticArgument.scalar("most_devices", DataTypes.INT().notNull(), false)
        };
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(TYPE);
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        ProductInterests copy = new ProductInterests();
        copy.event = column(call, input, "event");
        copy.device = column(call, input, "device_id");
        copy.user = column(call, input, "user_id");
        copy.time = column(call, input, "at_time");
        copy.change = Change.of(name -> column(call, input, name));
        copy.memory = literal(call, 1, Integer.class) * DAY_MS;
        copy.most = literal(call, 2, Integer.class);
        return copy;
    }
}
