package io.rekindle.flink;

import java.nio.charset.StandardCharsets;

/** Which partition of a topic a key lands in, as Kafka's own default partitioner decides it. */
final class Partitions {

    private Partitions() {}

    /** Partition of a UTF-8 key in a topic of {@code partitions} partitions. */
    static int of(String key, int partitions) {
        return (murmur2(key.getBytes(StandardCharsets.UTF_8)) & 0x7fffffff) % partitions;
    }

    /**
     * A heartbeat key that Kafka puts into {@code partition}: {@code $hb-<partition>-<salt>}, the smallest salt that fits. A SQL sink
     * cannot name a partition, and twelve naive keys once missed one of four.
     */
    static String heartbeatKey(int partition, int partitions) {
        for (int salt = 0; ; salt++) {
            String key = "$hb-" + partition + "-" + salt;
            if (of(key, partitions) == partition) {
                return key;
            }
        }
    }

    /** Murmur2 with Kafka's seed; source: org.apache.kafka.common.utils.Utils, restated so that no shaded class is named here. */
    private static int murmur2(byte[] data) {
        final int m = 0x5bd1e995;
        final int length = data.length;
        int h = 0x9747b28c ^ length;
        int i = 0;
        for (; i + 4 <= length; i += 4) {
            int k = (data[i] & 0xff) | (data[i + 1] & 0xff) << 8 | (data[i + 2] & 0xff) << 16 | (data[i + 3] & 0xff) << 24;
            k *= m;
            k ^= k >>> 24;
            h = (h * m) ^ (k * m);
        }
        for (int shift = 8 * (length - i - 1), last = length - 1; shift >= 0; shift -= 8, last--) {
            h ^= (data[last] & 0xff) << shift;
        }
        if (i < length) {
            h *= m;
        }
        h ^= h >>> 13;
        h *= m;
        return h ^ h >>> 15;
    }
}
