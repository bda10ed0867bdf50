package io.rekindle.flink.decode;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The mapping table ({@code sql/ingest/mapping.yaml}, handed over as JSON text): which event names mean the same, and where a line holds
 * each column.
 */
final class Mapping {

    enum Type { TEXT, AMOUNT, QUANTITY, JSON }

    /** A column found by path. */
    record Column(String name, Type type, String badFlag) implements Serializable {}

    /** A step of the paths of all columns: walking a line down this tree once finds every column. */
    static final class Step {
        final Map<String, Step> fields = new HashMap<>();
        /** The way into an array that has exactly one element. */
        Step only;
        /** Pairs of (column, rank of the path: the lowest rank that is there counts). */
        int[] targets = {};

        void target(int column, int rank) {
            targets = java.util.Arrays.copyOf(targets, targets.length + 2);
            targets[targets.length - 2] = column;
            targets[targets.length - 1] = rank;
        }
    }

    private final Map<String, String> aliases = new HashMap<>();
    private final Set<String> notBehavioural = new HashSet<>();
    final List<Column> columns = new ArrayList<>();
    final Step root = new Step();
    /** Rank of the first path that leads to an array of products is column {@code columns.size()}. */
    final String[] lineProduct;
    final String[] lineName;
    final String[] linePrice;
    final String[] lineQuantity;

    Mapping(String json) {
        Node table = JsonLine.parse(json.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (table == null || table.kind != Node.Kind.OBJECT) {
            throw new IllegalArgumentException("option 'mapping' of format rekindle-event is not a JSON object");
        }
        Node names = table.get("aliases");
        for (int i = 0; i < names.size; i++) {
            aliases.put(names.names[i], names.children[i].text);
        }
        for (String name : texts(table.get("not_behavioural"))) {
            notBehavioural.add(name);
        }
        Node list = table.get("columns");
        for (int i = 0; i < list.size; i++) {
            Node column = list.children[i];
            String name = column.get("name").text;
            columns.add(new Column(name, Type.valueOf(column.get("type").text.toUpperCase(Locale.ROOT)), "bad_" + name));
            addPaths(column.get("paths"), i);
        }
        Node lines = table.get("lines");
        addPaths(lines.get("paths"), columns.size());
        lineProduct = texts(lines.get("product_id"));
        lineName = texts(lines.get("name"));
        linePrice = texts(lines.get("price"));
        lineQuantity = texts(lines.get("quantity"));
    }

    private void addPaths(Node paths, int column) {
        for (int rank = 0; rank < paths.size; rank++) {
            Step step = root;
            Node path = paths.children[rank];
            for (int i = 0; i < path.size; i++) {
                Node part = path.children[i];
                if (part.kind == Node.Kind.NUMBER) {
                    step.only = step.only == null ? new Step() : step.only;
                    step = step.only;
                } else {
                    step = step.fields.computeIfAbsent(part.text, name -> new Step());
                }
            }
            step.target(column, rank);
        }
    }

    private static String[] texts(Node array) {
        String[] texts = new String[array.size];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = array.children[i].text;
        }
        return texts;
    }

    /** The canonical name of an event; an unknown name is its own. */
    String canonical(String event) {
        String known = aliases.get(event);
        if (known == null) {
            known = aliases.get(event.toLowerCase(Locale.ROOT));
        }
        return known == null ? event : known;
    }

    boolean isBehavioural(String event) {
        return !notBehavioural.contains(event);
    }
}
