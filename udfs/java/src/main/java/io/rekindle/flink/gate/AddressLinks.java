package io.rekindle.flink.gate;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/**
 * Finds people whose profiles ever had one address. Each pair of them is told once, to each of the two, as of when the second came, when the
 * watermark has reached that. Keyed by the digest of the address.
 *
 * <p>Nearly every address has one person: its state is one short text, and a profile that changes only looks at it.
 */
final class AddressLinks extends KeyedProcessFunction<Long, Tuple3<Long, String, Long>, Row> {

    private static final long serialVersionUID = 1L;

    /** An address that so many have is a placeholder of the shop's, not a mailbox somebody shares; links grow with the square. */
    private static final int MOST = 50;

    private transient ValueState<String> people;
    private transient Counter unlinked;

    @Override
    public void open(OpenContext context) {
        people = getRuntimeContext().getState(new ValueStateDescriptor<>("people", Types.STRING));
        unlinked = getRuntimeContext().getMetricGroup().counter("peopleNotLinked");
    }

    @Override
    public void processElement(Tuple3<Long, String, Long> row, Context context, Collector<Row> out) throws Exception {
        Housemates all = Housemates.of(people.value());
        int place = all.ids.indexOf(row.f1);
        if (place < 0 && all.ids.size() == MOST) {
            unlinked.inc();
        } else if (place < 0) {
            all.add(row.f2, row.f1);
        } else if (row.f2 < all.since.get(place) && !all.told.get(place)) {
            all.since.set(place, row.f2);
        } else {
            return; // a row behind the watermark too: what was told stays
        }
        people.update(all.toString());
        if (all.ids.size() > 1) {
            all.since.forEach(context.timerService()::registerEventTimeTimer);
        }
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Row> out) throws Exception {
        long now = context.timerService().currentWatermark();
        Housemates all = Housemates.of(people.value());
        boolean some = false;
        for (int i = 0; i < all.ids.size(); i++) {
            for (int j = 0; j < i; j++) {
                long at = Math.max(all.since.get(i), all.since.get(j));
                if (at <= now && !(all.told.get(i) && all.told.get(j))) {
                    link(all.ids.get(i), all.ids.get(j), at, out);
                    some = true;
                }
            }
        }
        if (some) {
            for (int i = 0; i < all.ids.size(); i++) {
                all.told.set(i, all.told.get(i) || all.since.get(i) <= now);
            }
            people.update(all.toString());
        }
    }

    private static void link(String one, String other, long at, Collector<Row> out) {
        String first = one.compareTo(other) < 0 ? one : other;
        String second = first.equals(one) ? other : one;
        out.collect(Step.link(first, "address", first, second, at));
        out.collect(Step.link(second, "address", first, second, at));
    }
}
