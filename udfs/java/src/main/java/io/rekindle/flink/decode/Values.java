package io.rekindle.flink.decode;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Scalars of the columns; null = cannot be read as that type. */
final class Values {

    private static final int ID_LENGTH = 256;
    private static final int TEXT_LENGTH = 2048;
    private static final int MAX_QUANTITY = 1_000_000;
    private static final int NUMBER_LENGTH = 1000;
    private static final int PLACES = 400;

    private Values() {}

    /** An id: text that is not blank, or an integer; at most 256 characters. */
    static String id(Node node) {
        String text = switch (node.kind) {
            case STRING -> strip(node.text);
            case NUMBER -> isInteger(node.text) ? node.text : "";
            default -> "";
        };
        return text.isEmpty() || text.codePointCount(0, text.length()) > ID_LENGTH ? null : text;
    }

    /** Text, a number or a boolean as text; longer text is cut. */
    static String text(Node node) {
        return switch (node.kind) {
            case STRING, NUMBER, BOOLEAN -> node.text.codePointCount(0, node.text.length()) <= TEXT_LENGTH
                    ? node.text
                    : node.text.substring(0, node.text.offsetByCodePoints(0, TEXT_LENGTH));
            default -> null;
        };
    }

    /** Money: a number or plain decimal text, not negative, rounded half up to 2 places, at most 16 digits before the point. */
    static BigDecimal amount(Node node) {
        BigDecimal number = number(node);
        if (number == null || number.signum() < 0 || number.signum() > 0 && number.precision() - number.scale() > 17) {
            return null;
        }
        BigDecimal rounded = number.setScale(2, RoundingMode.HALF_UP);
        return rounded.precision() > 18 ? null : rounded;
    }

    /** A whole number from 1 to 1,000,000. */
    static Integer quantity(Node node) {
        BigDecimal number = number(node);
        if (number == null || number.signum() <= 0 || number.precision() - number.scale() > 7) {
            return null;
        }
        BigDecimal whole = number.stripTrailingZeros();
        return whole.scale() > 0 || whole.compareTo(BigDecimal.valueOf(MAX_QUANTITY)) > 0 ? null : whole.intValueExact();
    }

    /**
     * What a JSON number says; null when it takes more than 1000 characters, or has more than 400 places before or after the point:
     * {@code 1e-999999999} is a valid number, and rounding it would need a billion digits.
     */
    static BigDecimal decimal(String number) {
        if (number.length() > NUMBER_LENGTH) {
            return null;
        }
        try {
            BigDecimal exact = new BigDecimal(number);
            return Math.abs((long) exact.scale()) > PLACES ? null : exact;
        } catch (NumberFormatException beyond) { // an exponent of eleven digits
            return null;
        }
    }

    /** Without blanks of any alphabet at both ends: {@link String#strip} leaves the no-break ones. */
    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c <= ' ' ? Character.isWhitespace(c) : c >= 0x85 && (c == 0x85 || Character.isSpaceChar(c));
    }

    private static BigDecimal number(Node node) {
        return switch (node.kind) {
            case NUMBER -> decimal(node.text);
            case STRING -> {
                String text = strip(node.text);
                yield isPlainDecimal(text) ? decimal(text) : null;
            }
            default -> null;
        };
    }

    private static boolean isPlainDecimal(String text) {
        int dot = -1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && dot < 0 && i > 0 && i < text.length() - 1) {
                dot = i;
            } else if (c < '0' || c > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isInteger(String number) {
        for (int i = number.charAt(0) == '-' ? 1 : 0; i < number.length(); i++) {
            if (number.charAt(i) < '0' || number.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }
}
