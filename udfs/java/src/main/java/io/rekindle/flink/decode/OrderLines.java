package io.rekindle.flink.decode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The products in the {@code properties} of a clean event that lists several, found by the mapping table's section {@code lines}. */
public final class OrderLines {

    /** quantity, price, name: null when absent or unreadable. */
    public record Line(String productId, String name, BigDecimal price, Integer quantity) {}

    private final String[][] paths;
    private final String[] product;
    private final String[] name;
    private final String[] price;
    private final String[] quantity;

    /** @param json the section as JSON text */
    public OrderLines(String json) {
        Node table = JsonLine.parse(json.getBytes(StandardCharsets.UTF_8));
        product = texts(table.get("product_id"));
        name = texts(table.get("name"));
        price = texts(table.get("price"));
        quantity = texts(table.get("quantity"));
        Node all = table.get("paths");
        paths = new String[all.size][];
        for (int i = 0; i < all.size; i++) {
            String[] path = texts(all.children[i]);
            if (!path[0].equals("properties")) { // all that a clean event has kept of its line
                throw new IllegalArgumentException("mapping table: lines.paths must begin with 'properties'");
            }
            paths[i] = Arrays.copyOfRange(path, 1, path.length);
        }
    }

    /** @param properties JSON text; null = none */
    public List<Line> read(String properties) {
        Node root = properties == null ? null : JsonLine.parse(properties.getBytes(StandardCharsets.UTF_8));
        Node array = root == null ? Node.NULL : array(root);
        List<Line> lines = new ArrayList<>();
        for (int i = 0; array.kind == Node.Kind.ARRAY && i < array.size; i++) {
            Node item = array.children[i];
            String id = Values.text(item.first(product));
            if (id != null) {
                lines.add(new Line(
                        id, Values.text(item.first(name)), Values.amount(item.first(price)), Values.quantity(item.first(quantity))));
            }
        }
        return lines;
    }

    /** What the first path leads to that leads to something. */
    private Node array(Node properties) {
        for (String[] path : paths) {
            Node node = properties;
            for (String step : path) {
                node = node.get(step);
            }
            if (!node.isNull()) {
                return node;
            }
        }
        return Node.NULL;
    }

    private static String[] texts(Node array) {
        String[] texts = new String[array.size];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = array.children[i].text;
        }
        return texts;
    }
}
