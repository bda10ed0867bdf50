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

    private static final byte VERSION = 1;

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
    String userId;
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
    /** Products of an event that lists several; null when it lists none. */
    List<Line> lines;

    @Override
    public int compareTo(Action other) {
        int byTime = Long.compare(time, other.time);
        return byTime != 0 ? byTime : Long.compare(arrival, other.arrival);
    }

    byte[] toBytes(DataOutputSerializer out) {
        try {
            out.clear();
            out.writeByte(VERSION);
            out.writeByte(kind.ordinal());
            out.writeByte((inSession ? 1 : 0) | (inCart ? 2 : 0) | (pair ? 4 : 0));
            out.writeLong(time);
            out.writeLong(arrival);
            String[] texts = {userId, productId, name, currency, cartId, category, query, url, referrer, campaign, text(price), text(value)};
            int present = 0;
            for (int i = 0; i < texts.length; i++) {
                present |= texts[i] == null ? 0 : 1 << i;
            }
            out.writeShort(present | (lines == null ? 0 : 1 << 15));
            for (String text : texts) {
                if (text != null) {
                    out.writeUTF(text);
                }
            }
            out.writeInt(quantity == null ? 0 : quantity);
            if (lines != null) {
                out.writeInt(lines.size());
                for (Line line : lines) {
                    out.writeUTF(line.productId());
                    out.writeBoolean(line.name() != null);
                    if (line.name() != null) {
                        out.writeUTF(line.name());
                    }
                    out.writeUTF(line.price() == null ? "" : text(line.price()));
                    out.writeInt(line.quantity() == null ? 0 : line.quantity());
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
            if (version != VERSION) {
                throw new IllegalStateException("state holds an action of version " + version + "; this release reads " + VERSION);
            }
            Action action = new Action();
            action.stored = bytes;
            action.kind = Kind.ALL[in.readByte()];
            byte marks = in.readByte();
            action.inSession = (marks & 1) != 0;
            action.inCart = (marks & 2) != 0;
            action.pair = (marks & 4) != 0;
            action.time = in.readLong();
            action.arrival = in.readLong();
            int present = in.readShort();
            String[] texts = new String[12];
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
            int quantity = in.readInt();
            action.quantity = quantity == 0 ? null : quantity;
            if ((present & 1 << 15) != 0) {
                int count = in.readInt();
                action.lines = new ArrayList<>(count);
                for (int i = 0; i < count; i++) {
                    action.lines.add(readLine(in));
                }
            }
            return action;
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static Line readLine(DataInputDeserializer in) throws IOException {
        String product = in.readUTF();
        String name = in.readBoolean() ? in.readUTF() : null;
        String price = in.readUTF();
        int quantity = in.readInt();
        return new Line(
                product, name, price.isEmpty() ? null : new BigDecimal(price), quantity == 0 ? null : quantity);
    }

    private static String text(BigDecimal amount) {
        return amount == null ? null : amount.toPlainString();
    }
}
