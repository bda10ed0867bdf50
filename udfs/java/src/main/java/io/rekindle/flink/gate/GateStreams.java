package io.rekindle.flink.gate;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Everything in front of the gate's Python: from what SQL selects to rows that Python reads (jobs/gate/inputs.py). */
public final class GateStreams {

    private GateStreams() {}

    /**
     * Rows (kind, person_id, body, at, known_at, facts).
     *
     * @param steps rows of view gate_steps
     * @param profiles rows (person_id, body) of topic profiles, null = erased
     * @param control rows (key, body) of topic control, null = as the settings are
     * @param waitMs how long a candidate without a person waits for one
     * @param arbitrationMs the window before D
     * @param memoryMs how far back a profile, a pair or a control row is asked for, from the watermark
     * @param cancelsMs how long a cancel event counts
     */
    public static DataStream<Row> assemble(
            DataStream<Row> steps,
            DataStream<Row> profiles,
            DataStream<Row> control,
            long waitMs,
            long arbitrationMs,
            long memoryMs,
            long cancelsMs) {
        SingleOutputStreamOperator<Row> read = steps.process(new Route())
                .returns(Step.TYPE)
                .uid("gate-route-rows")
                .name("gate: who is known, who is not");
        SingleOutputStreamOperator<Row> versions = profiles.process(new ReadProfiles())
                .returns(Step.TYPE)
                .uid("gate-read-profiles")
                .name("gate: read profiles");
        SingleOutputStreamOperator<Row> commands = control.process(new ReadControl())
                .returns(ReadControl.TYPE)
                .uid("gate-read-control")
                .name("gate: read control");
        SingleOutputStreamOperator<Row> awaited = read.getSideOutput(Route.ANONYMOUS)
                .union(versions.getSideOutput(ReadProfiles.EXISTS))
                .keyBy(row -> Step.text(row, Step.ID), Types.STRING)
                .process(new AwaitPerson(waitMs, arbitrationMs, memoryMs, cancelsMs))
                .returns(Step.TYPE)
                .uid("gate-await-person")
                .name("gate: await the person of a device");
        DataStream<Row> links = versions.getSideOutput(ReadProfiles.ADDRESS)
                .keyBy(row -> row.f0, Types.LONG)
                .process(new AddressLinks())
                .returns(Step.TYPE)
                .uid("gate-address-links")
                .name("gate: link people of one address");
        DataStream<Row> personal = personFacts(versions.union(read, awaited, links), commands, memoryMs);
        return personal.union(
                awaited.getSideOutput(AwaitPerson.CANCELS), read.getSideOutput(Route.READY), commands.getSideOutput(ReadControl.BROKEN));
    }

    /** The last step alone, for rows that are ready for it (tests feed it in an order of their own). */
    public static DataStream<Row> personFacts(DataStream<Row> steps, DataStream<Row> commands, long memoryMs) {
        return steps.keyBy(row -> Step.text(row, Step.ID), Types.STRING)
                .connect(commands.broadcast(PersonFacts.CONTROL))
                .process(new PersonFacts(memoryMs))
                .returns(Step.INPUT)
                .uid("gate-person-facts")
                .name("gate: facts of the person");
    }

    /** Candidates of somebody go on; of nobody, they wait, as cancel events and pairs do; what needs no facts is ready. */
    static final class Route extends ProcessFunction<Row, Row> {

        private static final long serialVersionUID = 1L;

        static final OutputTag<Row> ANONYMOUS = new OutputTag<>("anonymous", Step.TYPE);
        static final OutputTag<Row> READY = new OutputTag<>("ready", Step.INPUT);

        @Override
        public void processElement(Row row, Context context, Collector<Row> out) {
            String kind = Step.text(row, Step.KIND);
            String id = Step.text(row, Step.ID);
            String body = Step.text(row, Step.BODY);
            Long at = Step.number(row, Step.AT);
            Long knownAt = Step.number(row, Step.KNOWN_AT);
            boolean anonymous = Boolean.TRUE.equals(row.getField(Step.ANONYMOUS));
            if (anonymous || kind.equals(Step.CANDIDATE)) {
                Row step = Step.of(kind, id, body, at, knownAt, Step.number(row, Step.FIRED_AT), Step.number(row, Step.UNTIL));
                if (anonymous) {
                    context.output(ANONYMOUS, step);
                } else {
                    out.collect(step);
                }
            } else {
                context.output(READY, Step.input(kind, id, body, at, knownAt, null));
            }
        }
    }
}
