"""The oracle's reading of one line, by cases worked out by hand."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.oracle.decode import Raw, Row, decode
from tests.oracle.samples import HOUR, MINUTE, NOON, TABLE

ARRIVED = NOON + HOUR  # 2026-03-01T13:00:00.000Z
BASE: dict[str, Any] = {"anonymousId": "d1", "event": "Product Viewed"}


def outcome(value: bytes | None) -> Row | str | None:
    return decode(Raw(0, 7, ARRIVED, value), TABLE)


def row(**fields: Any) -> Row:
    found = outcome(json.dumps({**BASE, **fields}).encode())
    assert isinstance(found, Row), found
    return found


def reason(**fields: Any) -> Row | str | None:
    return outcome(json.dumps({**BASE, **fields}).encode())


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"  \n",
        b"{",
        b'{"a":1} {"b":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":1,}',
        b'{"a":"line\nbreak"}',
        b"<html>",
        b"\x00\x00\x00\x00\x01",
    ],
)
def test_anything_but_one_json_value_is_not_json(value: bytes | None) -> None:
    assert outcome(value) == "not_json"


@pytest.mark.parametrize(("depth", "usable"), [(1000, True), (1001, False), (50_000, False)])
def test_nesting_deeper_than_a_thousand_is_not_json(depth: int, usable: bool) -> None:
    found = outcome(b'{"anonymousId":"d1","event":"x","context":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}")
    assert isinstance(found, Row) if usable else found == "not_json"


@pytest.mark.parametrize("value", [b"[]", b"1", b'"text"', b"null", b"true", b'[{"event":"x"}]'])
def test_json_that_is_no_object_is_not_object(value: bytes) -> None:
    assert outcome(value) == "not_object"


def test_a_line_is_too_large_from_the_first_byte_over_the_limit_whatever_it_holds() -> None:
    assert outcome(b" " * 262_145) == "too_large"
    assert outcome(b" " * 262_144) == "not_json"


def test_a_heartbeat_is_no_row_and_no_dead_letter() -> None:
    assert outcome(b'{"event":"$heartbeat","anonymousId":"$hb-0-3","timestamp":"2026-03-01T12:00:00.000Z"}') is None


def test_a_heartbeat_that_moves_nothing_is_a_dead_letter() -> None:
    assert outcome(b'{"event":"$heartbeat","timestamp":"2026-03-01T12:00:00.000Z"}') == "no_identity"
    assert outcome(b'{"event":" $heartbeat ","anonymousId":"$hb-0-3","timestamp":"noon"}') == "no_time"


@pytest.mark.parametrize(("value", "device"), [("d1", "d1"), ("  d1\t", "d1"), (42, "42"), (-7, "-7"), ("x" * 256, "x" * 256), ("é", "é")])
def test_an_id_is_text_or_an_integer(value: Any, device: str) -> None:
    found = row(anonymousId=value)
    assert (found.device_id, found.flags) == (device, [])


@pytest.mark.parametrize("value", ["", "  ", "x" * 257, 1.5, True, ["d1"], {"id": "d1"}])
def test_a_bad_device_id_counts_as_absent_and_is_flagged(value: Any) -> None:
    found = row(anonymousId=value, userId="u1")
    assert (found.device_id, found.user_id, found.flags, found.pairs) == ("user:u1", "u1", ["bad_device_id"], [])


def test_a_bad_user_id_counts_as_absent_and_is_flagged() -> None:
    found = row(userId={"id": 1})
    assert (found.device_id, found.user_id, found.flags) == ("d1", None, ["bad_user_id"])


def test_ids_have_snake_case_spellings_and_null_is_absent() -> None:
    found = row(anonymousId=None, anonymous_id="d2", userId=None, user_id=9)
    assert (found.device_id, found.user_id, found.pairs) == ("d2", "9", [("d2", "9")])


def test_nobody_named_is_no_identity_and_comes_before_the_event_and_the_time() -> None:
    assert reason(anonymousId=None) == "no_identity"
    assert reason(anonymousId=" ", event=None, timestamp="yesterday") == "no_identity"


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"event": "  Product Viewed "}, "Product Viewed"),
        ({"event": "VIEW_ITEM"}, "Product Viewed"),
        ({"event": "Order completed"}, "Order Completed"),
        ({"event": "Quiz Started"}, "Quiz Started"),
        ({"event": "Product Added", "type": "page"}, "Product Added"),
        ({"event": None, "type": "page"}, "Page Viewed"),
        ({"event": "", "type": "Screen"}, "Screen Viewed"),
        ({"event": 5, "type": "IDENTIFY"}, "Identified"),
        ({"event": None, "type": " alias"}, "Aliased"),
        ({"event": None, "type": "group"}, "Grouped"),
        ({"event": "x" * 256}, "x" * 256),
    ],
)
def test_the_event_is_its_name_else_its_type(fields: dict[str, Any], event: str) -> None:
    assert row(**fields).event == event


@pytest.mark.parametrize("fields", [{"event": None}, {"event": "  ", "type": "track"}, {"event": "x" * 257}, {"event": None, "type": 3}])
def test_neither_name_nor_known_type_is_no_event_and_comes_before_the_time(fields: dict[str, Any]) -> None:
    assert reason(**fields, timestamp="yesterday") == "no_event"


@pytest.mark.parametrize(
    ("value", "after_noon"),
    [
        ("2026-03-01T12:00:00.000Z", 0),
        (" 2026-03-01 12:00 ", 0),
        ("2026-03-02T11:59+23:59", 0),
        ("2026-03-01T12:00:05", 5_000),
        ("2026-03-01T12:00:05.1239999Z", 5_123),
        ("2026-03-01T12:00:05.1", 5_100),
        ("2026-03-01T14:00:00+02:00", 0),
        ("2026-03-01T06:30:00-0530", 0),
        (1_772_366_400, 0),
        (1_772_366_400.25, 250),
        (1_772_366_400_007, 7),
    ],
)
def test_times_are_iso_text_or_epoch_numbers(value: Any, after_noon: int) -> None:
    found = row(timestamp=value)
    assert (found.t, found.flags) == (NOON + after_noon, [])


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        "2026-03-01",
        "2026-02-29T12:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00z",
        "2026-03-01T12:00:00 Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+02:60",
        "2026-03-01T12:00:00+2",
        "1969-12-31T23:59:59Z",
        "1772366400",
        "2026-3-1T12:00:00Z",
        -1,
        1e18,
        True,
        {},
    ],
)
def test_a_time_that_cannot_be_read_is_no_time(value: Any) -> None:
    assert reason(timestamp=value) == "no_time"


def test_the_ends_of_time_are_readable() -> None:
    assert row(timestamp="1970-01-01T00:00:00Z").t == 0
    assert row(timestamp="9999-12-31T23:59:59.999Z").t == ARRIVED  # far ahead of arrival


def test_without_any_time_the_arrival_counts() -> None:
    assert (row().t, row().flags) == (ARRIVED, [])
    assert row(timestamp=None).t == ARRIVED


def test_a_wrong_clock_is_corrected_by_its_own_send_time() -> None:
    # the device's clock is three hours ahead; it took 20 s from the event to the sending
    found = row(
        timestamp="2026-03-01T15:00:00Z",
        originalTimestamp="2026-03-01T15:00:00Z",
        sentAt="2026-03-01T15:00:20Z",
        receivedAt="2026-03-01T12:00:30Z",
    )
    assert (found.t, found.flags) == (NOON + 10_000, [])


def test_else_timestamp_then_original_timestamp_then_received_at() -> None:
    times = {"timestamp": "2026-03-01T12:00:01Z", "originalTimestamp": "2026-03-01T12:00:02Z", "receivedAt": "2026-03-01T12:00:03Z"}
    assert row(**times).t == NOON + 1_000
    assert row(**{**times, "timestamp": None}).t == NOON + 2_000
    assert row(receivedAt=times["receivedAt"]).t == NOON + 3_000


def test_an_unreadable_time_beside_a_readable_one_is_flagged() -> None:
    found = row(timestamp="soon", originalTimestamp="2026-03-01T12:00:02Z")
    assert (found.t, found.flags) == (NOON + 2_000, ["bad_time"])
    assert row(timestamp="2026-03-01T12:00:02Z", sentAt="soon").flags == ["bad_time"]


def test_a_send_time_alone_is_no_time() -> None:
    assert reason(sentAt="2026-03-01T12:00:00Z") == "no_time"


def test_a_corrected_time_outside_the_calendar_is_no_correction() -> None:
    times = {"receivedAt": "1970-01-01T00:00:01Z", "sentAt": "2026-03-01T12:00:05Z", "originalTimestamp": "2026-03-01T12:00:00Z"}
    found = row(**times)
    assert (found.t, found.flags) == (NOON, ["bad_time"])


def test_no_time_lies_ahead_of_arrival_and_more_than_two_minutes_are_flagged() -> None:
    assert (row(timestamp=ARRIVED + 2 * MINUTE).t, row(timestamp=ARRIVED + 2 * MINUTE).flags) == (ARRIVED, [])
    assert (row(timestamp=ARRIVED + 2 * MINUTE + 1).t, row(timestamp=ARRIVED + 2 * MINUTE + 1).flags) == (ARRIVED, ["future"])


def test_more_than_a_day_before_arrival_is_historical_and_no_behaviour() -> None:
    assert row(timestamp=ARRIVED - 24 * HOUR).behavioural
    found = row(timestamp=ARRIVED - 24 * HOUR - 1)
    assert (found.flags, found.behavioural) == (["historical"], False)


def test_the_content_is_the_canonical_line_without_times_of_receipt() -> None:
    value = '{"userId":7,"event":"Été","anonymousId":"d1","properties":{"b":1.50,"a":[true,null]},"timestamp":"2026-03-01T12:00:00Z"}'
    canonical = '{"anonymousId":"d1","event":"Été","properties":{"a":[true,null],"b":1.50},"timestamp":"2026-03-01T12:00:00Z","userId":7}'
    found = outcome(value.encode())
    assert isinstance(found, Row)
    assert found.content == found.event_id == hashlib.sha256(canonical.encode()).hexdigest()


def test_a_repeat_that_was_received_or_sent_again_has_the_same_content() -> None:
    times = {"originalTimestamp": "2026-03-01T12:00:00Z", "sentAt": "2026-03-01T12:00:01Z", "receivedAt": "2026-03-01T12:00:02Z"}
    again = {**times, "sentAt": "2026-03-01T12:30:01Z", "receivedAt": "2026-03-01T12:30:02Z", "timestamp": "2026-03-01T12:00:01Z"}
    assert row(**times).content == row(**again).content
    assert row(timestamp="2026-03-01T12:00:00Z").content != row(timestamp="2026-03-01T12:00:01Z").content


@pytest.mark.parametrize(("value", "event_id"), [("m1", "m1"), (" m1 ", "m1"), (5, "5")])
def test_the_message_id_is_the_event_id(value: Any, event_id: str) -> None:
    assert row(messageId=value).event_id == event_id
    assert row(message_id=value).event_id == event_id


def test_without_a_usable_message_id_the_content_is_the_event_id() -> None:
    found = row(messageId={"id": 1})
    assert (found.event_id, found.flags) == (found.content, [])


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (18.99, "18.99"),
        (0, "0.00"),
        (" 12.345 ", "12.35"),
        ("12.344", "12.34"),
        (1e2, "100.00"),
        ("007", "7.00"),
        (9999999999999999, "9999999999999999.00"),
    ],
)
def test_an_amount_is_a_number_or_plain_decimal_text_rounded_half_up(value: Any, price: str) -> None:
    found = row(properties={"price": value})
    assert (str(found.columns["price"]), found.flags) == (price, [])


@pytest.mark.parametrize("value", [-0.01, "-1", "1,99", "12.50 EUR", "1e2", "", True, [], {}, 1e16, 10**16])
def test_any_other_amount_is_null_and_flagged(value: Any) -> None:
    found = row(properties={"price": value})
    assert (found.columns["price"], found.flags) == (None, ["bad_price"])


@pytest.mark.parametrize("number", [b"1e-99999999999999999999", b"1e99999999999999999999", b"1e400", b"-1e-400"])
def test_a_number_beyond_all_measure_is_a_bad_value(number: bytes) -> None:
    found = outcome(
        b'{"anonymousId":"d1","event":"x","originalTimestamp":0,"timestamp":%b,"properties":{"quantity":%b}}' % (number, number)
    )
    assert isinstance(found, Row)
    assert "bad_quantity" in found.flags


def test_a_bad_first_place_is_not_made_good_by_a_later_one() -> None:
    found = row(properties={"value": "much", "total": 12})
    assert (found.columns["value"], found.flags) == (None, ["bad_value"])
    assert str(row(properties={"value": None, "total": 12}).columns["value"]) == "12.00"


@pytest.mark.parametrize(("value", "quantity"), [(1, 1), (2.0, 2), ("3", 3), (1_000_000, 1_000_000)])
def test_a_quantity_is_a_whole_number(value: Any, quantity: int) -> None:
    assert row(properties={"quantity": value}).columns["quantity"] == quantity


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", 1_000_001, False])
def test_any_other_quantity_is_null_and_flagged(value: Any) -> None:
    found = row(properties={"quantity": value})
    assert (found.columns["quantity"], found.flags) == (None, ["bad_quantity"])


@pytest.mark.parametrize(("value", "text"), [("a", "a"), (7, "7"), (True, "true"), ("x" * 2049, "x" * 2048), ("", "")])
def test_a_text_is_a_string_a_number_or_a_boolean(value: Any, text: str) -> None:
    found = row(properties={"product_id": value})
    assert (found.columns["product_id"], found.flags) == (text, [])


@pytest.mark.parametrize("value", [[], {}, ["a"], {"id": "a"}])
def test_any_other_text_is_null_and_flagged(value: Any) -> None:
    found = row(properties={"category": value})
    assert (found.columns["category"], found.flags) == (None, ["bad_category"])


def test_flags_of_several_fields_are_all_kept() -> None:
    found = row(userId=[], timestamp=ARRIVED + HOUR, properties={"price": "x", "quantity": 0})
    assert found.flags == ["bad_price", "bad_quantity", "bad_user_id", "future"]


def test_consent_and_properties_are_kept_as_json_text() -> None:
    found = row(context={"consent": {"categoryPreferences": {"Advertising": True}}}, properties={"b": 1, "a": "é"})
    assert found.columns["consent"] == '{"categoryPreferences":{"Advertising":true}}'
    assert found.properties == '{"b":1,"a":"é"}'


def test_consent_that_is_no_object_is_null_and_flagged() -> None:
    found = row(context={"consent": "yes"})
    assert (found.columns["consent"], found.flags) == (None, ["bad_consent"])


def test_lines_are_the_usable_values_of_each_product() -> None:
    products = [{"product_id": "p1", "name": "A", "price": "9.5", "quantity": 2}, {"sku": "s"}, "p3", {"product_id": 4, "price": "free"}]
    found = row(properties={"products": products}).lines
    assert found is not None
    assert [(line.product_id, line.name, str(line.price), line.quantity) for line in found] == [
        ("p1", "A", "9.50", 2),
        (None, None, "None", None),
        ("4", None, "None", None),
    ]


def test_no_array_of_products_is_not_an_empty_one() -> None:
    assert row(properties={"products": []}).lines == []
    assert row(properties={"products": "p1"}).lines is None
    assert row().lines is None


def test_an_alias_ties_the_former_device_to_the_person() -> None:
    found = outcome(b'{"type":"alias","previousId":"d7","userId":"u1"}')
    assert isinstance(found, Row)
    assert (found.event, found.device_id, found.behavioural, found.pairs) == ("Aliased", "user:u1", False, [("d7", "u1")])


@pytest.mark.parametrize("event", ["Email Opened", "Unsubscribed", "Aliased", "Grouped"])
def test_receipts_and_record_keeping_are_no_behaviour(event: str) -> None:
    assert not row(event=event).behavioural


@pytest.mark.parametrize("event", ["Product Viewed", "Order Refunded", "Identified", "Quiz Started"])
def test_everything_else_is_behaviour(event: str) -> None:
    assert row(event=event).behavioural
