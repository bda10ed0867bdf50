package io.rekindle.flink.decode;

import io.rekindle.flink.activity.Line;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One line of {@code events.raw} to a {@link Decoded} event, a heartbeat, or a reason why not (semantics.md, section 1).
 *
 * <p>{@code ingest} and {@code quarantine} read through this same class, so a line is used by exactly one of them.
 */
final class EventDecoder {

    private final Mapping mapping;
    private final int maxBytes;
    private final boolean needsTime;
    private final Node[] found;
    private final int[] ranks;

    /** needsTime: no record time will stand in for a line without one. */
    EventDecoder(Mapping mapping, int maxBytes, boolean needsTime) {
        this.mapping = mapping;
        this.maxBytes = maxBytes;
        this.needsTime = needsTime;
        this.found = new Node[mapping.columns.size() + 1];
        this.ranks = new int[found.length];
    }

    Decoded decode(byte[] line) {
        Decoded event = new Decoded(line);
        event.reason = fill(event, line);
        return event;
    }

    private String fill(Decoded event, byte[] line) {
        if (line == null || line.length == 0) {
            return "not_json";
        }
        if (line.length > maxBytes) {
            return "too_large";
        }
        Node root = JsonLine.parse(line);
        if (root == null) {
            return "not_json";
        }
        if (root.kind != Node.Kind.OBJECT) {
            return "not_object";
        }
        event.root = root;
        Node name = root.get("event");
        if (name.kind == Node.Kind.STRING && Values.strip(name.text).equals(Decoded.HEARTBEAT)) {
            return heartbeat(event, root);
        }
        if (!identify(event, root)) {
            return "no_identity";
        }
        event.event = eventName(root, name);
        if (event.event == null) {
            return "no_event";
        }
        if (!setTime(event, root) || needsTime && event.time == Times.NONE) {
            return "no_time";
        }
        event.behavioural = mapping.isBehavioural(event.event);
        Node id = root.first("messageId", "message_id");
        String given = id.isNull() ? null : Values.id(id);
        boolean original = !root.get("originalTimestamp").isNull();
        event.content = JsonLine.fieldsHash(root, "receivedAt", "sentAt", original ? "timestamp" : "sentAt");
        event.eventId = given == null ? Canonical.sha256(root, original) : given;
        setColumns(event, root, line);
        return null;
    }

    private static String heartbeat(Decoded event, Node root) {
        event.event = Decoded.HEARTBEAT;
        event.deviceId = Values.id(root.get("anonymousId"));
        event.time = Times.parse(root.get("timestamp"));
        if (event.deviceId == null) {
            return "no_identity";
        }
        return event.time == Times.NONE ? "no_time" : null;
    }

    private static boolean identify(Decoded event, Node root) {
        Node device = root.first("anonymousId", "anonymous_id");
        Node user = root.first("userId", "user_id");
        event.anonymousId = Values.id(device);
        event.userId = Values.id(user);
        event.previousId = Values.id(root.first("previousId", "previous_id"));
        if (event.anonymousId == null && !device.isNull()) {
            event.flag("bad_device_id");
        }
        if (event.userId == null && !user.isNull()) {
            event.flag("bad_user_id");
        }
        event.deviceId = event.anonymousId != null ? event.anonymousId : event.userId != null ? "user:" + event.userId : null;
        return event.deviceId != null;
    }

    private String eventName(Node root, Node name) {
        String given = name.kind == Node.Kind.STRING ? Values.id(name) : null;
        if (given != null) {
            return mapping.canonical(given);
        }
        Node type = root.get("type");
        return type.kind != Node.Kind.STRING ? null : switch (Values.strip(type.text).toLowerCase(Locale.ROOT)) {
            case "page" -> "Page Viewed";
            case "screen" -> "Screen Viewed";
            case "identify" -> "Identified";
            case "alias" -> "Aliased";
            case "group" -> "Grouped";
            default -> null;
        };
    }

    /** False when the line names a time and none can be read; without any, the Kafka record time will count. */
    private static boolean setTime(Decoded event, Node root) {
        Node[] nodes = {root.get("timestamp"), root.get("originalTimestamp"), root.get("receivedAt"), root.get("sentAt")};
        long[] times = new long[nodes.length];
        boolean any = false;
        boolean bad = false;
        for (int i = 0; i < nodes.length; i++) {
            times[i] = nodes[i].isNull() ? Times.NONE : Times.parse(nodes[i]);
            any |= !nodes[i].isNull();
            bad |= !nodes[i].isNull() && times[i] == Times.NONE;
        }
        event.receivedAt = times[2];
        event.time = times[0] != Times.NONE ? times[0] : times[1] != Times.NONE ? times[1] : times[2];
        if (times[1] != Times.NONE && times[2] != Times.NONE && times[3] != Times.NONE) {
            long corrected = times[2] - (times[3] - times[1]);
            event.time = Times.isInRange(corrected) ? corrected : event.time;
            bad |= !Times.isInRange(corrected);
        }
        if (event.time != Times.NONE && bad) {
            event.flag("bad_time");
        }
        return event.time != Times.NONE || !any;
    }

    private void setColumns(Decoded event, Node root, byte[] line) {
        Arrays.fill(found, null);
        Arrays.fill(ranks, Integer.MAX_VALUE);
        walk(mapping.root, root);
        event.values = new Object[mapping.columns.size()];
        for (int i = 0; i < event.values.length; i++) {
            if (found[i] != null) {
                Mapping.Column column = mapping.columns.get(i);
                event.values[i] = value(column.type(), found[i], line);
                if (event.values[i] == null) {
                    event.flag(column.badFlag());
                }
            }
        }
        event.lines = found[event.values.length] == null ? null : lines(found[event.values.length]);
        Node properties = root.get("properties");
        if (properties.kind == Node.Kind.OBJECT) {
            event.properties = slice(properties, line);
        } else if (!properties.isNull()) {
            event.flag("bad_properties");
        }
    }

    private void walk(Mapping.Step step, Node node) {
        for (int i = 0; i < step.targets.length; i += 2) {
            int column = step.targets[i];
            if (step.targets[i + 1] < ranks[column]) {
                ranks[column] = step.targets[i + 1];
                found[column] = node;
            }
        }
        if (node.kind == Node.Kind.OBJECT) {
            for (int i = 0; i < node.size; i++) {
                Mapping.Step next = step.fields.get(node.names[i]);
                if (next != null && !node.children[i].isNull()) {
                    walk(next, node.children[i]);
                }
            }
        } else if (node.kind == Node.Kind.ARRAY && step.only != null && node.size == 1 && !node.children[0].isNull()) {
            walk(step.only, node.children[0]);
        }
    }

    private static Object value(Mapping.Type type, Node node, byte[] line) {
        return switch (type) {
            case TEXT -> Values.text(node);
            case AMOUNT -> Values.amount(node);
            case QUANTITY -> Values.quantity(node);
            case JSON -> node.kind == Node.Kind.OBJECT || node.kind == Node.Kind.ARRAY ? slice(node, line) : null;
        };
    }

    private List<Line> lines(Node array) {
        if (array.kind != Node.Kind.ARRAY) {
            return null;
        }
        List<Line> lines = new ArrayList<>(array.size);
        for (int i = 0; i < array.size; i++) {
            Node item = array.children[i];
            String product = Values.text(item.first(mapping.lineProduct));
            if (product != null) {
                lines.add(new Line(
                        product,
                        Values.text(item.first(mapping.lineName)),
                        Values.amount(item.first(mapping.linePrice)),
                        Values.quantity(item.first(mapping.lineQuantity))));
            }
        }
        return lines;
    }

    private static String slice(Node node, byte[] line) {
        return new String(line, node.start, node.end - node.start, StandardCharsets.UTF_8);
    }
}
