package io.rekindle.flink.decode;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Scalars of the columns; null = cannot be read as that type. */
final class Values {

    private static final int ID_LENGTH = 256;
    private static final int TEXT_LENGTH = 2048;
    private static final int MAX_QUANTITY = 1_000_000;

    private Values() {}

    /** An id: text that is not blank, or an integer; at most 256 characters. */
    static String id(Node node) {
        String text = switch (node.kind) {
            case STRING -> node.text.strip();
            case NUMBER -> isInteger(node.text) ? node.text : "";
            default -> "";
        };
        return text.isEmpty() || text.length() > ID_LENGTH ? null : text;
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
        if (number == null || number.signum() < 0) {
            return null;
        }
        if (number.precision() - number.scale() > 17) {
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

    private static BigDecimal number(Node node) {
        if (node.kind == Node.Kind.STRING && !isPlainDecimal(node.text.strip()) || node.kind != Node.Kind.STRING && node.kind != Node.Kind.NUMBER) {
            return null;
        }
        BigDecimal number = new BigDecimal(node.text.strip());
        // 1e-999999999 is a valid JSON number, and rounding it would need a billion digits
        return Math.abs(number.scale()) > 400 ? null : number;
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
        return !text.isEmpty() && text.length() <= 40;
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
