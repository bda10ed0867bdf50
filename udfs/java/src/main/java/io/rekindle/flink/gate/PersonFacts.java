package io.rekindle.flink.gate;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.BroadcastState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.co.KeyedBroadcastProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/**
 * Keeps everybody's profile and what control rows say, and gives a candidate what is known of its person. Python then knows as much, and is
 * told what changes until the candidate expires, or is decided: such a person is watched. Whoever is linked with another is watched for
 * good. No other profile passes.
 *
 * <p>What is not known yet when a candidate leaves comes behind it as a row of its own, before the watermark that lets it be decided.
 */
final class PersonFacts extends KeyedBroadcastProcessFunction<String, Row, Row, Row> {

    private static final long serialVersionUID = 1L;
    private static final long FOR_GOOD = Long.MAX_VALUE;

    /** Key of a control row → its values by time, see {@link ControlHistory}. */
    static final MapStateDescriptor<String, String> CONTROL = new MapStateDescriptor<>("control", Types.STRING, Types.STRING);

    private static final ValueStateDescriptor<byte[]> VERSIONS =
            new ValueStateDescriptor<>("versions", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO);
    /** Until when a person is watched; nobody else has it, so that a control row is told to these alone. */
    private static final ValueStateDescriptor<Long> WATCHED = new ValueStateDescriptor<>("watched-until", Types.LONG);

    private final long memoryMs;
    private transient ValueState<byte[]> versions;
    private transient ValueState<Long> watched;

    PersonFacts(long memoryMs) {
        this.memoryMs = memoryMs;
    }

    @Override
    public void open(OpenContext context) {
        versions = getRuntimeContext().getState(VERSIONS);
        watched = getRuntimeContext().getState(WATCHED);
    }

    @Override
    public void processElement(Row step, ReadOnlyContext context, Collector<Row> out) throws Exception {
        switch (Step.text(step, Step.KIND)) {
            case Step.PROFILE -> onProfile(step, context, out);
            case Step.CANDIDATE -> onCandidate(step, context, out);
            case Step.LINK -> onLink(step, out);
            default -> throw new IllegalArgumentException("a row of kind " + step.getField(Step.KIND));
        }
    }

    private void onProfile(Row step, ReadOnlyContext context, Collector<Row> out) throws Exception {
        String facts = Step.text(step, Step.BODY);
        long at = Step.number(step, Step.AT);
        byte[] stored = versions.value();
        if (Versions.has(stored, at, facts)) {
            return; // a repeat
        }
        versions.update(Versions.with(stored, at, facts, horizon(context.currentWatermark())));
        Long until = watched.value();
        if (until != null && at <= until) {
            out.collect(Step.input(Step.PROFILE, context.getCurrentKey(), facts == null ? "null" : facts, at, null, null));
        }
        if (facts == null) { // who is erased must not stay here until the next row that never comes
            context.timerService().registerEventTimeTimer(at + memoryMs);
        }
    }

    private void onCandidate(Row step, ReadOnlyContext context, Collector<Row> out) throws Exception {
        Long firedAt = Step.number(step, Step.FIRED_AT);
        long asOf = firedAt == null ? Long.MIN_VALUE : firedAt;
        StringBuilder facts = new StringBuilder("{\"profile\":").append(Versions.json(versions.value(), asOf));
        String control = ControlHistory.json(context.getBroadcastState(CONTROL).immutableEntries(), asOf);
        if (!control.isEmpty()) {
            facts.append(",\"control\":").append(control);
        }
        out.collect(Step.input(
                Step.CANDIDATE,
                context.getCurrentKey(),
                Step.text(step, Step.BODY),
                Step.number(step, Step.AT),
                Step.number(step, Step.KNOWN_AT),
                facts.append('}').toString()));
        Long expiresAt = Step.number(step, Step.UNTIL);
        if (expiresAt == null) {
            return; // breaks its contract: Python says so
        }
        // D may lie behind its end; that it is paused by then is said before that it expired
        long until = Math.max(expiresAt, Step.number(step, Step.AT));
        Long before = watched.value();
        if (before == null || before < until) {
            watched.update(until);
            context.timerService().registerEventTimeTimer(until + 1);
        }
    }

    /** All that is known: the other one's candidates may have fired before. */
    private void onLink(Row step, Collector<Row> out) throws Exception {
        byte[] stored = versions.value();
        String facts = stored == null ? null : "{\"profile\":" + Versions.json(stored, Long.MIN_VALUE) + "}";
        out.collect(Step.input(Step.LINK, Step.text(step, Step.ID), Step.text(step, Step.BODY), Step.number(step, Step.AT), null, facts));
        watched.update(FOR_GOOD);
    }

    @Override
    public void processBroadcastElement(Row row, Context context, Collector<Row> out) throws Exception {
        String key = (String) row.getField(0);
        String value = (String) row.getField(1);
        long at = (Long) row.getField(2);
        BroadcastState<String, String> control = context.getBroadcastState(CONTROL);
        ControlHistory history = ControlHistory.of(control.get(key));
        if (!history.add(at, value)) {
            return; // a repeat
        }
        history.prune(horizon(context.currentWatermark()));
        if (history.isEmpty()) {
            control.remove(key);
        } else {
            control.put(key, history.toString());
        }
        String body = "{\"key\":" + ControlHistory.quoted(key) + ",\"value\":" + value + "}";
        context.applyToKeyedState(WATCHED, (person, state) -> {
            if (at <= state.value()) {
                out.collect(Step.input(Step.CONTROL, person, body, at, null, null));
            }
        });
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Row> out) throws Exception {
        long now = context.currentWatermark();
        Long until = watched.value();
        if (until != null && until < now) {
            watched.clear();
        }
        byte[] stored = versions.value();
        if (stored != null) {
            byte[] kept = Versions.since(stored, horizon(now));
            if (kept != stored) {
                versions.update(kept);
            }
        }
    }

    /** Nobody asks for a time before it. */
    private long horizon(long watermark) {
        return watermark < Long.MIN_VALUE + memoryMs ? Long.MIN_VALUE : watermark - memoryMs;
    }
}
