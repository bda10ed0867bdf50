package io.rekindle.flink.activity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/**
 * What is kept of an event until its session closes. Stored as bytes that begin with a version, so that a later release can read what an
 * earlier one left in a savepoint.
 */
final class Action implements Comparable<Action> {

    /** 2 has three texts more; what 1 left reads as if they were absent. */
    private static final byte VERSION = 2;
    private static final int TEXTS = 15;

    enum Kind {
        OTHER, PAGE_VIEWED, PRODUCT_VIEWED, PRODUCTS_SEARCHED, LIST_FILTERED, PRODUCT_ADDED, PRODUCT_REMOVED, CART_VIEWED, ORDER_COMPLETED;

        private static final Kind[] ALL = values();

        static Kind of(String event) {
            return switch (event) {
                case "Page Viewed", "Screen Viewed" -> PAGE_VIEWED;
                case "Product Viewed" -> PRODUCT_VIEWED;
                case "Products Searched" -> PRODUCTS_SEARCHED;
                case "Product List Filtered" -> LIST_FILTERED;
                case "Product Added" -> PRODUCT_ADDED;
                case "Product Removed" -> PRODUCT_REMOVED;
                case "Cart Viewed" -> CART_VIEWED;
                case "Order Completed" -> ORDER_COMPLETED;
                default -> OTHER;
            };
        }

        boolean changesCart() {
            return ordinal() >= PRODUCT_ADDED.ordinal();
        }
    }

    /** The bytes it was read from; null for a new one. */
    byte[] stored;
    /** Event time, epoch ms. */
    long time;
    /** Position in the log: decides between equal times. */
    long arrival;
    Kind kind;
    boolean inSession;
    boolean inCart;
    /** The event says which person the device is. */
    boolean pair;
    /** An order that came too late for its cart session, but still says that what was in the cart is bought. */
    boolean lateOrder;
    /** Not stored: some cart session that has not ended needs it. */
    boolean waits;
    String userId;
    /** Who `userId` was before, when the event says so. */
    String previousId;
    String productId;
    String name;
    BigDecimal price;
    Integer quantity;
    String currency;
    String cartId;
    BigDecimal value;
    String category;
    String query;
    String url;
    String referrer;
    String campaign;
    String timezone;
    String locale;
    /** Products of an event that lists several; null when it lists none. */
    List<Line> lines;

    @Override
    public int compareTo(Action other) {
        int byTime = Long.compare(time, other.time);
        return byTime != 0 ? byTime : Long.compare(arrival, other.arrival);
    }

    /** Whether it comes behind that place in the device's history. */
    boolean isBehind(long otherTime, long otherArrival) {
        return time > otherTime || time == otherTime && arrival > otherArrival;
    }

    byte[] toBytes(DataOutputSerializer out) {
        try {
            out.clear();
            out.writeByte(VERSION);
            out.writeByte(kind.ordinal());
            out.writeByte((inSession ? 1 : 0) | (inCart ? 2 : 0) | (pair ? 4 : 0) | (lateOrder ? 8 : 0));
            out.writeLong(time);
            out.writeLong(arrival);
            String[] texts = {
                userId, productId, name, currency, cartId, category, query, url, referrer, campaign, text(price), text(value), timezone, locale,
                previousId
            };
            int present = 0;
            for (int i = 0; i < texts.length; i++) {
                present |= texts[i] == null ? 0 : 1 << i;
            }
            out.writeShort(present | (lines == null ? 0 : 1 << TEXTS));
            for (String text : texts) {
                if (text != null) {
                    out.writeUTF(text);
                }
            }
            out.writeInt(quantity == null ? 0 : quantity);
            if (lines != null) {
                out.writeInt(lines.size());
                for (Line line : lines) {
                    line.write(out);
                }
            }
            return out.getCopyOfBuffer();
        } catch (IOException impossible) { // memory has no I/O
            throw new UncheckedIOException(impossible);
        }
    }

    static Action fromBytes(byte[] bytes) {
        try {
            DataInputDeserializer in = new DataInputDeserializer(bytes);
            byte version = in.readByte();
            if (version < 1 || version > VERSION) {
                throw new IllegalStateException("state holds an action of version " + version + "; this release reads 1 to " + VERSION);
            }
            Action action = new Action();
            action.stored = bytes;
            action.kind = Kind.ALL[in.readByte()];
            byte marks = in.readByte();
            action.inSession = (marks & 1) != 0;
            action.inCart = (marks & 2) != 0;
            action.pair = (marks & 4) != 0;
            action.lateOrder = (marks & 8) != 0;
            action.time = in.readLong();
            action.arrival = in.readLong();
            int present = in.readShort();
            String[] texts = new String[TEXTS];
            for (int i = 0; i < texts.length; i++) {
                texts[i] = (present & 1 << i) == 0 ? null : in.readUTF();
            }
            action.userId = texts[0];
            action.productId = texts[1];
            action.name = texts[2];
            action.currency = texts[3];
            action.cartId = texts[4];
            action.category = texts[5];
            action.query = texts[6];
            action.url = texts[7];
            action.referrer = texts[8];
            action.campaign = texts[9];
            action.price = texts[10] == null ? null : new BigDecimal(texts[10]);
            action.value = texts[11] == null ? null : new BigDecimal(texts[11]);
            action.timezone = texts[12];
            action.locale = texts[13];
            action.previousId = texts[14];
            int quantity = in.readInt();
            action.quantity = quantity == 0 ? null : quantity;
            if ((present & 1 << TEXTS) != 0) {
                int count = in.readInt();
                action.lines = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    action.lines.add(Line.read(in));
                }
            }
            return action;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static String text(BigDecimal amount) {
        return amount == null ? null : amount.toPlainString();
    }
}
