package io.rekindle.flink.catalog;

import io.rekindle.flink.InternalRowFunction;
import io.rekindle.flink.decode.OrderLines;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;

/**
 * SQL: {@code PRODUCT_ACTS(input => TABLE events, lines => '…', on_time => DESCRIPTOR(event_time))}: a row for each product an event is about,
 * as {@code READ_LINES} finds them. Keeps nothing.
 *
 * <p>It exists beside READ_LINES because the planner numbers its LATERAL joins: two triggers that read {@code interests} would differ in that
 * number alone, and so not share the state above it. Like all functions with {@code on_time} it drops late rows.
 */
public class ProductActs extends InternalRowFunction {

    private static final long serialVersionUID = 1L;

    private int product;
    private int event;
    private int device;
    private int user;
    private int properties;
    private String section;
    private transient OrderLines reader;

    public void eval(RowData input, String lines) {
        if (!input.isNullAt(product)) {
            emit(input.getString(product), input);
            return;
        }
        if (reader == null) {
            reader = new OrderLines(section);
        }
        for (OrderLines.Line line : reader.read(input.isNullAt(properties) ? null : input.getString(properties).toString())) {
            emit(StringData.fromString(line.productId()), input);
        }
    }

    private void emit(StringData id, RowData input) {
        collect(GenericRowData.of(id, text(input, event), text(input, device), text(input, user)));
    }

    private static StringData text(RowData row, int at) {
        return row.isNullAt(at) ? null : row.getString(at);
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        return new LinkedHashMap<>();
    }

    @Override
    protected StaticArgumentTrait semantics() {
        return StaticArgumentTrait.ROW_SEMANTIC_TABLE;
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.of(StaticArgumentTrait.REQUIRE_ON_TIME);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[] {StaticArgument.scalar("lines", DataTypes.STRING().notNull(), false)};
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(DataTypes.ROW(
                DataTypes.FIELD("product_id", DataTypes.STRING()),
                DataTypes.FIELD("event", DataTypes.STRING()),
                DataTypes.FIELD("device_id", DataTypes.STRING()),
                DataTypes.FIELD("user_id", DataTypes.STRING())));
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        ProductActs copy = new ProductActs();
        copy.product = column(call, input, "product_id");
        copy.event = column(call, input, "event");
        copy.device = column(call, input, "device_id");
        copy.user = column(call, input, "user_id");
        copy.properties = column(call, input, "properties");
        copy.section = literal(call, 1, String.class);
        return copy;
    }
}
