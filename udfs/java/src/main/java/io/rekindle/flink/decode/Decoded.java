package io.rekindle.flink.decode;

import io.rekindle.flink.activity.Line;
import java.util.ArrayList;
import java.util.List;

/** What a line said. With a {@link #reason} nothing else but {@link #raw} can be relied on. */
final class Decoded {

    static final String HEARTBEAT = "$heartbeat";

    final byte[] raw;
    String reason;
    Node root;
    String eventId;
    long content;
    String event;
    String deviceId;
    String anonymousId;
    String userId;
    String previousId;
    /** Epoch ms; {@link Times#NONE} = the Kafka record time counts. */
    long time = Times.NONE;
    /** {@code receivedAt} of the line, for a backtest; live the Kafka record time counts. */
    long receivedAt = Times.NONE;
    boolean behavioural;
    /** By position of the mapping's columns. */
    Object[] values;
    /** Null: the event names no list of products. */
    List<Line> lines;
    String properties;
    List<String> flags = List.of();

    Decoded(byte[] raw) {
        this.raw = raw;
    }

    void flag(String flag) {
        if (flags.isEmpty()) {
            flags = new ArrayList<>(2);
        }
        flags.add(flag);
    }
}
