package io.rekindle.flink.decode;

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

    private transient OrderLines reader;

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
        if (reader == null) {
            reader = new OrderLines(lines);
        }
        for (OrderLines.Line line : reader.read(properties)) {
            DecimalData amount = line.price() == null ? null : DecimalData.fromBigDecimal(line.price(), 18, 2);
            collect(GenericRowData.of(
                    StringData.fromString(line.productId()), StringData.fromString(line.name()), amount, line.quantity()));
        }
    }
}
