"""`rekindle receipts`, and what no body can do to the readers."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.collector.receipts.receipt import KEYS, TYPES, Receipt, UnreadableBodyError
from connectors.collector.receipts.registry import PROVIDERS
from rekindle.cli.main import rekindle

ONE = {"email": "a@example.com", "timestamp": 1513299569, "event": "delivered", "sg_event_id": "e1"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted({
        "event", "type", "data", "msys", "message_event", "email", "recipient", "timestamp", "Type", "Message", "mail", "destination",
        "eventType", "bounce", "event-data", "signature", "message", "headers", "RecordType", "msg", "ts", "metadata", "events", "status",
        "properties", "user", "tags", "trigger_id", "to", "morph", "CustomID", "Payload", "id", "delivery-status", "message-headers",
    })) | st.text(max_size=5), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


def run(*arguments: str, body: str | bytes = b"") -> Result:
    return CliRunner().invoke(rekindle, ["receipts", *arguments], input=body)


def test_a_body_from_standard_input_becomes_json_lines_of_exactly_ten_keys() -> None:
    result = run("sendgrid", body=json.dumps([ONE, {**ONE, "sg_event_id": "e2"}]))
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [tuple(row) for row in rows] == [KEYS, KEYS]
    assert [row["provider_event_id"] for row in rows] == ["e1", "e2"]


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps([ONE]).encode())
    assert json.loads(run("sendgrid", str(file)).stdout)["at"] == "2017-12-15T00:59:29.000Z"


def test_an_item_that_cannot_be_read_is_told_and_hides_no_neighbour() -> None:
    result = run("sendgrid", "-", body=json.dumps([ONE, 7, {"email": "a@example.com"}, ONE]))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr.splitlines() == ["-: item 1: the item is no object", "-: item 2: no 'event': not an event of this provider"]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"7", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000])
def test_a_body_that_is_nothing_of_the_kind_is_one_error(provider: str, body: bytes) -> None:
    result = run(provider, body=body)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: -: the body is ") or result.stderr.startswith("error: -: the form has ")


def test_an_unknown_provider_or_file_is_a_usage_error() -> None:
    assert run("sendgird").exit_code == 2
    assert "sendgrid" in run("sendgird").stderr
    missing = run("sendgrid", "no/such/file")
    assert missing.exit_code == 2
    assert "no/such/file: cannot be read" in missing.stderr


def test_a_header_can_be_given_where_the_id_is_in_one() -> None:
    body = json.dumps({"type": "email.sent", "data": {"to": "a@example.com"}})
    assert json.loads(run("resend", "--header", "Svix-Id: msg_1", body=body).stdout)["provider_event_id"] == "msg_1"


def test_an_id_that_is_made_up_is_the_same_every_time_and_another_for_another_event() -> None:
    def ids(*events: dict[str, object]) -> list[str]:
        return [one.provider_event_id for one in PROVIDERS["mailjet"](json.dumps(events).encode(), {}) if isinstance(one, Receipt)]

    opened = {"event": "open", "time": 1433333949, "MessageID": 1, "email": "a@example.com"}
    clicked = {**opened, "event": "click", "url": "https://shop.example/p1"}
    assert ids(opened, clicked) == ids(opened, clicked)
    assert len(set(ids(opened, {**opened, "time": 1433333950}, clicked, {**clicked, "url": "https://shop.example/p2"}))) == 4


def test_mailgun_forms_are_read_urlencoded_and_multipart() -> None:
    fields = {"event": "clicked", "recipient": "a@example.com", "token": "t1", "trigger_id": "57184V2D7RZGQ8YDP0RFFB3YC4"}
    parts = "".join(f'--b1\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    multipart = PROVIDERS["mailgun"](f"{parts}--b1--\r\n".encode(), {"content-type": "multipart/form-data; boundary=b1"})
    assert multipart == PROVIDERS["mailgun"](urlencode(fields).encode(), {}) == PROVIDERS["mailgun"](f"{parts}--b1--\r\n".encode(), {})
    assert [one.trigger_id for one in multipart if isinstance(one, Receipt)] == ["57184V2D7RZGQ8YDP0RFFB3YC4"]


def test_of_a_form_field_that_comes_twice_the_first_counts() -> None:
    (one,) = PROVIDERS["mailgun"](b"event=clicked&token=own&event=mine&token=forged", {})
    assert isinstance(one, Receipt)
    assert (one.type, one.provider_event_id) == ("clicked", "own")


@pytest.mark.parametrize(
    ("agent", "is_machine"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", True),
        ("YahooMailProxy; https://help.example.com/", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", True),
        ("python-requests/2.31.0", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", False),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X18) AppleWebKit/537.36", False),
        ("okhttp/4.9.1", False),
        (None, False),
    ],
)
def test_a_user_agent_tells_proxies_and_scanners_from_people(agent: str | None, is_machine: bool) -> None:
    (one,) = PROVIDERS["postmark"](json.dumps({"RecordType": "Open", "UserAgent": agent}).encode(), {})
    assert isinstance(one, Receipt)
    assert one.machine is is_machine


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=25)
@given(document=JSON | st.lists(JSON, max_size=3))
def test_any_json_gives_rows_or_reasons(provider: str, document: object) -> None:
    try:
        found = PROVIDERS[provider](json.dumps(document).encode(), {})
    except UnreadableBodyError:
        return
    for one in found:
        if isinstance(one, Receipt):
            row = one.row()
            assert row["type"] in TYPES
            json.dumps(row, allow_nan=False).encode()
            assert all(value is None or isinstance(value, str | bool) for value in row.values())


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=15)
@given(body=st.binary(max_size=200), kind=st.sampled_from(["", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain"]))
def test_any_bytes_raise_nothing_but_the_declared_error(provider: str, body: bytes, kind: str) -> None:
    for one in (body, b"mandrill_events=" + body, b"--b\r\nContent-Disposition: form-data; name=event\r\n\r\n" + body):
        try:
            PROVIDERS[provider](one, {"content-type": kind})
        except UnreadableBodyError:
            continue
