package io.rekindle.flink.gate;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;

/**
 * What the gate needs of a row of {@code profiles}, as compact JSON: email, timezone, country, suppressed, consent; nulls left out.
 *
 * <p>A value of another type than the contract says is none: no address, no consent. But anything in {@code suppressed} suppresses. A row
 * that cannot be read says nothing at all: what it replaced must not go on to count.
 */
final class ProfileFacts {

    static final String NOTHING = "{}";
    private static final JsonFactory JSON = new JsonFactory();

    /** JSON text of an object, ASCII. */
    String text = NOTHING;
    String email;

    private String timezone;
    private String country;
    private String suppressed;
    /** Purpose → JSON text. */
    private Map<String, String> consent;

    static ProfileFacts read(String row) {
        ProfileFacts facts = new ProfileFacts();
        try (JsonParser parser = JSON.createParser(row)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                facts.columns(parser);
                facts.text = facts.json();
                return facts;
            }
        } catch (IOException unreadable) {
            // as if it were empty
        }
        return new ProfileFacts();
    }

    private void columns(JsonParser parser) throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "email" -> email = string(parser, token);
                case "timezone" -> timezone = string(parser, token);
                case "country" -> country = string(parser, token);
                case "suppressed" -> suppressed = anything(parser, token);
                case "consent" -> consent = purposes(parser, token);
                default -> parser.skipChildren();
            }
        }
        whole(parser);
    }

    private static String string(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_STRING) {
            return parser.getText();
        }
        parser.skipChildren();
        return null;
    }

    private static String anything(JsonParser parser, JsonToken token) throws IOException {
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (token.isScalarValue()) {
            return parser.getText();
        }
        parser.skipChildren();
        return "unreadable";
    }

    private static Map<String, String> purposes(JsonParser parser, JsonToken token) throws IOException {
        if (token != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return null;
        }
        Map<String, String> found = new LinkedHashMap<>();
        for (String purpose = parser.nextFieldName(); purpose != null; purpose = parser.nextFieldName()) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                found.put(purpose, consent(parser));
            } else {
                parser.skipChildren();
                found.remove(purpose);
            }
        }
        whole(parser);
        return found.isEmpty() ? null : found;
    }

    private static String consent(JsonParser parser) throws IOException {
        Boolean granted = null;
        Long version = null;
        String source = null;
        String at = null;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case "granted" -> granted = token.isBoolean() ? token == JsonToken.VALUE_TRUE : nothing(parser);
                case "version" -> version = token == JsonToken.VALUE_NUMBER_INT && fits(parser) ? (Long) parser.getLongValue() : nothing(parser);
                case "source" -> source = string(parser, token);
                case "at" -> at = string(parser, token);
                default -> parser.skipChildren();
            }
        }
        whole(parser);
        Fields fields = new Fields();
        fields.raw("granted", granted).raw("version", version).string("source", source).string("at", at);
        return fields.end();
    }

    /** A number beyond 64 bits is no version. */
    private static boolean fits(JsonParser parser) throws IOException {
        return parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    }

    /** Passes over a value of a wrong type. */
    private static <T> T nothing(JsonParser parser) throws IOException {
        parser.skipChildren();
        return null;
    }

    /** A text that is cut off has no end of its object: it cannot be read. */
    private static void whole(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw new IOException("not an object");
        }
    }

    private String json() {
        Fields fields = new Fields();
        fields.string("email", email).string("timezone", timezone).string("country", country).string("suppressed", suppressed);
        if (consent != null) {
            Fields purposes = new Fields();
            consent.forEach(purposes::raw);
            fields.raw("consent", purposes.end());
        }
        return fields.end();
    }

    /** An object being written; null is left out. */
    private static final class Fields {

        private final StringBuilder text = new StringBuilder(192).append('{');

        Fields string(String name, String value) {
            if (value != null) {
                Ascii.quote(value, name(name));
            }
            return this;
        }

        Fields raw(String name, Object value) {
            if (value != null) {
                name(name).append(value);
            }
            return this;
        }

        private StringBuilder name(String name) {
            if (text.length() > 1) {
                text.append(',');
            }
            Ascii.quote(name, text);
            return text.append(':');
        }

        String end() {
            return text.append('}').toString();
        }
    }
}
