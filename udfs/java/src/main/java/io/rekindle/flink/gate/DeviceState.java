package io.rekindle.flink.gate;

import io.rekindle.flink.Texts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * Whose a device was when, and what waits for its person. Stored as bytes that begin with a version, so that a later release can read what
 * an earlier one left in a savepoint.
 */
final class DeviceState {

    private static final byte VERSION = 1;
    private static final long NEVER = Long.MIN_VALUE;

    /** The device is that person's from `at` on; null: nobody's (its row was erased). */
    static final class Pair {
        final long at;
        final String person;
        /** The watermark has passed it: whom it merges has been told. */
        boolean passed;

        Pair(long at, String person, boolean passed) {
            this.at = at;
            this.person = person;
            this.passed = passed;
        }
    }

    /** until: T + max_age. */
    record Candidate(String body, long firedAt, long decideAt, long until) {}

    static final class Cancel {
        final String body;
        final long at;
        final Long knownAt;
        /** The device had nobody at `at`: it has been told to the device, and waits for the first person. */
        boolean told;

        Cancel(String body, long at, Long knownAt, boolean told) {
            this.body = body;
            this.at = at;
            this.knownAt = knownAt;
            this.told = told;
        }
    }

    /** In order of time. */
    final List<Pair> pairs = new ArrayList<>();
    final List<Candidate> candidates = new ArrayList<>();
    final List<Cancel> cancels = new ArrayList<>();
    /** Time of the newest pair that was forgotten. */
    long forgotten = NEVER;

    boolean isEmpty() {
        return pairs.isEmpty() && candidates.isEmpty() && cancels.isEmpty();
    }

    /** A repeat changes nothing; of two pairs of one time the latter counts. */
    boolean add(Pair pair) {
        int place = 0;
        while (place < pairs.size() && pairs.get(place).at < pair.at) {
            place++;
        }
        if (place < pairs.size() && pairs.get(place).at == pair.at) {
            String known = pairs.get(place).person;
            if (pair.person == null ? known == null : pair.person.equals(known)) {
                return false;
            }
            pairs.set(place, pair);
        } else {
            pairs.add(place, pair);
        }
        return true;
    }

    /** The first that names a person, with a time in (after, until]; null if there is none. */
    Pair first(long after, long until) {
        for (Pair pair : pairs) {
            if (pair.at > until) {
                return null;
            }
            if (pair.at > after && pair.person != null) {
                return pair;
            }
        }
        return null;
    }

    /** The person as of that time; null if there was none. */
    String personAsOf(long at) {
        String person = null;
        for (Pair pair : pairs) {
            if (pair.at > at) {
                break;
            }
            person = pair.person;
        }
        return person;
    }

    /** Forgets pairs that nobody asks for as of `horizon` or later. */
    void prune(long horizon) {
        while (pairs.size() > 1 && pairs.get(1).at <= horizon && pairs.get(0).passed) {
            forgotten = Math.max(forgotten, pairs.remove(0).at);
        }
    }

    byte[] toBytes() {
        try {
            DataOutputSerializer out = new DataOutputSerializer(64 + 256 * candidates.size());
            out.writeByte(VERSION);
            out.writeLong(forgotten);
            out.writeInt(pairs.size());
            for (Pair pair : pairs) {
                out.writeLong(pair.at);
                out.writeBoolean(pair.passed);
                Texts.write(out, pair.person);
            }
            out.writeInt(candidates.size());
            for (Candidate candidate : candidates) {
                out.writeLong(candidate.firedAt);
                out.writeLong(candidate.decideAt);
                out.writeLong(candidate.until);
                Texts.write(out, candidate.body);
            }
            out.writeInt(cancels.size());
            for (Cancel cancel : cancels) {
                out.writeLong(cancel.at);
                out.writeLong(cancel.knownAt == null ? NEVER : cancel.knownAt);
                out.writeBoolean(cancel.told);
                Texts.write(out, cancel.body);
            }
            return out.getCopyOfBuffer();
        } catch (IOException impossible) { // memory has no I/O
            throw new UncheckedIOException(impossible);
        }
    }

    /** Null: a device never seen. */
    static DeviceState fromBytes(byte[] bytes) {
        DeviceState state = new DeviceState();
        if (bytes == null) {
            return state;
        }
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            byte version = in.readByte();
            if (version != VERSION) {
                throw new IllegalStateException("state holds a device of version " + version + "; this release reads " + VERSION);
            }
            state.forgotten = in.readLong();
            for (int left = in.readInt(); left > 0; left--) {
                long at = in.readLong();
                boolean passed = in.readBoolean();
                state.pairs.add(new Pair(at, Texts.read(in), passed));
            }
            for (int left = in.readInt(); left > 0; left--) {
                long firedAt = in.readLong();
                long decideAt = in.readLong();
                long until = in.readLong();
                state.candidates.add(new Candidate(Texts.read(in), firedAt, decideAt, until));
            }
            for (int left = in.readInt(); left > 0; left--) {
                long at = in.readLong();
                long knownAt = in.readLong();
                boolean told = in.readBoolean();
                state.cancels.add(new Cancel(Texts.read(in), at, knownAt == NEVER ? null : (Long) knownAt, told));
            }
            return state;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
