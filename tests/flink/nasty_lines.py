"""Lines of `events.raw` as nobody should send them and somebody will: a hand-made list, and a seeded generator that mixes its parts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

MAX_BYTES = 4096
"""Limit the tests give the decoder, so that a line can be too long without being long."""

BROKEN = [
    b"", b" ", b"\t  ", b"{", b"}", b"[", b"[1,2", b'{"a":1', b'{"a":1}}', b'{"a":1} x', b'{"a":1} {"a":1}', b"{'a':1}", b"{a:1}", b'{"a":1,}',
    b"[1,]", b'{"a":}', b'{"a" 1}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":5.}', b'{"a":1e}', b'{"a":0x10}', b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":TRUE}', b'{"a":tru}', b'{"a":"\\x"}', b'{"a":"\\u12"}', b'{"a":"\\u12zz"}', b'{"a":"',
    b'{"a":"tab\there"}', b'{"a":"bell\x07"}', b'{"a":1}//', b'/**/{"a":1}', b'{"a":1}\x00', b'\x00{"a":1}', b'{"a":"\x00"}', b"\x00", b"nul",
    b"truex", b"1 2", b"-", b"- 1", b"1.2.3", b'"open', b"\\", b",", b":", b"\xef\xbb\xbf", b'\xef\xbb\xbf{"event":"x","userId":"1"}',
    b'{"a":"\xff"}', b'{"a":"\xc3"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\x80"}', b'{"a":"\xf4\x90\x80\x80"}', b"\xff\xfe{\x00}\x00", b"\x80",
    '{"event":"x","userId":"1"}'.encode("utf-16"), '{"event":"x","userId":"1"}'.encode("utf-16-be"), "{\u00a0}".encode(), "\u00a0".encode(),
    b"event=x&userId=1", b"<event/>", b"event,userId", b"--", b'{"event":"x","userId":"1"};', b'{"event":"x" "userId":"1"}', b'{"event";"x"}',
    b'\x0b{"event":"x","userId":"1"}', b'{"event":"x","userId":"1"}\x1a', b'{"a":"\xf0\x9f\x98"}',
]  # fmt: skip
NOT_OBJECTS = [
    b"1", b"-0", b"1.5e3", b"true", b"false", b"null", b'"text"', b'""', b"[]", b'[{"event":"x","userId":"1"}]', b" 7 ", b"1e999999999",
    b"[[[]]]", b'"\\ud800"',
]  # fmt: skip
ANY: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, -0.0, 12345678901234567890, "", " ", "text", "0", "12", "-3", "1.50", "1,50", "1e3", ".5", "5.", "0x1F", "NaN",
    "é", "日本語", "😀", "a😀b", "\ud83d", "\ude00x", "a\u0000b", "\u00a0", "\u2003x\u2003", "\u0085y", "\u001fz\u001c", "\u200b", "x" * 256,
    "x" * 257, "😀" * 256, "😀" * 257, "y" * 2048, "y" * 2049, "😀" * 700, "line\nbreak", "\\", '"', "</script>", "'; DROP TABLE events; --",
    [], {}, [1], [None], ["a"], {"a": 1}, {"a": {"b": []}}, [[]], [{}], [{}, {}],
]  # fmt: skip
NUMBERS = [
    "0", "-0", "0.0", "-0.0", "0e5", "0e100", "0e-100", "1", "1.0", "1e0", "10e-1", "1.005", "1.004999999999999999999999999999999999999", "2.675", "0.005",
    "0.0049999999999999999999999999999999999999999", "0.995", "19.9", "19.999", "-1", "-0.001", "-1e-400", "1e2", "1E+2", "1e16", "1e17",
    "9999999999999999.99", "9999999999999999.994", "9999999999999999.995", "99999999999999999.99", "1e400", "1e401", "1e-400", "1e-401", "1e-402",
    "1e999999999", "1e-999999999", "1e2147483647", "1e2147483648", "1e-2147483648", "1e99999999999", "-1e99999999999", "1e-99999999999",
    "0e99999999999", "1e99999999999999999999", "1000000", "1000001", "1e6", "999999.5", "100000000000", "99999999999", "99999999999.999", "1e11", "1e10",
    "1772366400", "1772366400.5", "1772366400.9999", "1772366400000", "1772366400000.7", "253402300799", "253402300799.999", "253402300800",
    "253402300799999", "253402300800000", "253402300799999.9", "4" * 300, "0." + "4" * 300, "7" * 1001, "0." + "3" * 1200, "1e+005", "12e-1",
]  # fmt: skip
TIMES = [
    "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00Z", "2026-03-01 12:00", "2026-03-01T12:00:00", "2026-03-01T12:00:00.1Z",
    "2026-03-01T12:00:00.12Z", "2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.9999999999Z", "2026-03-01T12:00:00.Z", "2026-03-01T12:00.5Z",
    "2026-03-01T12:00:00+02:00", "2026-03-01T12:00:00-0330", "2026-03-01T12:00:00+14:00", "2026-03-01T12:00:00-23:59", "2026-03-01T12:00:00+24:00",
    "2026-03-01T12:00:00+00:60", "2026-03-01T12:00:00+2:00", "2026-03-01T12:00:00+02", "2026-03-01T12:00:00+02:0", "2026-03-01T12:00:00 Z",
    "2026-03-01T12:00:00z", "2026-03-01t12:00:00Z", "2026-03-01T12:00:00ZZ", " 2026-03-01T12:00:00Z ", "2026-03-01", "2026-03-01T12", "12:00:00",
    "2026-03-01T24:00:00Z", "2026-03-01T23:60:00Z", "2026-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-30T00:00:00Z",
    "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01", "1969-12-31T23:59:00-00:01", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-00:01",
    "10000-01-01T00:00:00Z", "+2026-03-01T12:00:00Z", "-2026-03-01T12:00:00Z", "2026-3-1T12:00:00Z", "2026/03/01 12:00:00", "20260301T120000Z",
    "2026-03-01T12:00:00,5Z", "Sun, 01 Mar 2026 12:00:00 GMT", "1772366400", "1772366400000", "yesterday", "٢٠٢٦-03-01T12:00:00Z", "2026-03-01T12:00:00−02:00",
    "2026-03-01T12:00:00Z\u00a0", "2026-03-01T12:00:5Z", "2026-03-01T12:0:05Z", "２０２６-03-01T12:00:00Z",
]  # fmt: skip
NAMES = [
    "Product Viewed", "product viewed", "PRODUCT ADDED", " Order Completed ", "view_item", "add_to_cart", "remove_from_cart", "purchase", "refund",
    "page_view", "begin_checkout", "cart_item_added", "product_view", "checkout_step", "transaction", "list_view", "search", "alias", "Aliased",
    "group", "Email Opened", "email_bounced", "Unsubscribed", "Loaded a Page", "Eigener Name", "Ürün Görüntülendi", "Straße", "İstanbul", "ΟΔΟΣ", "商品",
    "\u212ampleted", "Order\u00a0Completed", "$heartbeat ", "identity", "cart", "session", "null", "'; DROP TABLE events; --", "n" * 256, "n" * 257,
]  # fmt: skip
KINDS = ["track", "page", "screen", "identify", "alias", "group", "Page", " IDENTIFY ", "PAGE\u00a0", "pages", "", "ALİAS"]
PROPERTIES = {
    "product_id": 8, "productId": 2, "item_id": 2, "sku": 2, "name": 4, "item_name": 1, "brand": 2, "category": 4, "price": 8, "quantity": 8, "currency": 2,
    "cart_id": 2, "cartId": 1, "order_id": 2, "transaction_id": 1, "checkout_id": 1, "value": 4, "total": 3, "revenue": 2, "coupon": 1, "query": 2,
    "search_term": 1, "url": 2, "page_location": 1, "referrer": 1, "campaign": 1, "campaign_name": 1, "email_id": 1, "link_url": 1, "locale": 1,
    "timezone": 1, "extra": 4, "größe": 1,
}  # fmt: skip
CONTEXT = {
    "locale": "de-DE",
    "timezone": "Europe/Paris",
    "campaign": {"name": "spring", "id": 7},
    "page": {"url": "https://shop.example/?a=1", "referrer": None},
}


class Written(str):
    """A number as it stands in the line."""


def text(value: Any, rng: Random | None = None) -> bytes:
    """JSON of a value in which `Written` is a number; rng: spaces, escapes and the order of fields vary."""
    return _write(value, rng).encode()


def _write(value: Any, rng: Random | None) -> str:
    gap = rng.choice(["", "", "", " ", "\t"]) if rng else ""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        fields = list(value.items())
        if rng and rng.random() < 0.3:
            rng.shuffle(fields)
        return "{" + gap + ",".join(f"{_write(str(name), rng)}{gap}:{gap}{_write(item, rng)}" for name, item in fields) + gap + "}"
    if isinstance(value, list):
        return "[" + gap + ",".join(_write(item, rng) for item in value) + gap + "]"
    if isinstance(value, str) and rng and rng.random() < 0.5 and not any("\ud800" <= char <= "\udfff" for char in value):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)  # escapes half surrogates


def by_hand() -> Iterator[bytes]:
    """Every case somebody thought of."""
    yield from BROKEN
    yield from NOT_OBJECTS
    good = {"event": "Product Added", "anonymousId": "d1", "timestamp": "2026-03-01T12:00:00.000Z", "properties": {"product_id": "p1"}}
    yield text(good)
    for name in ("event", "anonymousId", "timestamp", "userId", "type", "messageId", "properties", "context", "previousId", "originalTimestamp", "sentAt",
                 "receivedAt", "source", "anonymous_id", "user_id", "message_id", "previous_id"):  # fmt: skip
        for value in (*ANY, *map(Written, ("1e999999999", "1e99999999999", "7" * 1001, "1.0", "-5", "-0"))):
            yield text(good | {name: value})
            yield text(
                {
                    key: one
                    for key, one in (good | {"event": None, "type": "page", name: value}).items()
                    if key != "anonymousId" or name == key
                }
            )
    for name in PROPERTIES:
        for value in (*ANY, *map(Written, NUMBERS if name in ("price", "quantity", "value") else NUMBERS[:10])):
            yield text(good | {"properties": {name: value}})
    for number in NUMBERS:
        yield from (
            text(good | {"timestamp": Written(number)}),
            text(good | {"userId": Written(number)}),
            text(good | {"messageId": Written(number)}),
        )
        yield text(good | {"properties": {"price": number, "quantity": number}})
    times: tuple[Any, ...] = (*TIMES, *map(Written, NUMBERS[:12]), None, True, [], {})
    for time in times:
        yield from (text(good | {"timestamp": time}), text(good | {"timestamp": None, "originalTimestamp": time}))
        yield text(good | {"originalTimestamp": time, "sentAt": "2026-03-01T12:00:05.000Z", "receivedAt": "2026-03-01T12:00:09.000Z"})
        yield text(
            good
            | {"timestamp": None, "receivedAt": time, "sentAt": "2026-03-01T12:00:05.000Z", "originalTimestamp": "2026-03-01T11:00:00.000Z"}
        )
        yield text(good | {"timestamp": None, "sentAt": time})
        yield text({**good, "sentAt": time, "receivedAt": "1970-01-01T00:00:00Z", "originalTimestamp": "1970-01-01T00:00:00Z"})
        yield text({"event": "$heartbeat", "anonymousId": "$hb-0-3", "timestamp": time})
    for name in NAMES:
        yield from (
            text(good | {"event": name}),
            text(good | {"event": name, "type": "identify"}),
            text(good | {"event": name, "anonymousId": None}),
        )
    for kind in KINDS:
        yield from (
            text(good | {"event": None, "type": kind}),
            text(good | {"event": " ", "type": kind}),
            text(good | {"event": 7, "type": kind}),
        )
    yield from products()
    yield from shapes()


def products() -> Iterator[bytes]:
    """Lists of products, in all places, of all lengths."""
    one = {"product_id": "p1", "name": "Tea", "price": 12.5, "quantity": 2}
    ga4 = {"item_id": "p2", "item_name": "Cup", "price": "3.10", "quantity": "4", "item_brand": "B", "item_category": "C"}
    lists: list[Any] = [[], [one], [ga4], [one, ga4], [one, one], [one, None, 7, "x", [], {}], [{"name": "no id"}], [{"id": 5}, {"productId": True}],
                        [{"product_id": {}, "item_id": "late"}], [{**one, "price": -1, "quantity": 0}], [[one]], {"0": one}, "p1", 5, one,
                        [{**one, "name": ["x"], "price": [1], "quantity": {}}], [ga4 | {"product_id": None}]]  # fmt: skip
    for name in ("Cart Viewed", "Product Added", "Order Completed", "Product Viewed"):
        for listed in lists:
            for properties in ({"products": listed}, {"items": listed}, {"ecommerce": {"items": listed}}, {"products": None, "items": listed},
                               {"products": "bad", "items": listed}, {"product_id": "p9", "price": 1, "products": listed}):  # fmt: skip
                yield text({"event": name, "userId": "u1", "timestamp": 1772366400, "properties": properties})


def shapes() -> Iterator[bytes]:
    """Nesting, repeated names, lengths, alphabets."""
    for depth in (997, 998, 999, 1000, 1001, 1500):
        for left, right in (("[", "]"), ('{"a":', "}")):
            yield (
                b'{"event":"x","userId":"1","p":'
                + left.encode() * (depth - 1)
                + (b"1" if left != "[" else b"")
                + right.encode() * (depth - 1)
                + b"}"
            )
            yield left.encode() * depth + (b"1" if left != "[" else b"") + right.encode() * depth
    yield b'{"event":"x","event":"y","userId":"1","userId":null,"userId":"2","properties":{"price":1,"price":"2","price":3}}'
    yield b'{"event":"x","userId":"1","properties":{"a":1,"b":2,"a":3},"a":{"x":1},"a":2}'
    yield b'{"event":"x","userId":"1","properties":{"price":5},"properties":null}'
    yield b'{"event":"x","userId":"1","userId":{}}'
    yield b'{"\\u0065vent":"x","user\\u0049d":"1"}'
    base = b'{"event":"x","userId":"1","properties":{"name":"%s"}}'
    for length in (MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 3 * MAX_BYTES):
        yield base % (b"x" * (length - len(base) + 2))
        yield b"x" * length
        yield b"\xff" * length
        yield base % ("é" * ((length - len(base) + 2) // 2)).encode()
    yield b'{"event":"x","userId":"1",' + b",".join(b'"k%d":%d' % (i, i) for i in range(250)) + b"}"
    for key in ("ﬀ\ue000", "\U0001f600", "z", "é", "Aa", "BB", "AaAa", "BBBB", "", " ", "\\", "\u2028"):
        yield text({"event": "x", "userId": "1", "messageId": "m1", key: 1, "z": {"\ue000": 1, "\U0001f600": 2, key: []}})
        yield text({"event": "x", "userId": "1", key: 1, "\uffff": None, "\U00010000": 0})


def at_random(count: int, seed: int) -> Iterator[bytes]:
    """count lines, the same for a seed: mostly well-formed events, each with a few values out of place."""
    rng = Random(seed)
    for _ in range(count):
        line = _line(rng)
        written = text(line, rng)
        if rng.random() < 0.04:  # a byte lost, changed or doubled on the way
            at = rng.randrange(len(written))
            written = written[:at] + rng.choice([b"", bytes([rng.choice(range(256))]), written[at : at + 1] * 2]) + written[at + 1 :]
        if b"\n" not in written and not written.endswith(b"\r"):  # the file ends a line there, Kafka does not
            yield written


def _line(rng: Random) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": rng.choice(["track", "track", *KINDS]),
        "event": rng.choice(NAMES),
        "anonymousId": f"d{rng.randrange(9)}",
    }
    for name, likely in (("userId", 0.4), ("messageId", 0.5), ("previousId", 0.2), ("user_id", 0.1), ("source", 0.1)):
        if rng.random() < likely:
            line[name] = rng.choice([f"u{rng.randrange(9)}", rng.randrange(99), _odd(rng)])
    for name, likely in (("timestamp", 0.7), ("originalTimestamp", 0.4), ("sentAt", 0.4), ("receivedAt", 0.3)):
        if rng.random() < likely:
            line[name] = rng.choice(
                [rng.choice(TIMES[:12]), rng.choice(TIMES), Written(rng.choice(NUMBERS)), 1772366400000 + rng.randrange(10**7)]
            )
    if rng.random() < 0.9:
        line["properties"] = _properties(rng)
    if rng.random() < 0.4:
        line["context"] = {name: value if rng.random() < 0.8 else _odd(rng) for name, value in CONTEXT.items()} | {
            "consent": rng.choice(ANY)
        }
    if rng.random() < 0.25:
        line[rng.choice(list(line))] = _odd(rng)
    if rng.random() < 0.1:
        del line[rng.choice(list(line))]
    return line


def _properties(rng: Random) -> Any:
    if rng.random() < 0.03:
        return _odd(rng)
    names = rng.choices(list(PROPERTIES), list(PROPERTIES.values()), k=rng.randrange(7))
    properties: dict[str, Any] = {name: rng.choice([f"{name}-{rng.randrange(5)}", rng.randrange(1, 9), _odd(rng)]) for name in names}
    if rng.random() < 0.3:
        inside = {"items": [_product(rng) for _ in range(rng.randrange(4))]}
        properties |= rng.choice(
            [{"products": inside["items"]}, inside, {"ecommerce": {**inside, "currency": "EUR"}}, {"product": _product(rng)}]
        )
    return properties


def _product(rng: Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice(ANY)
    names = rng.sample(["product_id", "item_id", "id", "name", "item_name", "price", "quantity", "brand"], rng.randrange(1, 6))
    return {name: rng.choice([rng.randrange(1, 20), f"{name}{rng.randrange(4)}", _odd(rng)]) for name in names}


def _odd(rng: Random) -> Any:
    return rng.choice([rng.choice(ANY), Written(rng.choice(NUMBERS)), rng.choice(TIMES)])
