package io.rekindle.flink;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * SQL: {@code TRIGGER_ID(tenant, name, epoch, person_id, occasion, stage)}: 26 Crockford base32 characters, the first 128 bits of the
 * SHA-256 of the parts joined by U+001F (semantics.md, sections 4 and 9). NULL when a part is: an occasion nobody can name twice is none.
 */
public class TriggerId extends ScalarFunction {

    private static final long serialVersionUID = 1L;
    private static final char[] CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();

    private transient MessageDigest sha256;

    @Override
    public void open(FunctionContext context) {
        sha256 = Digests.sha256();
    }

    public String eval(String tenant, String name, Integer epoch, String person, String occasion, Integer stage) {
        if (tenant == null || name == null || epoch == null || person == null || occasion == null || stage == null) {
            return null;
        }
        String text = String.join("\u001f", tenant, name, epoch.toString(), person, occasion, stage.toString());
        return crockford(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The first 128 bits as a number in base 32, most significant digit first: 2 + 24 × 5 + … = 26 digits, as ULIDs are written. */
    static String crockford(byte[] digest) {
        char[] text = new char[26];
        int bits = 0;
        int pending = 2; // 26 × 5 = 130 bits: two leading zeros
        int at = 0;
        for (int i = 0; i < 16; i++) {
            bits = bits << 8 | digest[i] & 0xff;
            pending += 8;
            while (pending >= 5) {
                pending -= 5;
                text[at++] = CROCKFORD[bits >>> pending & 31];
            }
            bits &= (1 << pending) - 1;
        }
        return new String(text);
    }
}
