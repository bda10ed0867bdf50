package io.rekindle.flink.activity;

import io.rekindle.flink.JsonText;
import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a device did in one session (semantics.md, sections 2 and 9). */
final class Session {

    private static final int LISTED = 50;

    private final Set<String> products = new LinkedHashSet<>();
    private final Set<String> categories = new LinkedHashSet<>();
    int events;
    int pages;
    int productViews;
    int searches;
    int filters;
    int adds;
    int orders;
    BigDecimal revenue = BigDecimal.ZERO.setScale(2);
    String userId;
    String lastProductId;
    String lastQuery;
    String campaign;
    String referrer;
    String landingUrl;
    String timezone;
    String locale;

    /** @param run by time and arrival */
    static Session of(List<Action> run) {
        Session session = new Session();
        run.forEach(session::add);
        return session;
    }

    private void add(Action action) {
        events++;
        switch (action.kind) {
            case PAGE_VIEWED -> pages++;
            case PRODUCT_VIEWED -> {
                productViews++;
                if (action.productId != null) {
                    lastProductId = action.productId;
                    note(products, action.productId);
                }
            }
            case PRODUCTS_SEARCHED -> {
                searches++;
                lastQuery = action.query == null ? lastQuery : action.query;
            }
            case LIST_FILTERED -> filters++;
            case PRODUCT_ADDED -> adds++;
            case ORDER_COMPLETED -> {
                orders++;
                revenue = action.value == null ? revenue : revenue.add(action.value);
            }
            default -> { } // counted, and nothing more
        }
        if (action.category != null) {
            note(categories, action.category);
        }
        userId = action.userId == null ? userId : action.userId;
        timezone = action.timezone == null ? timezone : action.timezone;
        locale = action.locale == null ? locale : action.locale;
        campaign = campaign == null ? action.campaign : campaign;
        referrer = referrer == null ? action.referrer : referrer;
        landingUrl = landingUrl == null ? action.url : landingUrl;
    }

    private static void note(Set<String> list, String value) {
        if (list.size() < LISTED) {
            list.add(value);
        }
    }

    String productsJson() {
        return JsonText.array(products);
    }

    String categoriesJson() {
        return JsonText.array(categories);
    }
}
