package io.rekindle.flink.activity;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;

/**
 * What {@code DEVICE_ACTIVITY} gives: one row type for all, told apart by {@code event}: {@code identity}, {@code cart}, {@code session},
 * or {@code $heartbeat}, which only passes through to say that its Kafka partition is there.
 */
final class ActivityRows {

    private static final int PRECISION = 18;
    private static final int SCALE = 2;
    private static final StringData HEARTBEAT = StringData.fromString("$heartbeat");
    private static final StringData IDENTITY = StringData.fromString("identity");
    private static final StringData CART = StringData.fromString("cart");
    private static final StringData SESSION = StringData.fromString("session");

    /** {@code ended_at} is the row's event time: the end of a cart or session, the {@code at} of an identity. */
    static final DataType TYPE = DataTypes.ROW(Stream.of(
                    DataTypes.FIELD("event", DataTypes.STRING()),
                    DataTypes.FIELD("ended_at", DataTypes.TIMESTAMP_LTZ(3)),
                    DataTypes.FIELD("user_id", DataTypes.STRING()),
                    DataTypes.FIELD("started_at", DataTypes.TIMESTAMP_LTZ(3)),
                    DataTypes.FIELD("last_at", DataTypes.TIMESTAMP_LTZ(3)),
                    DataTypes.FIELD("adds", DataTypes.INT()),
                    DataTypes.FIELD("orders", DataTypes.INT()),
                    // carts
                    DataTypes.FIELD("cart_id", DataTypes.STRING()),
                    DataTypes.FIELD("items", DataTypes.STRING()),
                    DataTypes.FIELD("item_count", DataTypes.INT()),
                    DataTypes.FIELD("total", DataTypes.DECIMAL(PRECISION, SCALE)),
                    DataTypes.FIELD("currency", DataTypes.STRING()),
                    DataTypes.FIELD("removes", DataTypes.INT()),
                    DataTypes.FIELD("first_add_at", DataTypes.TIMESTAMP_LTZ(3)),
                    DataTypes.FIELD("cart_hash", DataTypes.STRING()),
                    // sessions
                    DataTypes.FIELD("events", DataTypes.INT()),
                    DataTypes.FIELD("pages", DataTypes.INT()),
                    DataTypes.FIELD("product_views", DataTypes.INT()),
                    DataTypes.FIELD("products", DataTypes.STRING()),
                    DataTypes.FIELD("categories", DataTypes.STRING()),
                    DataTypes.FIELD("last_product_id", DataTypes.STRING()),
                    DataTypes.FIELD("searches", DataTypes.INT()),
                    DataTypes.FIELD("last_query", DataTypes.STRING()),
                    DataTypes.FIELD("filters", DataTypes.INT()),
                    DataTypes.FIELD("revenue", DataTypes.DECIMAL(PRECISION, SCALE)),
                    DataTypes.FIELD("campaign", DataTypes.STRING()),
                    DataTypes.FIELD("referrer", DataTypes.STRING()),
                    DataTypes.FIELD("landing_url", DataTypes.STRING()),
                    // both
                    DataTypes.FIELD("timezone", DataTypes.STRING()),
                    DataTypes.FIELD("locale", DataTypes.STRING()))
            .toArray(DataTypes.Field[]::new));

    private static final int WIDTH = DataType.getFieldCount(TYPE);

    private ActivityRows() {}

    static boolean isHeartbeat(StringData event) {
        return HEARTBEAT.equals(event);
    }

    static RowData heartbeat() {
        GenericRowData row = new GenericRowData(WIDTH);
        row.setField(0, HEARTBEAT);
        return row;
    }

    static RowData identity(String person, long at) {
        GenericRowData row = new GenericRowData(WIDTH);
        row.setField(0, IDENTITY);
        row.setField(1, time(at));
        row.setField(2, string(person));
        return row;
    }

    static RowData cart(CartSession session, Cart cart, String person, long end) {
        GenericRowData row = common(CART, session.first(), session.last(), end, person);
        row.setField(5, cart.adds);
        row.setField(6, cart.orders());
        row.setField(7, string(cart.cartId));
        row.setField(8, string(cart.itemsJson()));
        row.setField(9, cart.itemCount());
        row.setField(10, decimal(cart.total()));
        row.setField(11, string(cart.currency));
        row.setField(12, cart.removes);
        row.setField(13, cart.firstAddAt == null ? null : time(cart.firstAddAt));
        row.setField(14, string(cart.hash()));
        row.setField(28, string(cart.timezone));
        row.setField(29, string(cart.locale));
        return row;
    }

    static RowData session(List<Action> run, long end) {
        Session session = Session.of(run);
        GenericRowData row = common(SESSION, Runs.first(run), Runs.last(run), end, session.userId);
        row.setField(5, session.adds);
        row.setField(6, session.orders);
        row.setField(15, session.events);
        row.setField(16, session.pages);
        row.setField(17, session.productViews);
        row.setField(18, string(session.productsJson()));
        row.setField(19, string(session.categoriesJson()));
        row.setField(20, string(session.lastProductId));
        row.setField(21, session.searches);
        row.setField(22, string(session.lastQuery));
        row.setField(23, session.filters);
        row.setField(24, decimal(session.revenue));
        row.setField(25, string(session.campaign));
        row.setField(26, string(session.referrer));
        row.setField(27, string(session.landingUrl));
        row.setField(28, string(session.timezone));
        row.setField(29, string(session.locale));
        return row;
    }

    private static GenericRowData common(StringData kind, long first, long last, long end, String user) {
        GenericRowData row = new GenericRowData(WIDTH);
        row.setField(0, kind);
        row.setField(1, time(end));
        row.setField(2, string(user));
        row.setField(3, time(first));
        row.setField(4, time(last));
        return row;
    }

    private static StringData string(String text) {
        return text == null ? null : StringData.fromString(text);
    }

    private static TimestampData time(long millis) {
        return TimestampData.fromEpochMillis(millis);
    }

    private static DecimalData decimal(BigDecimal amount) {
        return DecimalData.fromBigDecimal(amount, PRECISION, SCALE);
    }
}
