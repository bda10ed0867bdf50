"""The mapping table and its loader, against every example of the Segment specs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.collector import segment_events
from tests.oracle import vocabulary
from tests.oracle.decode import Raw, Row, decode
from udfs.mapping import MappingError, load, parse_path

EXAMPLES = Path(__file__).parents[1] / "data" / "segment-spec"
# fmt: off
PAYLOAD_COLUMNS = [
    "product_id", "sku", "name", "brand", "category", "price", "quantity", "currency", "cart_id", "order_id", "checkout_id", "value",
    "coupon", "query", "url", "referrer", "campaign", "email_id", "link_url", "locale", "timezone", "consent", "source",
]
# fmt: on
RECEIPTS = set(segment_events.EVENTS.values())
# where the spec's name for a thing is not the column's
RENAMED = {"value": ("value", "total", "revenue"), "coupon": ("coupon", "coupon_id"), "campaign": ("campaign_name",)}
GOOD = """
events: {Product Added: {aliases: [add_to_cart]}, Aliased: {behavioural: false}}
columns: {price: {type: amount, paths: [properties.price, "properties.items[0].price"]}}
lines: {paths: [properties.products], product_id: [product_id], name: [name], price: [price], quantity: [quantity]}
"""


def examples() -> list[dict[str, Any]]:
    files = ("ecommerce-v2-events.json", "email-events.json")
    return [example for file in files for example in json.loads((EXAMPLES / file).read_text(encoding="utf-8"))]


def decoded(line: dict[str, Any]) -> Row:
    row = decode(Raw(0, 0, 1_700_000_000_000, json.dumps({"anonymousId": "d1", **line}).encode()), vocabulary.read())
    assert isinstance(row, Row)
    return row


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example["event"]))
def test_every_segment_example_keeps_its_name_and_fills_each_column_it_has(example: dict[str, Any]) -> None:
    row = decoded(example)
    properties = example["properties"]
    assert row.event == example["event"]
    assert row.flags == []
    for column in PAYLOAD_COLUMNS:
        names = RENAMED.get(column, (column,))
        expected = next((properties[name] for name in names if name in properties), None)
        found = row.columns[column]
        assert (None if found is None else str(found)) == (None if expected is None else _as_text(column, expected)), column


def _as_text(column: str, value: Any) -> str:
    return f"{value:.2f}" if column in ("price", "value") else str(value)


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example["event"]))
def test_every_segment_example_with_products_gives_its_lines_and_no_single_product(example: dict[str, Any]) -> None:
    row = decoded(example)
    products = example["properties"].get("products")
    assert [line.product_id for line in row.lines or []] == [product["product_id"] for product in products or []]
    if products:
        assert row.columns["product_id"] is None


def test_the_events_that_are_not_behaviour_are_the_receipts_and_the_record_keeping() -> None:
    assert set(json.loads(load().as_json())["not_behavioural"]) == RECEIPTS | {"Aliased", "Grouped"}


def test_the_columns_are_those_of_the_clean_row_that_come_from_the_payload() -> None:
    assert sorted(load().columns) == sorted(PAYLOAD_COLUMNS)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("add_to_cart", "Product Added"),
        ("ADD_TO_CART", "Product Added"),
        ("product added", "Product Added"),
        ("view_item", "Product Viewed"),
        ("product_view", "Product Viewed"),
        ("remove_from_cart", "Product Removed"),
        ("view_cart", "Cart Viewed"),
        ("cart_updated", "Cart Viewed"),
        ("begin_checkout", "Checkout Started"),
        ("checkout_step", "Checkout Step Completed"),
        ("purchase", "Order Completed"),
        ("transaction", "Order Completed"),
        ("refund", "Order Refunded"),
        ("search", "Products Searched"),
        ("page_view", "Page Viewed"),
        ("list_view", "Product List Viewed"),
        ("promo_click", "Promotion Clicked"),
        ("Wishlist Sorted", "Wishlist Sorted"),
    ],
)
def test_ga4_and_snowplow_names_are_known_and_others_pass(name: str, canonical: str) -> None:
    assert load().aliases().get(name.lower(), name) == canonical


def test_a_ga4_item_alone_in_its_array_fills_the_columns() -> None:
    item = {"item_id": "SKU_1", "item_name": "Shirt", "item_brand": "Acme", "item_category": "Apparel", "price": 30.03, "quantity": 3}
    row = decoded({"event": "add_to_cart", "properties": {"currency": "EUR", "value": 90.09, "items": [item]}})
    names = ("product_id", "name", "brand", "category", "price", "quantity", "currency", "value")
    assert [str(row.columns[name]) for name in names] == ["SKU_1", "Shirt", "Acme", "Apparel", "30.03", "3", "EUR", "90.09"]


def test_a_ga4_purchase_of_two_items_names_no_single_product() -> None:
    items = [{"item_id": "A", "price": 10}, {"item_id": "B", "price": 20}]
    row = decoded({"event": "purchase", "properties": {"transaction_id": "T1", "ecommerce": {"value": 30, "items": items}}})
    assert (row.columns["product_id"], row.columns["order_id"], str(row.columns["value"])) == (None, "T1", "30.00")
    assert [line.product_id for line in row.lines or []] == ["A", "B"]


def test_a_snowplow_product_entity_fills_the_columns() -> None:
    row = decoded(
        {"event": "product_view", "properties": {"product": {"id": "12345", "name": "Baseball T", "price": 200, "currency": "USD"}}}
    )
    assert [str(row.columns[name]) for name in ("product_id", "name", "price", "currency")] == ["12345", "Baseball T", "200.00", "USD"]


def test_the_text_for_the_decoder_holds_the_table() -> None:
    text = load().as_json()
    table = json.loads(text)
    assert text == json.dumps(table, separators=(",", ":"), ensure_ascii=False)
    assert table["aliases"]["add_to_cart"] == "Product Added"
    price = next(column for column in table["columns"] if column["name"] == "price")
    assert price["type"] == "amount"
    assert price["paths"][0] == ["properties", "price"]
    assert ["properties", "items", 0, "price"] in price["paths"]
    assert table["lines"]["paths"][0] == ["properties", "products"]


def test_a_path_is_dotted_keys_with_an_optional_only_element() -> None:
    assert parse_path("properties.items[0].sku") == ("properties", "items", 0, "sku")


@pytest.mark.parametrize("path", ["", "a..b", "a[1]", "[0].a", "a[0][0]", "a."])
def test_any_other_path_is_refused_with_its_text(path: str) -> None:
    with pytest.raises(ValueError, match="dotted keys"):
        parse_path(path)


def test_a_good_table_of_ones_own_is_read(tmp_path: Path) -> None:
    mapping = load(written(tmp_path, GOOD))
    assert mapping.columns["price"].paths[1] == ("properties", "items", 0, "price")
    assert not mapping.events["Aliased"].behavioural


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("type: amount", "type: money", "columns.price.type: Input should be 'text', 'amount', 'quantity' or 'json'"),
        ("type: amount", "kind: amount", "columns.price.type: is missing"),
        ("type: amount", "type: amount, unit: EUR", "columns.price.unit: unknown key"),
        ("items[0].price", "items[1].price", "columns.price.paths.1: expected dotted keys"),
        ("behavioural: false", "aliases: [Add_To_Cart]", "events: 'add_to_cart' stands for both 'Product Added' and 'Aliased'"),
        ("[properties.products]", "[]", "lines.paths: List should have at least 1 item"),
        ("{type: amount", "{type: [", "not valid YAML"),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, old: str, new: str, finding: str) -> None:
    file = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(MappingError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert finding in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"nowhere\.yaml: cannot be read"):
        load(tmp_path / "nowhere.yaml")
