package io.rekindle.flink.activity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * What is known of a device's cart between two cart sessions: whose it is, what is left in it, and how far the device's history is told.
 * Stored as bytes that begin with a version.
 */
final class DeviceCart {

    private static final byte VERSION = 1;

    private final Whose whose = new Whose();
    private final Cart cart = new Cart();
    /** Place of the last action of a cart session that has ended. */
    private long toldAt = Long.MIN_VALUE;
    private long toldArrival = Long.MIN_VALUE;
    /** The timer that looks whether something is to be forgotten; 0 = none. */
    long timer;

    /** Whether the fact has not been told yet. closed: event time up to which all cart sessions have ended. */
    boolean isNews(Action action, long closed) {
        return action.inCart
                ? action.time > closed && action.isBehind(toldAt, toldArrival)
                : action.lateOrder || action.pair && whose.isNews(action);
    }

    CartSession.Cut cut(Iterable<Action> actions, long closed, long gapMs) {
        List<Action> facts = new ArrayList<>();
        for (Action action : actions) {
            if (isNews(action, closed)) {
                facts.add(action);
            }
        }
        return CartSession.cut(facts, gapMs, whose);
    }

    /** What is in the cart at the end of a session. memoryMs: what was not changed for longer before its first event is forgotten. */
    Cart tell(CartSession session, long memoryMs) {
        boolean begun = false;
        for (Action fact : session.facts) {
            if (fact.inCart && !begun) {
                begun = true;
                cart.begin(fact.time, memoryMs);
            }
            tell(fact);
            if (fact.inCart) {
                toldAt = fact.time;
                toldArrival = fact.arrival;
            }
        }
        return cart;
    }

    /** One fact; of a session, or behind all sessions. */
    void tell(Action fact) {
        if (whose.meet(fact)) {
            cart.clear();
        }
        if (fact.lateOrder) {
            cart.orderedBefore(fact.time);
        } else if (fact.inCart) {
            cart.take(fact);
        }
    }

    /** NULL when nobody is known. */
    String person(long at) {
        return whose.personAt(at);
    }

    /** Drops what says nothing to an event later than that. Event time; whoever calls knows that no earlier one waits. */
    void forget(long time, long memoryMs) {
        if (cart.isLeft() && time - cart.changedAt() > memoryMs) {
            cart.clear();
        }
        if (whose.isKnown() && time - whose.namedAt() > Whose.MEMORY) {
            whose.forget();
        }
    }

    /** When {@link #forget} will have something to do; never = the end of time. */
    long forgets(long memoryMs) {
        return Math.min(
                cart.isLeft() ? cart.changedAt() + memoryMs + 1 : Long.MAX_VALUE,
                whose.isKnown() ? whose.namedAt() + Whose.MEMORY + 1 : Long.MAX_VALUE);
    }

    /** NULL when there is nothing to keep. */
    byte[] toBytes(DataOutputSerializer out, long closed) {
        boolean isTold = toldAt <= closed;
        boolean isLeft = cart.isLeft();
        if (isTold && !isLeft && !whose.isKnown()) {
            return null;
        }
        try {
            out.clear();
            out.writeByte(VERSION);
            out.writeByte((whose.isKnown() ? 1 : 0) | (isTold ? 0 : 2) | (isLeft ? 4 : 0));
            out.writeLong(timer);
            if (whose.isKnown()) {
                whose.write(out);
            }
            if (!isTold) {
                out.writeLong(toldAt);
                out.writeLong(toldArrival);
            }
            if (isLeft) {
                cart.write(out);
            }
            return out.getCopyOfBuffer();
        } catch (IOException impossible) { // memory has no I/O
            throw new UncheckedIOException(impossible);
        }
    }

    /** @param bytes null for a device of which nothing is kept */
    static DeviceCart fromBytes(byte[] bytes) {
        DeviceCart found = new DeviceCart();
        if (bytes == null) {
            return found;
        }
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            byte version = in.readByte();
            if (version != VERSION) {
                throw new IllegalStateException("state holds a cart of version " + version + "; this release reads " + VERSION);
            }
            byte marks = in.readByte();
            found.timer = in.readLong();
            if ((marks & 1) != 0) {
                found.whose.read(in);
            }
            if ((marks & 2) != 0) {
                found.toldAt = in.readLong();
                found.toldArrival = in.readLong();
            }
            if ((marks & 4) != 0) {
                found.cart.read(in);
            }
            return found;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
