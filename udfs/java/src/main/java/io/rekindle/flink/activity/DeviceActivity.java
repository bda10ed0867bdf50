package io.rekindle.flink.activity;

import io.rekindle.flink.InternalRowFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.dataview.ListView;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;

/**
 * SQL: {@code DEVICE_ACTIVITY(input => TABLE t PARTITION BY device_id, cart_gap_ms => …, session_gap_ms => …, cart_changes_only => …,
 * cart_memory_ms => …)}: what a device's events add up to: identity pairs, cart sessions and sessions, told apart by {@code event} (see {@link ActivityRows}).
 *
 * <p>An event costs one append; everything is computed when a gap has passed, from all actions of the device in time order. So the order of
 * arrival cannot matter, and carts, sessions and identities share one state and one exchange. Two SQL {@code SESSION} windows cost several
 * times that (docs/decisions.md), and could neither fold a cart in order nor keep a closed session closed.
 */
public class DeviceActivity extends InternalRowFunction {

    private static final long serialVersionUID = 1L;

    /** State of a device beside its actions. Times in epoch ms, 0 = not yet. */
    public static class Marks {
        public long cartTimer;
        public long sessionTimer;
        /** End of the newest cart session / session that was emitted: what is not later never opens one again. */
        public long cartClosed;
        public long sessionClosed;
        /** Hash of the person last emitted: equality is all that is asked. */
        public long person;
        public long personSince;
        public long personArrival;
        /** Newest identity pair seen. */
        public long pairSeen;
    }

    private ActivityColumns columns;
    private long cartGap;
    private long sessionGap;
    private boolean cartChangesOnly;
    private long cartMemory;
    private transient DataOutputSerializer buffer;

    public void eval(
            Context context, Marks marks, ListView<byte[]> actions, ListView<byte[]> cart, RowData input, Integer cartGapMs,
            Integer sessionGapMs, Boolean cartChanges, Integer cartMemoryMs)
            throws Exception {
        if (ActivityRows.isHeartbeat(input.getString(columns.event()))) {
            collect(ActivityRows.heartbeat());
            return;
        }
        TimeContext<Long> clock = context.timeContext(Long.class);
        Long now = clock.currentWatermark();
        long watermark = now == null ? Long.MIN_VALUE : now;
        Action action = columns.action(input);
        boolean behavioural = input.getBoolean(columns.behavioural());
        action.inSession = behavioural && isOpen(action.time, sessionGap, marks.sessionClosed, watermark);
        action.inCart = behavioural && (!cartChangesOnly || action.kind.changesCart()) && isOpen(action.time, cartGap, marks.cartClosed, watermark);
        action.pair &= action.time > watermark || action.time >= marks.pairSeen;
        action.lateOrder = action.kind == Action.Kind.ORDER_COMPLETED && !action.inCart;
        if (!action.inSession && !action.inCart && !action.pair && !action.lateOrder) {
            return;
        }
        actions.add(action.toBytes(buffer()));
        if (action.lateOrder) {
            clock.registerOnTime(watermark + 1);
        }
        if (action.pair) {
            marks.pairSeen = Math.max(marks.pairSeen, action.time);
            if (!action.inSession || hash(action.userId) != marks.person || action.time < marks.personSince) {
                clock.registerOnTime(Math.max(action.time, watermark + 1));
            }
        }
        if (action.inCart) {
            marks.cartTimer = schedule(clock, marks.cartTimer, action.time + cartGap);
        }
        if (action.inSession) {
            marks.sessionTimer = schedule(clock, marks.sessionTimer, action.time + sessionGap);
        }
    }

    /** An event whose own gap has passed, or that lies in what has closed, is too late. */
    private static boolean isOpen(long time, long gap, long closed, long watermark) {
        return time > closed && time + gap > watermark;
    }

    /** One timer is enough: what it finds still going on sets the next. */
    private static long schedule(TimeContext<Long> clock, long pending, long end) {
        if (pending != 0 && pending <= end) {
            return pending;
        }
        clock.registerOnTime(end);
        return end;
    }

    public void onTimer(OnTimerContext context, Marks marks, ListView<byte[]> stored, ListView<byte[]> cart) throws Exception {
        TimeContext<Long> clock = context.timeContext(Long.class);
        // Not the timer's own time: a timer set for an instant the watermark has passed would never fire, so whatever is due is done now.
        long now = clock.currentWatermark();
        List<Action> actions = new ArrayList<>();
        for (byte[] bytes : stored.get()) {
            actions.add(Action.fromBytes(bytes));
        }
        Collections.sort(actions);
        emitIdentities(clock, marks, actions, now);
        tellCarts(clock, marks, actions, cart, now);
        marks.sessionTimer = marks.sessionTimer <= now ? 0 : marks.sessionTimer;
        for (List<Action> run : Runs.of(actions, sessionGap, one -> one.inSession && one.time > marks.sessionClosed)) {
            long end = Runs.last(run) + sessionGap;
            if (end > now) {
                marks.sessionTimer = schedule(clock, marks.sessionTimer, end);
            } else {
                marks.sessionClosed = end;
                collect(ActivityRows.session(run, end));
            }
        }
        keep(stored, actions, one -> isStillNeeded(one, marks, now));
    }

    /** Ends the cart sessions that are over, and tells what lies outside of any to the cart that is left. */
    private void tellCarts(TimeContext<Long> clock, Marks marks, List<Action> actions, ListView<byte[]> stored, long now) throws Exception {
        boolean due = marks.cartTimer == 0 || marks.cartTimer <= now;
        if (!due && actions.stream().allMatch(action -> action.inCart || !action.pair && !action.lateOrder)) {
            actions.forEach(action -> action.waits = action.inCart && action.time > marks.cartClosed);
            return; // the timer of an identity or a session, and a cart session goes on: nothing here has changed
        }
        marks.cartTimer = due ? 0 : marks.cartTimer;
        byte[] before = only(stored);
        DeviceCart cart = DeviceCart.fromBytes(before);
        CartSession.Cut cut = cart.cut(actions, marks.cartClosed, cartGap);
        boolean goesOn = false;
        for (CartSession session : cut.sessions()) {
            long end = session.last() + cartGap;
            if (end > now) {
                goesOn = true;
                marks.cartTimer = schedule(clock, marks.cartTimer, end);
                session.facts.forEach(fact -> fact.waits = true);
                continue;
            }
            marks.cartClosed = session.closes(cartGap);
            Cart found = cart.tell(session, cartMemory);
            if (session.holdsCartEvent()) {
                collect(ActivityRows.cart(session, found, cart.person(session.last()), end));
            }
        }
        for (Action fact : cut.rest()) {
            goesOn |= fact.time > now;
            if (goesOn) {
                fact.waits = true;
            } else {
                cart.tell(fact);
            }
        }
        if (!goesOn) {
            cart.forget(now - cartGap, cartMemory); // an event may be late by a gap and still open a cart session
            long end = cart.forgets(cartMemory);
            cart.timer = cart.timer <= now ? 0 : cart.timer;
            cart.timer = end == Long.MAX_VALUE ? 0 : schedule(clock, cart.timer, end + cartGap);
        }
        byte[] after = cart.toBytes(buffer(), marks.cartClosed);
        if (after == null && before != null) {
            stored.clear();
        } else if (after != null && !Arrays.equals(after, before)) {
            stored.setList(Collections.singletonList(after)); // List.of is asked for null, and refuses
        }
    }

    private DataOutputSerializer buffer() {
        if (buffer == null) {
            buffer = new DataOutputSerializer(256);
        }
        return buffer;
    }

    /** A view, though it holds one value: a plain one would be read with every event. */
    private static byte[] only(ListView<byte[]> stored) throws Exception {
        Iterator<byte[]> found = stored.get().iterator();
        return found.hasNext() ? found.next() : null;
    }

    private void emitIdentities(TimeContext<Long> clock, Marks marks, List<Action> actions, long now) {
        for (Action action : actions) {
            if (!action.pair || !isAfter(action, marks)) {
                continue;
            }
            boolean changes = hash(action.userId) != marks.person;
            if (action.time > now) {
                if (changes) { // looks again when its time has come
                    clock.registerOnTime(action.time);
                    return;
                }
            } else if (changes) {
                marks.person = hash(action.userId);
                marks.personSince = action.time;
                marks.personArrival = action.arrival;
                collect(ActivityRows.identity(action.userId, action.time));
            }
        }
    }

    /** Of two pairs of one instant the one that arrived later counts, and each counts once. */
    private static boolean isAfter(Action action, Marks marks) {
        return action.time > marks.personSince || action.time == marks.personSince && action.arrival > marks.personArrival;
    }

    private static boolean isStillNeeded(Action action, Marks marks, long now) {
        return action.inSession && action.time > marks.sessionClosed
                || action.waits
                || action.pair && action.time > now;
    }

    private static void keep(ListView<byte[]> stored, List<Action> actions, Predicate<Action> needed) throws Exception {
        List<byte[]> rest = new ArrayList<>();
        for (Action action : actions) {
            if (needed.test(action)) {
                rest.add(action.stored);
            }
        }
        if (rest.isEmpty()) {
            stored.clear();
        } else if (rest.size() < actions.size()) {
            stored.setList(rest);
        }
    }

    /** FNV-1a, 64 bit; never 0, which means nobody. */
    private static long hash(String person) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < person.length(); i++) {
            hash = (hash ^ person.charAt(i)) * 0x100000001b3L;
        }
        return hash == 0 ? 1 : hash;
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        LinkedHashMap<String, DataType> state = new LinkedHashMap<>();
        state.put("marks", types.createDataType(Marks.class));
        state.put("actions", ListView.newListViewDataType(DataTypes.BYTES().notNull()));
        state.put("cart", ListView.newListViewDataType(DataTypes.BYTES().notNull()));
        return state;
    }

    /** Actions and carts have timers that take them out in the end. Marks stay as long as the topic keeps events: a job may be down for days. */
    @Override
    protected Optional<Duration> timeToLive(String state) {
        return Optional.of(state.equals("marks") ? Duration.ofDays(7) : Duration.ZERO);
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.noneOf(StaticArgumentTrait.class);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[] {
            StaticArgument.scalar("cart_gap_ms", DataTypes.INT().notNull(), false),
            StaticArgument.scalar("session_gap_ms", DataTypes.INT().notNull(), false),
            StaticArgument.scalar("cart_changes_only", DataTypes.BOOLEAN().notNull(), false),
            StaticArgument.scalar("cart_memory_ms", DataTypes.INT().notNull(), false)
        };
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(ActivityRows.TYPE);
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        DeviceActivity copy = new DeviceActivity();
        copy.columns = ActivityColumns.of(name -> column(call, input, name));
        copy.cartGap = literal(call, 1, Integer.class);
        copy.sessionGap = literal(call, 2, Integer.class);
        copy.cartChangesOnly = literal(call, 3, Boolean.class);
        copy.cartMemory = literal(call, 4, Integer.class);
        return copy;
    }
}
