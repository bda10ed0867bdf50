package io.rekindle.flink.activity;

import io.rekindle.flink.Digests;
import io.rekindle.flink.IsoTime;
import io.rekindle.flink.JsonText;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The cart a run of actions leaves behind (semantics.md, section 2). */
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
    Long firstAddAt;
    int adds;
    int removes;
    String currency;
    String cartId;
    String userId;

    /** @param run by time and arrival */
    static Cart of(List<Action> run) {
        Cart cart = new Cart();
        for (Action action : run) {
            cart.userId = action.userId == null ? cart.userId : action.userId;
            cart.currency = action.currency == null ? cart.currency : action.currency;
            cart.cartId = action.cartId == null ? cart.cartId : action.cartId;
            cart.apply(action);
        }
        return cart;
    }

    static boolean isIn(List<Action> run) {
        return run.stream().anyMatch(action -> action.kind.changesCart());
    }

    private void apply(Action action) {
        switch (action.kind) {
            case PRODUCT_ADDED -> add(action);
            case PRODUCT_REMOVED -> remove(action);
            case CART_VIEWED -> replace(action);
            case ORDER_COMPLETED -> {
                ordersSeen++;
                open = false;
                items.clear();
            }
            default -> { } // browsing leaves the cart as it is
        }
    }

    private void add(Action action) {
        List<Line> lines = linesOf(action);
        if (lines.isEmpty()) {
            return;
        }
        openAt(action.time);
        adds++;
        for (Line line : lines) {
            put(items.computeIfAbsent(line.productId(), product -> new Item()), line);
        }
    }

    private void remove(Action action) {
        if (!open) {
            return;
        }
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
        openAt(action.time);
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

    private void openAt(long time) {
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
}
