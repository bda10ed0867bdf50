package io.rekindle.flink.gate;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.types.Row;

/** Rows on their way to the gate's Python: what SQL selects, what the operators pass to one another, and what they give. Times are epoch ms. */
final class Step {

    static final int KIND = 0;
    /** The person, or the device that has none. */
    static final int ID = 1;
    static final int BODY = 2;
    /** D of a candidate, else the time of the fact. */
    static final int AT = 3;
    /** From when it counts, if that is not AT; t_p of a candidate that got its person late. */
    static final int KNOWN_AT = 4;
    /** T of a candidate. */
    static final int FIRED_AT = 5;
    /** T + max_age of a candidate: as long is its person watched. */
    static final int UNTIL = 6;
    /** Only in rows of SQL: nobody knows yet whose it is. */
    static final int ANONYMOUS = 7;

    static final String CANDIDATE = "candidate";
    static final String CANCEL = "cancel";
    static final String OUTCOME = "outcome";
    static final String IDENTITY = "identity";
    /** Somebody of this id has a profile from AT on. */
    static final String EXISTS = "exists";
    static final String PROFILE = "profile";
    static final String LINK = "link";
    static final String CONTROL = "control";

    static final TypeInformation<Row> TYPE = Types.ROW_NAMED(
            new String[] {"kind", "id", "body", "at", "known_at", "fired_at", "until"},
            Types.STRING, Types.STRING, Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG);

    /** What Python reads. */
    static final TypeInformation<Row> INPUT = Types.ROW_NAMED(
            new String[] {"kind", "person_id", "body", "at", "known_at", "facts"},
            Types.STRING, Types.STRING, Types.STRING, Types.LONG, Types.LONG, Types.STRING);

    private Step() {}

    static Row of(String kind, String id, String body, Long at) {
        return of(kind, id, body, at, null, null, null);
    }

    static Row of(String kind, String id, String body, Long at, Long knownAt, Long firedAt, Long until) {
        return Row.of(kind, id, body, at, knownAt, firedAt, until);
    }

    static Row input(String kind, String person, String body, Long at, Long knownAt, String facts) {
        return Row.of(kind, person, body, at, knownAt, facts);
    }

    static String text(Row row, int place) {
        return (String) row.getField(place);
    }

    static Long number(Row row, int place) {
        return (Long) row.getField(place);
    }

    /** Rows of one key keep no order among equal times; `ids` says who is linked. */
    static Row link(String id, String how, String one, String other, long at) {
        StringBuilder body = new StringBuilder("{\"how\":\"").append(how).append("\",\"ids\":[");
        Ascii.quote(one, body);
        body.append(',');
        Ascii.quote(other, body);
        return of(LINK, id, body.append("]}").toString(), at);
    }
}
