package io.rekindle.flink.gate;

import java.util.ArrayList;
import java.util.List;

/** People of one address: since when each has had it, and whether the others have been told. As text: {@code time id}, a line each. */
final class Housemates {

    private static final char TOLD = '+';

    final List<Long> since = new ArrayList<>(2);
    final List<String> ids = new ArrayList<>(2);
    final List<Boolean> told = new ArrayList<>(2);

    /** Null: an address never seen. */
    static Housemates of(String text) {
        Housemates all = new Housemates();
        if (text != null) {
            for (String line : text.split("\n")) {
                int space = line.indexOf(' ');
                boolean told = line.charAt(0) == TOLD;
                all.add(Long.parseLong(line.substring(told ? 1 : 0, space)), id(line.substring(space + 1)));
                all.told.set(all.told.size() - 1, told);
            }
        }
        return all;
    }

    void add(long at, String id) {
        since.add(at);
        ids.add(id);
        told.add(false);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ids.size(); i++) {
            text.append(i == 0 ? "" : "\n").append(told.get(i) ? "" + TOLD : "").append(since.get(i)).append(' ');
            text.append(ids.get(i).replace("\\", "\\\\").replace("\n", "\\n")); // an id may hold a line's end
        }
        return text.toString();
    }

    private static String id(String line) {
        if (line.indexOf('\\') < 0) {
            return line;
        }
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\') {
                c = line.charAt(++i) == 'n' ? '\n' : '\\';
            }
            id.append(c);
        }
        return id.toString();
    }
}
