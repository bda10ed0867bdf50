package io.rekindle.flink.activity;

import io.rekindle.flink.Digests;
import io.rekindle.flink.IsoTime;
import io.rekindle.flink.JsonText;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/** A device's cart while its history is folded, one cart session after the other (semantics.md, section 2; docs/carts.md). */
final class Cart {

    /** One product of the cart. */
    private static final class Item {
        int quantity;
        String name;
        BigDecimal price;
    }

    private final Map<String, Item> items = new LinkedHashMap<>();
    private boolean open;
    private int ordersSeen;
    /** When it was last added to, taken from, or shown as a whole. */
    private long changedAt;
    Long firstAddAt;
    int adds;
    int removes;
    String currency;
    String cartId;
    String timezone;
    String locale;

    /** A cart session begins at that time. It takes over what was left, if that was changed at most {@code memoryMs} before. */
    void begin(long time, long memoryMs) {
        if (!isLeft() || time - changedAt > memoryMs) {
            clear();
        }
        ordersSeen = 0;
        adds = 0;
        removes = 0;
        timezone = null;
        locale = null;
    }

    /** There is no cart, and never was one. */
    void clear() {
        items.clear();
        open = false;
        ordersSeen = 0;
        firstAddAt = null;
        adds = 0;
        removes = 0;
        currency = null;
        cartId = null;
    }

    /** Whether there is something in it that the next session may take over. */
    boolean isLeft() {
        return open && !items.isEmpty();
    }

    long changedAt() {
        return changedAt;
    }

    void take(Action action) {
        currency = action.currency == null ? currency : action.currency;
        cartId = action.cartId == null ? cartId : action.cartId;
        timezone = action.timezone == null ? timezone : action.timezone;
        locale = action.locale == null ? locale : action.locale;
        switch (action.kind) {
            case PRODUCT_ADDED -> add(action);
            case PRODUCT_REMOVED -> remove(action);
            case CART_VIEWED -> replace(action);
            case ORDER_COMPLETED -> order();
            default -> { } // browsing leaves the cart as it is
        }
    }

    /** An order of that time came too late. What was added behind it cannot be told from what it bought: all of it counts as bought. */
    void orderedBefore(long time) {
        if (open && time >= firstAddAt) {
            order();
        }
    }

    private void order() {
        ordersSeen++;
        open = false;
        items.clear();
    }

    private void add(Action action) {
        List<Line> lines = linesOf(action);
        if (lines.isEmpty()) {
            return;
        }
        change(action.time);
        adds++;
        for (Line line : lines) {
            put(items.computeIfAbsent(line.productId(), product -> new Item()), line);
        }
    }

    private void remove(Action action) {
        if (!open) {
            return;
        }
        change(action.time);
        removes++;
        for (Line line : linesOf(action)) {
            Item item = items.get(line.productId());
            if (item != null) {
                item.quantity -= line.quantity() == null ? 1 : line.quantity();
                if (item.quantity <= 0) {
                    items.remove(line.productId());
                }
            }
        }
    }

    private void replace(Action action) {
        if (action.lines == null || !open && action.lines.isEmpty()) {
            return;
        }
        change(action.time);
        Map<String, Item> before = new LinkedHashMap<>(items);
        items.clear();
        for (Line line : action.lines) {
            put(items.computeIfAbsent(line.productId(), product -> {
                Item item = new Item();
                Item known = before.get(product);
                if (known != null) { // a snapshot may leave out what the add said
                    item.name = known.name;
                    item.price = known.price;
                }
                return item;
            }), line);
        }
    }

    private void change(long time) {
        changedAt = time;
        if (!open) {
            open = true;
            firstAddAt = time;
            adds = 0;
            removes = 0;
        }
    }

    private static void put(Item item, Line line) {
        item.quantity = (int) Math.min(Integer.MAX_VALUE, (long) item.quantity + (line.quantity() == null ? 1 : line.quantity()));
        item.name = line.name() == null ? item.name : line.name();
        item.price = line.price() == null ? item.price : line.price();
    }

    private static List<Line> linesOf(Action action) {
        if (action.lines != null) {
            return action.lines;
        }
        return action.productId == null
                ? List.of()
                : List.of(new Line(action.productId, action.name, action.price, action.quantity));
    }

    /** 0 while a cart is open: the orders before it belong to other carts. */
    int orders() {
        return open ? 0 : ordersSeen;
    }

    int itemCount() {
        return (int) Math.min(Integer.MAX_VALUE, items.values().stream().mapToLong(item -> item.quantity).sum());
    }

    BigDecimal total() {
        return items.values().stream()
                .filter(item -> item.price != null)
                .map(item -> item.price.multiply(BigDecimal.valueOf(item.quantity)))
                .reduce(BigDecimal.ZERO.setScale(2), BigDecimal::add);
    }

    String itemsJson() {
        List<String> texts = new ArrayList<>(items.size());
        items.forEach((product, item) -> {
            StringBuilder text = new StringBuilder("{\"product_id\":");
            JsonText.quote(product, text);
            text.append(",\"name\":");
            JsonText.quote(item.name, text);
            text.append(",\"quantity\":").append(item.quantity).append(",\"price\":");
            text.append(item.price == null ? "null" : item.price.toPlainString()).append('}');
            texts.add(text.toString());
        });
        return "[" + String.join(",", texts) + "]";
    }

    /** The occasion: another content, or a new cart after an order, is another hash. */
    String hash() {
        StringBuilder text = new StringBuilder(firstAddAt == null ? "" : IsoTime.text(firstAddAt));
        Map<String, Item> sorted = new TreeMap<>(Digests.BY_CODE_POINT);
        sorted.putAll(items);
        sorted.forEach((product, item) -> text.append('\n').append(product).append('\u001f').append(item.quantity));
        return Digests.hex(Digests.sha256().digest(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    void write(DataOutputSerializer out) throws IOException {
        out.writeLong(firstAddAt);
        out.writeLong(changedAt);
        out.writeByte((currency == null ? 0 : 1) | (cartId == null ? 0 : 2));
        if (currency != null) {
            out.writeUTF(currency);
        }
        if (cartId != null) {
            out.writeUTF(cartId);
        }
        out.writeInt(items.size());
        for (Map.Entry<String, Item> entry : items.entrySet()) {
            Item item = entry.getValue();
            new Line(entry.getKey(), item.name, item.price, item.quantity).write(out);
        }
    }

    void read(DataInputDeserializer in) throws IOException {
        open = true;
        firstAddAt = in.readLong();
        changedAt = in.readLong();
        byte marks = in.readByte();
        currency = (marks & 1) == 0 ? null : in.readUTF();
        cartId = (marks & 2) == 0 ? null : in.readUTF();
        for (int count = in.readInt(); count > 0; count--) {
            Line line = Line.read(in);
            put(items.computeIfAbsent(line.productId(), product -> new Item()), line);
        }
    }
}
