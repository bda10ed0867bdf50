package io.rekindle.flink.gate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one control key said when. As text: {@code time value}, a line each; values are JSON objects in ASCII, which have no line ends. */
final class ControlHistory {

    private final TreeMap<Long, String> values = new TreeMap<>();

    private ControlHistory() {}

    /** Null: a key never seen. */
    static ControlHistory of(String text) {
        ControlHistory history = new ControlHistory();
        if (text != null) {
            for (String line : text.split("\n")) {
                int space = line.indexOf(' ');
                history.values.put(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
            }
        }
        return history;
    }

    /** False: it is known. Of two rows of one time the latter counts. */
    boolean add(long at, String value) {
        return !value.equals(values.put(at, value));
    }

    /** Forgets what nobody asks for as of that time or later. */
    void prune(long horizon) {
        Long first = values.floorKey(horizon);
        if (first != null) {
            values.headMap(first, false).clear();
            if (values.get(first).equals(ReadControl.DEFAULT)) {
                values.remove(first); // says what silence says
            }
        }
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        values.forEach((at, value) -> text.append(text.length() == 0 ? "" : "\n").append(at).append(' ').append(value));
        return text.toString();
    }

    /** {@code [[time, key, value], …]} by time, of each key those as of {@code asOf} and later; empty text when nothing was ever said. */
    static String json(Iterable<Map.Entry<String, String>> control, long asOf) {
        List<Map.Entry<Long, String>> found = new ArrayList<>();
        for (Map.Entry<String, String> entry : control) {
            TreeMap<Long, String> values = of(entry.getValue()).values;
            Long first = values.floorKey(asOf);
            String key = quoted(entry.getKey());
            (first == null ? values : values.tailMap(first)).forEach((at, value) -> found.add(Map.entry(at, "," + key + "," + value + "]")));
        }
        if (found.isEmpty()) {
            return "";
        }
        found.sort(Map.Entry.<Long, String>comparingByKey().thenComparing(Map.Entry.comparingByValue()));
        StringBuilder text = new StringBuilder("[");
        found.forEach(one -> text.append(text.length() > 1 ? "," : "").append('[').append(one.getKey()).append(one.getValue()));
        return text.append(']').toString();
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder();
        Ascii.quote(text, quoted);
        return quoted.toString();
    }
}
