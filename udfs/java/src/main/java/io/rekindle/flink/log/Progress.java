package io.rekindle.flink.log;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** How far the readers of this JVM are. For a progress line: read from Python while a job runs, so plain statics and no metric. */
public final class Progress {

    private static volatile long rows;
    private static volatile long time = Long.MIN_VALUE;
    private static final List<String> CUT_OFF = new CopyOnWriteArrayList<>();

    private Progress() {}

    /** Before a run. */
    public static void reset() {
        rows = 0;
        time = Long.MIN_VALUE;
        CUT_OFF.clear();
    }

    /** Rows read so far. */
    public static long rows() {
        return rows;
    }

    /** The newest watermark of any reader, epoch ms; before the first {@code Long.MIN_VALUE}. */
    public static long time() {
        return time;
    }

    /** Files that end in the middle of a record or of their compression. */
    public static List<String> cutOff() {
        return CUT_OFF;
    }

    static void read(long count) {
        rows += count; // readers of several threads may lose a few: it is a progress line
    }

    static void reached(long newest) {
        if (newest > time) {
            time = newest;
        }
    }

    static void cutOff(String path) {
        CUT_OFF.add(path);
    }
}
