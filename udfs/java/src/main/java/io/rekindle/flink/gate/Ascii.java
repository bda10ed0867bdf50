package io.rekindle.flink.gate;

/** JSON strings in ASCII alone: one byte a character in state, and no text that a reader could take for broken Unicode. */
final class Ascii {

    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Ascii() {}

    /** Appends a string in quotes, or {@code null}. Half a surrogate pair becomes U+FFFD: it is no text. */
    static void quote(String value, StringBuilder text) {
        if (value == null) {
            text.append("null");
            return;
        }
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                text.append(c);
            } else if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (!Character.isSurrogate(c)) {
                escape(c, text);
            } else if (Character.isHighSurrogate(c) && i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))) {
                escape(c, text);
                escape(value.charAt(++i), text);
            } else {
                escape('\ufffd', text);
            }
        }
        text.append('"');
    }

    /** JSON text with all that is not ASCII escaped; null if it holds half a surrogate pair. */
    static String escaped(String json) {
        StringBuilder text = new StringBuilder(json.length());
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c < 0x7f) {
                text.append(c);
            } else if (!Character.isSurrogate(c)) {
                escape(c, text);
            } else if (Character.isHighSurrogate(c) && i + 1 < json.length() && Character.isLowSurrogate(json.charAt(i + 1))) {
                escape(c, text);
                escape(json.charAt(++i), text);
            } else {
                return null;
            }
        }
        return text.toString();
    }

    private static void escape(char c, StringBuilder text) {
        text.append("\\u").append(HEX[c >>> 12]).append(HEX[c >>> 8 & 15]).append(HEX[c >>> 4 & 15]).append(HEX[c & 15]);
    }
}
