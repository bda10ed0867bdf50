package io.rekindle.flink;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;

/** SHA-256 as the row contracts use it. */
public final class Digests {

    /**
     * The order in which names enter a digest: that of their code points, as UTF-8 bytes and most languages sort them. Java's own puts what
     * it stores as a surrogate pair before U+E000 to U+FFFF.
     */
    public static final Comparator<String> BY_CODE_POINT = Digests::byCodePoint;

    private Digests() {}

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) { // every Java platform must have it
            throw new IllegalStateException(impossible);
        }
    }

    private static int byCodePoint(String one, String other) {
        for (int i = 0; i < one.length() && i < other.length(); ) {
            int a = one.codePointAt(i);
            int b = other.codePointAt(i);
            if (a != b) {
                return Integer.compare(a, b);
            }
            i += Character.charCount(a);
        }
        return Integer.compare(one.length(), other.length());
    }

    public static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
