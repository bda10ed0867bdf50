package io.rekindle.flink.decode;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** One JSON value of a line: what the decoder needs of it and no more. */
final class Node {

    enum Kind { OBJECT, ARRAY, STRING, NUMBER, BOOLEAN, NULL }

    static final Node NULL = new Node(Kind.NULL, null);

    final Kind kind;
    /** Of a scalar: its text; a number's as written. */
    final String text;
    /** Names of an object's fields, beside {@link #children}; unused for an array. */
    String[] names = NO_NAMES;
    Node[] children = NO_NODES;
    int size;
    /** Where an object or array stands in the line, in bytes; the end is exclusive. */
    int start;
    int end;
    /** Equal for equal content, whatever the order of an object's fields. */
    long hash;

    /** Place by name, of an object with so many fields that looking through them for each would take seconds. */
    private Map<String, Integer> places;

    private static final int FEW = 64;
    private static final String[] NO_NAMES = {};
    private static final Node[] NO_NODES = {};

    Node(Kind kind, String text) {
        this.kind = kind;
        this.text = text;
    }

    boolean isNull() {
        return kind == Kind.NULL;
    }

    /** Adds an element, or a field; of two fields of one name the later counts, as everywhere in JSON. */
    void add(String name, Node child) {
        int known = name == null ? -1 : find(name);
        if (known >= 0) {
            children[known] = child;
            return;
        }
        if (size == children.length) {
            children = Arrays.copyOf(children, size == 0 ? 8 : 2 * size);
            if (name != null) {
                names = Arrays.copyOf(names, children.length);
            }
        }
        if (name != null) {
            names[size] = name;
            if (places != null) {
                places.put(name, size);
            }
        }
        children[size++] = child;
    }

    /** Place of a field, -1 when there is none. */
    private int find(String name) {
        if (places == null && size > FEW) {
            places = new HashMap<>();
            for (int i = 0; i < size; i++) {
                places.put(names[i], i);
            }
        }
        if (places != null) {
            return places.getOrDefault(name, -1);
        }
        for (int i = 0; i < size; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /** The field of that name; {@link #NULL} when there is none. */
    Node get(String name) {
        int place = kind == Kind.OBJECT ? find(name) : -1;
        return place < 0 ? NULL : children[place];
    }

    /** The first field of these names that is not null; {@link #NULL} when none is. */
    Node first(String... alternatives) {
        for (String name : alternatives) {
            Node node = get(name);
            if (!node.isNull()) {
                return node;
            }
        }
        return NULL;
    }
}
