package io.rekindle.flink;

import java.util.Collection;

/** JSON text as Python's {@code json.dumps(…, ensure_ascii=False)} writes it, so that tools agree with the jobs. */
public final class JsonText {

    private JsonText() {}

    /** Appends a string in quotes, or {@code null}. */
    public static void quote(String value, StringBuilder text) {
        if (value == null) {
            text.append("null");
            return;
        }
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                default -> {
                    if (c < 0x20) {
                        text.append(String.format("\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    /** An array of strings. */
    public static String array(Collection<String> values) {
        StringBuilder text = new StringBuilder("[");
        for (String value : values) {
            if (text.length() > 1) {
                text.append(',');
            }
            quote(value, text);
        }
        return text.append(']').toString();
    }
}
