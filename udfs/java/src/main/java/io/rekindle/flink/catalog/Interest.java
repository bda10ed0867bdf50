package io.rekindle.flink.catalog;

import io.rekindle.flink.Texts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * What one device did about one product: when it last viewed, added and wished it, and what it did too recently to be settled.
 *
 * <p>Acts younger than the watermark are kept one by one, because a change that is still to come may lie between them; they are settled once
 * the watermark has passed. Stored as bytes that begin with a version.
 */
final class Interest {

    private static final byte VERSION = 1;

    enum Kind {
        /** An order is done with all of it; taking it off the wish list, with the wish. */
        VIEWED, ADDED, WISHED, UNWISHED, ORDERED;

        private static final Kind[] ALL = values();

        /** Null: the event says nothing of interest. */
        static Kind of(String event) {
            return switch (event) {
                case "Product Viewed" -> VIEWED;
                case "Product Added", "Wishlist Product Added to Cart" -> ADDED;
                case "Product Added to Wishlist" -> WISHED;
                case "Product Removed from Wishlist" -> UNWISHED;
                case "Order Completed" -> ORDERED;
                default -> null;
            };
        }
    }

    /** at: epoch ms. user: null when the event named nobody. */
    record Act(long at, Kind kind, String user) {}

    /** Epoch ms, 0 = never. */
    private long viewedAt;
    private long addedAt;
    private long wishedAt;
    /** The last person an act named. */
    private String user;
    private final List<Act> open = new ArrayList<>();

    /** Settles what lies at or before the watermark, then takes the act in. */
    void add(Act act, long watermark) {
        settle(watermark);
        open.add(act);
    }

    /** Of two acts of one instant the kind decides, not the order of arrival. */
    void settle(long until) {
        open.sort((a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : a.kind.compareTo(b.kind));
        int done = 0;
        while (done < open.size() && open.get(done).at <= until) {
            apply(open.get(done++));
        }
        open.subList(0, done).clear();
    }

    private void apply(Act act) {
        user = act.user == null ? user : act.user;
        switch (act.kind) {
            case VIEWED -> viewedAt = act.at;
            case ADDED -> addedAt = act.at;
            case WISHED -> wishedAt = act.at;
            case UNWISHED -> wishedAt = 0;
            case ORDERED -> viewedAt = addedAt = wishedAt = 0;
        }
    }

    /** The strongest interest shown since then: a wish before an add before a view. Null: none. Only what is settled counts. */
    Act strongest(long since) {
        if (wishedAt >= since && wishedAt > 0) {
            return new Act(wishedAt, Kind.WISHED, user);
        }
        if (addedAt >= since && addedAt > 0) {
            return new Act(addedAt, Kind.ADDED, user);
        }
        return viewedAt >= since && viewedAt > 0 ? new Act(viewedAt, Kind.VIEWED, user) : null;
    }

    /** Epoch ms of the newest act of interest, 0 when there is none: nothing needs to be kept. */
    long newest() {
        long newest = Math.max(viewedAt, Math.max(addedAt, wishedAt));
        for (Act act : open) {
            newest = Math.max(newest, act.at);
        }
        return newest;
    }

    byte[] toBytes(DataOutputSerializer out) {
        try {
            out.clear();
            out.writeByte(VERSION);
            out.writeLong(viewedAt);
            out.writeLong(addedAt);
            out.writeLong(wishedAt);
            Texts.write(out, user);
            out.writeInt(open.size());
            for (Act act : open) {
                out.writeLong(act.at);
                out.writeByte(act.kind.ordinal());
                Texts.write(out, act.user);
            }
            return out.getCopyOfBuffer();
        } catch (IOException impossible) { // memory has no I/O
            throw new UncheckedIOException(impossible);
        }
    }

    static Interest fromBytes(byte[] bytes) {
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            byte version = in.readByte();
            if (version != VERSION) {
                throw new IllegalStateException("state holds an interest of version " + version + "; this release reads " + VERSION);
            }
            Interest interest = new Interest();
            interest.viewedAt = in.readLong();
            interest.addedAt = in.readLong();
            interest.wishedAt = in.readLong();
            interest.user = Texts.read(in);
            for (int left = in.readInt(); left > 0; left--) {
                interest.open.add(new Act(in.readLong(), Kind.ALL[in.readByte()], Texts.read(in)));
            }
            return interest;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
