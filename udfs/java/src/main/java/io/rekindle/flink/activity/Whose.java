package io.rekindle.flink.activity;

import java.io.IOException;
import java.time.Duration;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** Whose a device is, by the last of its events that names somebody. */
final class Whose {

    /** A person who was last named before that is forgotten. */
    static final long MEMORY = Duration.ofDays(7).toMillis();

    private String person;
    private long at = Long.MIN_VALUE;
    private long arrival = Long.MIN_VALUE;

    Whose copy() {
        Whose copy = new Whose();
        copy.person = person;
        copy.at = at;
        copy.arrival = arrival;
        return copy;
    }

    /** Takes an event of the device. What lies before the last naming, or names nobody, says nothing.
     *
     * @return whether somebody else has come; who only goes by another id from now on (alias) is nobody else
     */
    boolean meet(Action action) {
        if (action.userId == null || !isNews(action)) {
            return false;
        }
        String before = personAt(action.time);
        person = action.userId;
        at = action.time;
        arrival = action.arrival;
        return before != null && !before.equals(person) && !before.equals(action.previousId);
    }

    boolean isNews(Action naming) {
        return naming.isBehind(at, arrival);
    }

    /** NULL: nobody was named in the seven days before. */
    String personAt(long time) {
        return person == null || time - at > MEMORY ? null : person;
    }

    boolean isKnown() {
        return person != null;
    }

    void forget() {
        person = null;
        at = Long.MIN_VALUE;
        arrival = Long.MIN_VALUE;
    }

    long namedAt() {
        return at;
    }

    void write(DataOutputSerializer out) throws IOException {
        out.writeUTF(person);
        out.writeLong(at);
        out.writeLong(arrival);
    }

    void read(DataInputDeserializer in) throws IOException {
        person = in.readUTF();
        at = in.readLong();
        arrival = in.readLong();
    }
}
