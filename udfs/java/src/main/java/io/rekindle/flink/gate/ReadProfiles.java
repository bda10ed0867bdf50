package io.rekindle.flink.gate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import io.rekindle.flink.Digests;

/**
 * Rows of {@code profiles} as text (person_id, body) → their facts, read once for all who want some of them: who has a profile at all, and
 * at which address. No body is a tombstone.
 */
final class ReadProfiles extends ProcessFunction<Row, Row> {

    private static final long serialVersionUID = 1L;

    static final OutputTag<Row> EXISTS = new OutputTag<>("exists", Step.TYPE);
    /** Digest of the normalised address, person, since when. */
    static final OutputTag<Tuple3<Long, String, Long>> ADDRESS =
            new OutputTag<>("address", Types.TUPLE(Types.LONG, Types.STRING, Types.LONG));

    private transient MessageDigest sha256;

    @Override
    public void open(OpenContext context) {
        sha256 = Digests.sha256();
    }

    @Override
    public void processElement(Row row, Context context, Collector<Row> out) {
        String person = (String) row.getField(0);
        String body = (String) row.getField(1);
        Long at = context.timestamp();
        if (body == null) {
            out.collect(Step.of(Step.PROFILE, person, null, at));
        } else {
            ProfileFacts facts = ProfileFacts.read(body);
            out.collect(Step.of(Step.PROFILE, person, facts.text, at));
            String address = facts.email == null ? "" : facts.email.strip().toLowerCase(Locale.ROOT);
            if (address.indexOf('@') > 0) { // `none`, `n/a`: no mailbox that people share
                context.output(ADDRESS, Tuple3.of(digest(address), person, at));
            }
        }
        context.output(EXISTS, Step.of(Step.EXISTS, person, null, at));
    }

    /** 64 bits tell addresses apart well enough: who is linked without need has another address, and Python looks at it. */
    private long digest(String address) {
        return ByteBuffer.wrap(sha256.digest(address.getBytes(StandardCharsets.UTF_8))).getLong();
    }
}
