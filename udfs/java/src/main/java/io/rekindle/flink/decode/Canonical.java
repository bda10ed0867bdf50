package io.rekindle.flink.decode;

import io.rekindle.flink.Digests;
import io.rekindle.flink.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/** Canonical JSON: keys sorted, no spaces, numbers as written, nothing escaped that need not be. */
final class Canonical {

    private Canonical() {}

    /** SHA-256 of a line without its receive-time fields: the id of an event that brings none. */
    static String sha256(Node root, boolean withoutTimestamp) {
        StringBuilder text = new StringBuilder(512);
        TreeMap<String, Node> fields = sorted(root);
        fields.remove("receivedAt");
        fields.remove("sentAt");
        if (withoutTimestamp) {
            fields.remove("timestamp");
        }
        write(fields, text);
        return Digests.hex(Digests.sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static TreeMap<String, Node> sorted(Node object) {
        TreeMap<String, Node> fields = new TreeMap<>(Digests.BY_CODE_POINT);
        for (int i = 0; i < object.size; i++) {
            fields.put(object.names[i], object.children[i]);
        }
        return fields;
    }

    private static void write(TreeMap<String, Node> fields, StringBuilder text) {
        String separator = "{";
        for (var field : fields.entrySet()) {
            text.append(separator);
            JsonText.quote(field.getKey(), text);
            text.append(':');
            write(field.getValue(), text);
            separator = ",";
        }
        text.append(fields.isEmpty() ? "{}" : "}");
    }

    private static void write(Node node, StringBuilder text) {
        switch (node.kind) {
            case OBJECT -> write(sorted(node), text);
            case ARRAY -> {
                text.append('[');
                for (int i = 0; i < node.size; i++) {
                    if (i > 0) {
                        text.append(',');
                    }
                    write(node.children[i], text);
                }
                text.append(']');
            }
            case STRING -> JsonText.quote(node.text, text);
            case NULL -> text.append("null");
            default -> text.append(node.text);
        }
    }
}
