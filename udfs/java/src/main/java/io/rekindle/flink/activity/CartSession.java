package io.rekindle.flink.activity;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of a device's actions without a gap and without a change of person (docs/carts.md).
 *
 * <p>Its facts also hold what is in no run but says something of the cart: who the device belongs to, and orders that came too late. Those lie
 * before its first action or between its actions.
 */
final class CartSession {

    final List<Action> facts = new ArrayList<>();
    private long first;
    private long last;
    private boolean holdsCartEvent;
    /** When the first action of another person follows it; else never. */
    private long othersAt = Long.MAX_VALUE;

    /** @param rest facts behind the last session */
    record Cut(List<CartSession> sessions, List<Action> rest) {}

    /** @param facts by time and arrival */
    static Cut cut(List<Action> facts, long gapMs, Whose before) {
        List<CartSession> sessions = new ArrayList<>();
        List<Action> between = new ArrayList<>();
        Whose whose = before.copy();
        CartSession session = null;
        boolean others = false;
        for (Action fact : facts) {
            others |= whose.meet(fact);
            between.add(fact);
            if (!fact.inCart) {
                continue;
            }
            if (session == null || others || fact.time - session.last > gapMs) {
                if (session != null && others) {
                    session.othersAt = fact.time;
                }
                session = new CartSession();
                session.first = fact.time;
                sessions.add(session);
            }
            session.last = fact.time;
            session.holdsCartEvent |= fact.kind.changesCart();
            session.facts.addAll(between);
            between.clear();
            others = false;
        }
        return new Cut(sessions, between);
    }

    long first() {
        return first;
    }

    long last() {
        return last;
    }

    boolean holdsCartEvent() {
        return holdsCartEvent;
    }

    /** Event time up to which nothing can be added to it any more, once it has ended. */
    long closes(long gapMs) {
        return Math.min(last + gapMs, othersAt - 1);
    }
}
