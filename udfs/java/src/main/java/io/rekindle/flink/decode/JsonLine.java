package io.rekindle.flink.decode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadConstraints;

/** Reads exactly one strict JSON value out of UTF-8 bytes. */
final class JsonLine {

    /** Deeper is refused: recursion must end before the stack does. Long numbers and names are no concern, a line is short. */
    private static final int DEPTH = 1000;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();
    private static final long SEED = 0x9E3779B97F4A7C15L;

    private JsonLine() {}

    /** The value, or null when the bytes are not exactly one JSON value in UTF-8. */
    static Node parse(byte[] line) {
        if (!isUtf8(line)) {
            return null;
        }
        try (JsonParser parser = FACTORY.createParser(line)) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                return null;
            }
            Node root = value(parser, token);
            return parser.nextToken() == null ? root : null;
        } catch (IOException notJson) {
            return null;
        }
    }

    private static Node value(JsonParser parser, JsonToken token) throws IOException {
        switch (token) {
            case START_OBJECT:
                return object(parser);
            case START_ARRAY:
                return array(parser);
            case VALUE_STRING:
                return scalar(Node.Kind.STRING, parser.getText(), 1);
            case VALUE_NUMBER_INT:
            case VALUE_NUMBER_FLOAT:
                return scalar(Node.Kind.NUMBER, parser.getText(), 2);
            case VALUE_TRUE:
            case VALUE_FALSE:
                return scalar(Node.Kind.BOOLEAN, parser.getText(), 3);
            default:
                return Node.NULL;
        }
    }

    private static Node scalar(Node.Kind kind, String text, int salt) {
        Node node = new Node(kind, text);
        node.hash = mix(textHash(text, SEED * salt));
        return node;
    }

    private static long textHash(String text, long seed) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = hash * 0x100000001B3L + text.charAt(i);
        }
        return hash;
    }

    private static Node object(JsonParser parser) throws IOException {
        Node node = new Node(Node.Kind.OBJECT, null);
        node.start = (int) parser.currentTokenLocation().getByteOffset();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            node.add(name, value(parser, parser.nextToken()));
        }
        node.end = (int) parser.currentLocation().getByteOffset();
        node.hash = fieldsHash(node);
        return node;
    }

    private static Node array(JsonParser parser) throws IOException {
        Node node = new Node(Node.Kind.ARRAY, null);
        node.start = (int) parser.currentTokenLocation().getByteOffset();
        long hash = SEED * 5;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            Node child = value(parser, token);
            node.add(null, child);
            hash = mix(hash + child.hash);
        }
        node.end = (int) parser.currentLocation().getByteOffset();
        node.hash = hash;
        return node;
    }

    /** A sum, so that the order of fields does not count; fields named in {@code without} do not count either. */
    static long fieldsHash(Node object, String... without) {
        long hash = SEED * 7;
        for (int i = 0; i < object.size; i++) {
            if (!contains(without, object.names[i])) {
                hash += mix(object.children[i].hash * 31 + mix(textHash(object.names[i], SEED)));
            }
        }
        return mix(hash);
    }

    private static boolean contains(String[] names, String name) {
        for (String one : names) {
            if (one.equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** The finalizer of MurmurHash3, 64 bit. */
    private static long mix(long hash) {
        hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
        hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
        return hash ^ hash >>> 33;
    }

    /** Jackson would guess UTF-16 and skip a byte order mark: neither is what the contract says a line is. */
    private static boolean isUtf8(byte[] line) {
        boolean ascii = true;
        for (byte one : line) {
            if (one == 0) {
                return false;
            }
            ascii &= one > 0;
        }
        if (ascii) {
            return true;
        }
        if (line.length > 2 && line[0] == (byte) 0xEF && line[1] == (byte) 0xBB && line[2] == (byte) 0xBF) {
            return false;
        }
        try {
            StandardCharsets.UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(line));
            return true;
        } catch (CharacterCodingException notUtf8) {
            return false;
        }
    }
}
