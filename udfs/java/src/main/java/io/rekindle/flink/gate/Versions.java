package io.rekindle.flink.gate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Versions of a profile in order of time, as bytes: the number of this layout, then of each its time, the length of its facts (-1: erased)
 * and those, in ASCII. A person whose profile does not change has one: 13 bytes beside the text.
 */
final class Versions {

    private static final byte LAYOUT = 1;
    private static final int HEAD = 1;
    private static final int FRAME = Long.BYTES + Integer.BYTES;

    private Versions() {}

    /** Whether there is this very version. facts: null = erased. */
    static boolean has(byte[] stored, long at, String facts) {
        if (stored != null) {
            ByteBuffer in = open(stored);
            while (in.hasRemaining()) {
                if (in.getLong() == at) {
                    String found = facts(in);
                    return facts == null ? found == null : facts.equals(found);
                }
                skip(in);
            }
        }
        return false;
    }

    /** One version more; of two of one time the latter counts. Those that nobody asks for as of {@code horizon} or later are left out. */
    static byte[] with(byte[] stored, long at, String facts, long horizon) {
        byte[] text = facts == null ? null : facts.getBytes(StandardCharsets.ISO_8859_1);
        byte[] made = new byte[(stored == null ? HEAD : stored.length) + FRAME + (text == null ? 0 : text.length)];
        ByteBuffer out = ByteBuffer.wrap(made).put(LAYOUT);
        boolean placed = false;
        if (stored != null) {
            ByteBuffer in = open(stored);
            while (in.hasRemaining()) {
                int from = in.position();
                long time = in.getLong();
                skip(in);
                if (time >= at && !placed) {
                    put(out, at, text);
                    placed = true;
                }
                if (time != at) {
                    out.put(stored, from, in.position() - from);
                }
            }
        }
        if (!placed) {
            put(out, at, text);
        }
        return since(made, out.position(), horizon);
    }

    /** Without the versions that nobody asks for as of {@code horizon} or later. */
    static byte[] since(byte[] stored, long horizon) {
        return since(stored, stored.length, horizon);
    }

    private static byte[] since(byte[] bytes, int end, long horizon) {
        int from = start(bytes, end, horizon);
        if (from == HEAD) {
            return end == bytes.length ? bytes : Arrays.copyOf(bytes, end);
        }
        byte[] kept = new byte[HEAD + end - from];
        kept[0] = LAYOUT;
        System.arraycopy(bytes, from, kept, HEAD, end - from);
        return kept;
    }

    /** Those as of {@code asOf} and later, or all when none is as old: {@code [[time, facts or null], …]}. */
    static String json(byte[] stored, long asOf) {
        StringBuilder text = new StringBuilder("[");
        if (stored != null) {
            ByteBuffer in = open(stored);
            in.position(start(stored, stored.length, asOf));
            while (in.hasRemaining()) {
                text.append(text.length() > 1 ? ",[" : "[").append(in.getLong()).append(',').append(facts(in)).append(']');
            }
        }
        return text.append(']').toString();
    }

    /** Where the version as of that time begins, else the first. */
    private static int start(byte[] bytes, int end, long asOf) {
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, end).position(HEAD);
        int from = HEAD;
        while (in.hasRemaining()) {
            int place = in.position();
            if (in.getLong() > asOf) {
                break;
            }
            from = place;
            skip(in);
        }
        return from;
    }

    private static ByteBuffer open(byte[] stored) {
        if (stored[0] != LAYOUT) {
            throw new IllegalStateException("state holds a profile of layout " + stored[0] + "; this release reads " + LAYOUT);
        }
        return ByteBuffer.wrap(stored).position(HEAD);
    }

    private static void put(ByteBuffer out, long at, byte[] text) {
        out.putLong(at).putInt(text == null ? -1 : text.length);
        if (text != null) {
            out.put(text);
        }
    }

    private static void skip(ByteBuffer in) {
        int length = in.getInt();
        in.position(in.position() + Math.max(0, length));
    }

    private static String facts(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return null;
        }
        String text = new String(in.array(), in.position(), length, StandardCharsets.ISO_8859_1);
        in.position(in.position() + length);
        return text;
    }
}
