package io.rekindle.flink.gate;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
 * Finds people whose profiles ever had one address. Each pair of them is told once to each of the two, as of when the second came; once more
 * if a row that arrives later shows that to have been earlier. Keyed by the digest of the address.
 *
 * <p>Nearly every address has one person: its state is one short text, and a profile that changes only looks at it.
 */
final class AddressLinks extends KeyedProcessFunction<Long, Tuple3<Long, String, Long>, Row> {

    private static final long serialVersionUID = 1L;

    /** An address that so many have is a placeholder of the shop's, not a mailbox somebody shares; links grow with the square. */
    private static final int MOST = 50;

    /** {@code time id} of each, a line each. */
    private transient ValueState<String> people;
    private transient Counter unlinked;

    @Override
    public void open(OpenContext context) {
        people = getRuntimeContext().getState(new ValueStateDescriptor<>("people", Types.STRING));
        unlinked = getRuntimeContext().getMetricGroup().counter("peopleNotLinked");
    }

    @Override
    public void processElement(Tuple3<Long, String, Long> row, Context context, Collector<Row> out) throws Exception {
        String person = row.f1;
        long at = row.f2;
        String stored = people.value();
        if (stored == null) {
            people.update(at + " " + Ids.line(person));
            return;
        }
        List<String> ids = new ArrayList<>(2);
        List<Long> times = new ArrayList<>(2);
        for (String line : stored.split("\n")) {
            int space = line.indexOf(' ');
            times.add(Long.parseLong(line.substring(0, space)));
            ids.add(Ids.id(line.substring(space + 1)));
        }
        int place = ids.indexOf(person);
        long before = place < 0 ? Long.MAX_VALUE : times.get(place);
        if (before <= at) {
            return;
        }
        if (place < 0 && ids.size() == MOST) {
            unlinked.inc();
            return;
        }
        for (int i = 0; i < ids.size(); i++) {
            long since = Math.max(times.get(i), at);
            if (i != place && since != Math.max(times.get(i), before)) {
                link(person, ids.get(i), since, out);
            }
        }
        if (place < 0) {
            ids.add(person);
            times.add(at);
        } else {
            times.set(place, at);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ids.size(); i++) {
            text.append(i == 0 ? "" : "\n").append(times.get(i)).append(' ').append(Ids.line(ids.get(i)));
        }
        if (!Objects.equals(stored, text.toString())) {
            people.update(text.toString());
        }
    }

    private static void link(String one, String other, long at, Collector<Row> out) {
        String first = one.compareTo(other) < 0 ? one : other;
        String second = first.equals(one) ? other : one;
        out.collect(Step.link(one, "address", first, second, at));
        out.collect(Step.link(other, "address", first, second, at));
    }

    /** An id may hold a line's end. */
    private static final class Ids {

        static String line(String id) {
            return id.replace("\\", "\\\\").replace("\n", "\\n");
        }

        static String id(String line) {
            if (line.indexOf('\\') < 0) {
                return line;
            }
            StringBuilder id = new StringBuilder();
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (c == '\\') {
                    c = line.charAt(++i) == 'n' ? '\n' : '\\';
                }
                id.append(c);
            }
            return id.toString();
        }
    }
}
