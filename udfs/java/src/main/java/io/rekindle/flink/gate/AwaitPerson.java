package io.rekindle.flink.gate;

import java.util.Iterator;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Candidates and cancel events of devices nobody is known of wait for the identity pair; pairs whose left side is a person merge two people
 * (docs/gate.md, "Who is it"). Keyed by what pairs have on their left.
 *
 * <p>Everything is done when the watermark has reached the time it counts from, so the order of arrival cannot matter: then all that is
 * earlier has come.
 */
final class AwaitPerson extends KeyedProcessFunction<String, Row, Row> {

    private static final long serialVersionUID = 1L;

    /** Cancel events need no facts: they go to Python as they are. */
    static final OutputTag<Row> CANCELS = new OutputTag<>("cancels", Step.INPUT);

    private final long waitMs;
    private final long arbitrationMs;
    private final long memoryMs;
    private final long cancelsMs;
    private transient ValueState<byte[]> device;
    /** Since when somebody of this id has a profile; kept for good, also when it is erased. */
    private transient ValueState<Long> profileSince;

    AwaitPerson(long waitMs, long arbitrationMs, long memoryMs, long cancelsMs) {
        this.waitMs = waitMs;
        this.arbitrationMs = arbitrationMs;
        this.memoryMs = memoryMs;
        this.cancelsMs = cancelsMs;
    }

    @Override
    public void open(OpenContext context) {
        device = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("device", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        profileSince = getRuntimeContext().getState(new ValueStateDescriptor<>("profile-since", Types.LONG));
    }

    @Override
    public void processElement(Row step, Context context, Collector<Row> out) throws Exception {
        long at = Step.number(step, Step.AT);
        String kind = Step.text(step, Step.KIND);
        if (kind.equals(Step.EXISTS)) {
            Long since = profileSince.value();
            if (since == null || at < since) {
                profileSince.update(at);
            }
            return;
        }
        String body = Step.text(step, Step.BODY);
        DeviceState state = DeviceState.fromBytes(device.value());
        switch (kind) {
            case Step.IDENTITY -> {
                if (!state.add(new DeviceState.Pair(at, body, false))) {
                    return;
                }
            }
            case Step.CANDIDATE -> {
                Long firedAt = Step.number(step, Step.FIRED_AT);
                Long until = Step.number(step, Step.UNTIL);
                if (firedAt == null || until == null) { // breaks its contract: Python says so
                    out.collect(step);
                    return;
                }
                DeviceState.Candidate candidate = new DeviceState.Candidate(body, firedAt, at, until);
                state.candidates.add(candidate);
                long deadline = deadline(candidate);
                DeviceState.Pair pair = state.first(firedAt, deadline);
                context.timerService().registerEventTimeTimer(pair == null ? deadline : pair.at);
                at = deadline;
            }
            case Step.CANCEL -> state.cancels.add(new DeviceState.Cancel(body, at, Step.number(step, Step.KNOWN_AT), false));
            default -> throw new IllegalArgumentException("a row of kind " + kind);
        }
        device.update(state.toBytes());
        context.timerService().registerEventTimeTimer(at); // one that lies behind the watermark fires with the next
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<Row> out) throws Exception {
        byte[] stored = device.value();
        if (stored == null) {
            return;
        }
        String id = context.getCurrentKey();
        long now = context.timerService().currentWatermark();
        DeviceState state = DeviceState.fromBytes(stored);
        merge(state, id, now, out);
        release(state, id, now, out);
        tell(state, id, now, context);
        state.prune(now - memoryMs);
        if (state.isEmpty()) {
            device.clear();
        } else {
            device.update(state.toBytes());
        }
    }

    /** A pair of somebody who had a profile by then: two people are one from then on. */
    private void merge(DeviceState state, String id, long now, Collector<Row> out) throws Exception {
        DeviceState.Pair before = null;
        for (DeviceState.Pair pair : state.pairs) {
            if (pair.at > now) {
                return;
            }
            Long since = pair.passed || pair.person == null || pair.person.equals(id) ? null : profileSince.value();
            if (since != null && since <= pair.at && !(before != null && pair.person.equals(before.person) && since <= before.at)) {
                out.collect(Step.link(id, "alias", id, pair.person, pair.at));
                out.collect(Step.link(pair.person, "alias", id, pair.person, pair.at));
            }
            pair.passed = true;
            before = pair;
        }
    }

    private void release(DeviceState state, String id, long now, Collector<Row> out) {
        for (Iterator<DeviceState.Candidate> all = state.candidates.iterator(); all.hasNext(); ) {
            DeviceState.Candidate candidate = all.next();
            long deadline = deadline(candidate);
            long firedAt = candidate.firedAt();
            // of two people since forgotten, nobody can say who was first: then it is nobody's
            DeviceState.Pair pair = state.forgotten > firedAt ? null : state.first(firedAt, Math.min(deadline, now));
            if (pair != null) {
                long decideAt = Math.max(candidate.decideAt(), pair.at + arbitrationMs);
                out.collect(Step.of(Step.CANDIDATE, pair.person, candidate.body(), decideAt, pair.at, firedAt, candidate.until()));
                all.remove();
            } else if (deadline <= now) {
                long decideAt = Math.max(candidate.decideAt(), deadline);
                out.collect(Step.of(Step.CANDIDATE, id, candidate.body(), decideAt, null, firedAt, candidate.until()));
                all.remove();
            }
        }
    }

    private void tell(DeviceState state, String id, long now, Context context) {
        for (Iterator<DeviceState.Cancel> all = state.cancels.iterator(); all.hasNext(); ) {
            DeviceState.Cancel cancel = all.next();
            if (cancel.at > now) {
                continue;
            }
            long knownAt = cancel.knownAt == null ? cancel.at : cancel.knownAt;
            if (!cancel.told) {
                String person = state.personAsOf(cancel.at);
                context.output(CANCELS, Step.input(Step.CANCEL, person == null ? id : person, cancel.body, cancel.at, cancel.knownAt, null));
                if (person != null) {
                    all.remove();
                    continue;
                }
                cancel.told = true;
                context.timerService().registerEventTimeTimer(cancel.at + cancelsMs);
            }
            DeviceState.Pair pair = state.first(cancel.at, Math.min(now, cancel.at + cancelsMs - 1));
            if (pair != null) {
                long from = Math.max(knownAt, pair.at);
                context.output(CANCELS, Step.input(Step.CANCEL, pair.person, cancel.body, cancel.at, from, null));
                all.remove();
            } else if (cancel.at + cancelsMs <= now) {
                all.remove();
            }
        }
    }

    private long deadline(DeviceState.Candidate candidate) {
        return Math.min(Math.max(candidate.firedAt() + waitMs, candidate.decideAt()), candidate.until());
    }
}
