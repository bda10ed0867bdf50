package io.rekindle.flink.decode;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;

/** Times as producers write them, in epoch milliseconds. */
final class Times {

    /** What {@link #parse} returns for something that is no time. */
    static final long NONE = Long.MIN_VALUE;

    private static final long LATEST = 253_402_300_799_999L; // 9999-12-31T23:59:59.999Z
    private static final BigDecimal MILLIS_FROM = BigDecimal.valueOf(100_000_000_000L);

    private Times() {}

    /** ISO-8601 text ({@code 2026-03-01T10:30:00.123+02:00}, space for T, no zone = UTC) or an epoch number, from 1e11 on in milliseconds. */
    static long parse(Node node) {
        long time = switch (node.kind) {
            case STRING -> iso(Values.strip(node.text));
            case NUMBER -> epoch(node.text);
            default -> NONE;
        };
        return isInRange(time) ? time : NONE;
    }

    /** 1970 to 9999: Kafka takes no earlier record time, ISO text no later one. */
    static boolean isInRange(long time) {
        return time >= 0 && time <= LATEST;
    }

    private static long epoch(String text) {
        BigDecimal number = Values.decimal(text);
        if (number == null || number.signum() < 0 || number.signum() > 0 && number.precision() - number.scale() > 18) {
            return NONE;
        }
        return (number.compareTo(MILLIS_FROM) >= 0 ? number : number.movePointRight(3)).longValue();
    }

    private static long iso(String s) {
        int length = s.length();
        if (length < 16 || s.charAt(4) != '-' || s.charAt(7) != '-' || s.charAt(10) != 'T' && s.charAt(10) != ' ' || s.charAt(13) != ':') {
            return NONE;
        }
        int year = digits(s, 0, 4);
        int month = digits(s, 5, 7);
        int day = digits(s, 8, 10);
        int hour = digits(s, 11, 13);
        int minute = digits(s, 14, 16);
        int second = 0;
        int milli = 0;
        int at = 16;
        if (at < length && s.charAt(at) == ':') {
            second = digits(s, 17, 19);
            at = 19;
            if (at < length && s.charAt(at) == '.') {
                int from = ++at;
                for (; at < length && isDigit(s.charAt(at)); at++) {
                    if (at - from < 3) {
                        milli = milli * 10 + s.charAt(at) - '0';
                    }
                }
                if (at == from) {
                    return NONE;
                }
                for (int places = at - from; places < 3; places++) {
                    milli *= 10;
                }
            }
        }
        int offset = offsetMinutes(s, at);
        if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || offset == BAD) {
            return NONE;
        }
        try {
            long epochDay = LocalDate.of(year, month, day).toEpochDay();
            return ((epochDay * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000L + milli;
        } catch (DateTimeException noSuchDay) {
            return NONE;
        }
    }

    private static final int BAD = Integer.MIN_VALUE;

    private static int offsetMinutes(String s, int at) {
        int rest = s.length() - at;
        if (rest == 0 || rest == 1 && s.charAt(at) == 'Z') {
            return 0;
        }
        if (rest != 5 && rest != 6 || s.charAt(at) != '+' && s.charAt(at) != '-' || rest == 6 && s.charAt(at + 3) != ':') {
            return BAD;
        }
        int hours = digits(s, at + 1, at + 3);
        int minutes = digits(s, s.length() - 2, s.length());
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return BAD;
        }
        return s.charAt(at) == '-' ? -(hours * 60 + minutes) : hours * 60 + minutes;
    }

    /** -1 unless all of them are digits. */
    private static int digits(String s, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            if (i >= s.length() || !isDigit(s.charAt(i))) {
                return -1;
            }
            value = value * 10 + s.charAt(i) - '0';
        }
        return value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
