package io.rekindle.flink.activity;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;

/** Where the columns of the input are, and how a row of them becomes an {@link Action}. */
record ActivityColumns(
        int device, int event, int time, int arrival, int anonymousId, int userId, int behavioural, int productId, int name, int price,
        int quantity, int currency, int cartId, int value, int category, int query, int url, int referrer, int campaign, int lines,
        int previousId, int timezone, int locale)
        implements Serializable {

    static ActivityColumns of(ToIntFunction<String> at) {
        return new ActivityColumns(
                at.applyAsInt("device_id"), at.applyAsInt("event"), at.applyAsInt("event_time"), at.applyAsInt("arrival"),
                at.applyAsInt("anonymous_id"), at.applyAsInt("user_id"), at.applyAsInt("behavioural"), at.applyAsInt("product_id"),
                at.applyAsInt("name"), at.applyAsInt("price"), at.applyAsInt("quantity"), at.applyAsInt("currency"),
                at.applyAsInt("cart_id"), at.applyAsInt("value"), at.applyAsInt("category"), at.applyAsInt("query"), at.applyAsInt("url"),
                at.applyAsInt("referrer"), at.applyAsInt("campaign"), at.applyAsInt("lines"),
                at.applyAsInt("previous_id"), at.applyAsInt("timezone"), at.applyAsInt("locale"));
    }

    Action action(RowData row) {
        Action action = new Action();
        action.time = row.getTimestamp(time, 3).getMillisecond();
        action.arrival = row.getLong(arrival);
        action.kind = Action.Kind.of(row.getString(event).toString());
        action.userId = text(row, userId);
        action.pair = action.userId != null && !row.isNullAt(anonymousId);
        action.url = text(row, url);
        action.referrer = text(row, referrer);
        action.campaign = text(row, campaign);
        action.category = text(row, category);
        action.currency = text(row, currency);
        action.cartId = text(row, cartId);
        action.previousId = text(row, previousId);
        action.timezone = text(row, timezone);
        action.locale = text(row, locale);
        switch (action.kind) { // what no fold reads is not kept
            case PRODUCTS_SEARCHED -> action.query = text(row, query);
            case PRODUCT_VIEWED -> action.productId = text(row, productId);
            case PRODUCT_ADDED, PRODUCT_REMOVED, CART_VIEWED, ORDER_COMPLETED -> {
                action.productId = text(row, productId);
                action.name = text(row, name);
                action.price = amount(row, price);
                action.quantity = row.isNullAt(quantity) ? null : row.getInt(quantity);
                action.value = amount(row, value);
                action.lines = action.kind == Action.Kind.ORDER_COMPLETED || row.isNullAt(lines) ? null : lines(row.getArray(lines));
            }
            default -> { }
        }
        return action;
    }

    private static List<Line> lines(ArrayData array) {
        List<Line> lines = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            RowData line = array.getRow(i, 4);
            lines.add(new Line(text(line, 0), text(line, 1), amount(line, 2), line.isNullAt(3) ? null : line.getInt(3)));
        }
        return lines;
    }

    private static String text(RowData row, int at) {
        return row.isNullAt(at) ? null : row.getString(at).toString();
    }

    private static BigDecimal amount(RowData row, int at) {
        DecimalData amount = row.isNullAt(at) ? null : row.getDecimal(at, 18, 2);
        return amount == null ? null : amount.toBigDecimal();
    }
}
