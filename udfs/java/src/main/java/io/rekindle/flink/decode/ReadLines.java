package io.rekindle.flink.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.TableFunction;

/**
 * SQL: {@code LATERAL TABLE(READ_LINES(product_id, name, price, quantity, properties, lines))}: the products a clean event is about, a row
 * each. An event with a {@code product_id} is about that one; of others the array in {@code properties} is read, found by {@code lines}: that
 * section of the mapping table, as JSON text.
 *
 * <p>{@code events} keeps the array only as text, and SQL's JSON functions know no fallback from one key to the next.
 */
@FunctionHint(
        output = @DataTypeHint(
                value = "ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>",
                bridgedTo = RowData.class))
public class ReadLines extends TableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private transient String read;
    private transient String[][] paths;
    /** Keys inside an element, by column. */
    private transient String[][] keys;

    public void eval(
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData product,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData name,
            @DataTypeHint(value = "DECIMAL(18, 2)", bridgedTo = DecimalData.class) DecimalData price,
            Integer quantity,
            String properties,
            String lines) {
        if (product != null) {
            collect(GenericRowData.of(product, name, price, quantity));
            return;
        }
        if (properties == null) {
            return;
        }
        configure(lines);
        Node root = JsonLine.parse(properties.getBytes(StandardCharsets.UTF_8));
        Node array = root == null ? Node.NULL : array(root);
        for (int i = 0; array.kind == Node.Kind.ARRAY && i < array.size; i++) {
            Node item = array.children[i];
            String id = Values.text(item.first(keys[0]));
            if (id != null) {
                collect(GenericRowData.of(
                        StringData.fromString(id),
                        StringData.fromString(Values.text(item.first(keys[1]))),
                        decimal(item.first(keys[2])),
                        Values.quantity(item.first(keys[3]))));
            }
        }
    }

    /** The array at the first path that leads to something. */
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

    private void configure(String lines) {
        if (lines.equals(read)) {
            return;
        }
        Node table = JsonLine.parse(lines.getBytes(StandardCharsets.UTF_8));
        keys = new String[][] {
            texts(table.get("product_id")), texts(table.get("name")), texts(table.get("price")), texts(table.get("quantity"))
        };
        Node all = table.get("paths");
        paths = new String[all.size][];
        for (int i = 0; i < all.size; i++) {
            String[] path = texts(all.children[i]);
            if (!path[0].equals("properties")) { // all that a clean event has kept of its line
                throw new IllegalArgumentException("mapping table: lines.paths must begin with 'properties'");
            }
            paths[i] = Arrays.copyOfRange(path, 1, path.length);
        }
        read = lines;
    }

    private static String[] texts(Node array) {
        String[] texts = new String[array.size];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = array.children[i].text;
        }
        return texts;
    }

    private static DecimalData decimal(Node node) {
        var amount = Values.amount(node);
        return amount == null ? null : DecimalData.fromBigDecimal(amount, 18, 2);
    }
}
