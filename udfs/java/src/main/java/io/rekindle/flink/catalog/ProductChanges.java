package io.rekindle.flink.catalog;

import io.rekindle.flink.InternalRowFunction;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.StaticArgument;
import org.apache.flink.table.types.inference.StaticArgumentTrait;

/**
 * SQL: {@code PRODUCT_CHANGES(input => TABLE versions PARTITION BY product_id, on_time => DESCRIPTOR(changed_at), uid => …)}: of all versions
 * of a product, those whose price or stock differs from the version before, with {@code price_before} and {@code stock_before}. The first
 * version is no change: nobody knows what was before it.
 *
 * <p>{@code LAG} cannot do it: versions of one millisecond are peers to an OVER window, and each would be compared with the last but one of
 * them (measured on 2.2.1). Here the order of the log decides. {@code on_time} gives the output its event time, and drops rows behind the
 * watermark: the topic's clock is made so that there are none (sql/tables/catalog_changes.sql).
 */
public class ProductChanges extends InternalRowFunction {

    private static final long serialVersionUID = 1L;
    private static final int PRECISION = 18;
    private static final int SCALE = 2;

    /** What the last version said. price: hundredths; null = it said nothing. */
    public static class Last {
        public boolean known;
        public long at;
        public Long price;
        public Integer stock;
    }

    private int time;
    private int price;
    private int stock;
    private transient GenericRowData before;

    public void eval(Last last, RowData input) {
        long at = input.getTimestamp(time, 3).getMillisecond();
        if (last.known && at < last.at) {
            return; // an older version, in a log whose times do not rise
        }
        Long newPrice = input.isNullAt(price) ? null : input.getDecimal(price, PRECISION, SCALE).toUnscaledLong();
        Integer newStock = input.isNullAt(stock) ? null : input.getInt(stock);
        boolean changed = last.known && !(equal(last.price, newPrice) && equal(last.stock, newStock));
        if (changed) {
            if (before == null) {
                before = new GenericRowData(2);
            }
            before.setField(0, last.price == null ? null : DecimalData.fromUnscaledLong(last.price, PRECISION, SCALE));
            before.setField(1, last.stock);
        }
        last.known = true;
        last.at = at;
        last.price = newPrice;
        last.stock = newStock;
        if (changed) {
            collect(before);
        }
    }

    private static boolean equal(Object one, Object other) {
        return one == null ? other == null : one.equals(other);
    }

    @Override
    protected LinkedHashMap<String, DataType> state(DataTypeFactory types) {
        LinkedHashMap<String, DataType> state = new LinkedHashMap<>();
        state.put("last", types.createDataType(Last.class));
        return state;
    }

    /** For good: a price may stay the same for years, and the next one is a change all the same. */
    @Override
    protected Optional<Duration> timeToLive(String state) {
        return Optional.of(Duration.ZERO);
    }

    @Override
    protected EnumSet<StaticArgumentTrait> traits() {
        return EnumSet.of(StaticArgumentTrait.PASS_COLUMNS_THROUGH, StaticArgumentTrait.REQUIRE_ON_TIME);
    }

    @Override
    protected StaticArgument[] scalars() {
        return new StaticArgument[0];
    }

    @Override
    protected Optional<DataType> outputType(CallContext call, DataType input) {
        return Optional.of(DataTypes.ROW(
                DataTypes.FIELD("price_before", DataTypes.DECIMAL(PRECISION, SCALE)), DataTypes.FIELD("stock_before", DataTypes.INT())));
    }

    @Override
    protected InternalRowFunction specialized(CallContext call, DataType input) {
        ProductChanges copy = new ProductChanges();
        copy.time = column(call, input, "changed_at");
        copy.price = column(call, input, "price");
        copy.stock = column(call, input, "stock");
        return copy;
    }
}
