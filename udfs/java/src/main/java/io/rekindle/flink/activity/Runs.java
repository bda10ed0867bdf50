package io.rekindle.flink.activity;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Cuts a device's actions where nothing happened for longer than a gap. */
final class Runs {

    private Runs() {}

    /**
     * Maximal runs in which neighbours are at most {@code gapMs} apart.
     *
     * @param actions by time
     * @param counts which of them take part
     */
    static List<List<Action>> of(List<Action> actions, long gapMs, Predicate<Action> counts) {
        List<List<Action>> runs = new ArrayList<>();
        List<Action> run = null;
        long last = 0;
        for (Action action : actions) {
            if (!counts.test(action)) {
                continue;
            }
            if (run == null || action.time - last > gapMs) {
                run = new ArrayList<>();
                runs.add(run);
            }
            run.add(action);
            last = action.time;
        }
        return runs;
    }

    static long first(List<Action> run) {
        return run.get(0).time;
    }

    static long last(List<Action> run) {
        return run.get(run.size() - 1).time;
    }
}
