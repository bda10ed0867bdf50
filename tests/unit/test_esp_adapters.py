"""What every adapter keeps, whatever its platform: secrets out of sight, the same bytes for a repeat, an answer to everything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.esp.batches import for_all
from connectors.esp.limits import epoch, seconds, with_limit
from connectors.esp.protocol import Adapter, Answer, EndpointError, Left, Meaning, Reason
from connectors.esp.registry import KINDS, batch_of, build_adapter
from connectors.esp.wire import plain, read_answer
from tests.unit.esp_cases import CASES, some_sends

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADAPTERS: dict[str, Adapter] = {name: case.adapter("https://esp.example", case.platform) for name, case in CASES.items()}
WALK = pytest.mark.parametrize("name", sorted(CASES))
OWN = sorted(set(CASES) - {"webhook"})
KEYED = [name for name in OWN if CASES[name].secrets]
WORDS = (
    "ErrorCode MessageID field"
    " errors index batch_index code message failedUpdates invalidUserIds failCount responses errorcode source pointer params id"
    " dispatch_id requestId access_token expires_in"
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS.split()), inner, max_size=5),
    max_leaves=12,
)
BODIES = st.binary(max_size=60) | JSON.map(lambda tree: json.dumps(tree).encode())
NAMES = ["Retry-After", "X-RateLimit-Remaining", "x-ratelimit-reset", "RateLimit-Remaining", "RateLimit-Reset", "X-Message-Id"]
HEADERS = st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12))
STATUSES = st.integers(200, 599) | st.sampled_from([200, 201, 202, 207, 400, 429])


@WALK
@settings(max_examples=60)
@given(status=STATUSES, headers=HEADERS, body=BODIES)
def test_any_answer_is_one_for_each_send_and_holds_no_address(name: str, status: int, headers: dict[str, str], body: bytes) -> None:
    adapter = ADAPTERS[name]
    sends = some_sends(3 if adapter.batch else 1)
    answers = adapter.answers(sends, status, headers, body)
    assert len(answers) == len(sends)
    for answer in answers:
        assert "@" not in (answer.esp_id or "")
        assert answer.meaning is not Meaning.SPLIT or len(sends) > 1
        assert (answer.reason is None) == (answer.meaning is Meaning.ACCEPTED)
        if not 200 <= status < 300 and answer.meaning is Meaning.ACCEPTED:
            assert adapter.deduplicates, name
            assert 400 <= status < 500
    if adapter.login is not None:
        adapter.login.token(status, headers, body, NOON)


@WALK
def test_what_a_request_may_hold_is_known_before_secrets_are(name: str) -> None:
    case = CASES[name]
    made = KINDS[case.kind].options.model_validate({**case.options, case.base: "https://esp.example"})
    assert batch_of(case.kind, made) == ADAPTERS[name].batch


@WALK
def test_a_repeat_is_the_same_request(name: str) -> None:
    adapter, sends = ADAPTERS[name], some_sends(3 if ADAPTERS[name].batch else 1)
    first, again = (adapter.request(sends, [adapter.item(send) for send in sends], NOON + timedelta(hours=hours)) for hours in (0, 1))
    assert (first.url, first.body) == (again.url, again.body)
    assert all(send.trigger_id in first.url + first.body.decode() for send in sends)


@WALK
def test_no_secret_is_in_what_can_be_printed(name: str) -> None:
    case = CASES[name]
    made = KINDS[case.kind].options.model_validate({**case.options, case.base: "https://esp.example"})
    adapter = build_adapter(case.kind, made, case.reader("s3cret-value"))
    sends = some_sends(1)
    request = adapter.request(sends, [adapter.item(sends[0])], NOON)
    login = None if adapter.login is None else adapter.login.request()
    printed = " ".join(map(repr, (made, adapter, adapter.login, request, login)))
    assert "s3cret" not in printed
    assert "p0" not in printed
    assert "example" not in repr(request)


@pytest.mark.parametrize("name", KEYED)
@pytest.mark.parametrize("secret", ["", " ", "a\r\nX-Other: b", "two words", "schlüssel"])
def test_a_secret_that_no_header_can_carry_is_refused_by_its_key(name: str, secret: str) -> None:
    case = CASES[name]
    options = KINDS[case.kind].options.model_validate(dict(case.options))
    with pytest.raises(EndpointError) as caught:
        build_adapter(case.kind, options, case.reader(secret))
    assert caught.value.what in case.options
    assert secret.strip() == "" or secret not in str(caught.value)


@pytest.mark.parametrize("name", OWN)
def test_a_secret_from_a_file_may_end_with_its_line(name: str) -> None:
    case = CASES[name]
    options = KINDS[case.kind].options.model_validate(dict(case.options))
    build_adapter(case.kind, options, case.reader("key\n"))


@pytest.mark.parametrize("name", OWN)
def test_settings_refuse_the_secret_itself_and_keys_they_do_not_know(name: str) -> None:
    case = CASES[name]
    for change in ({key: "the-secret-itself" for key in case.options if str(case.options[key]).startswith("${")}, {"speling": 1}):
        with pytest.raises(ValidationError) as caught:
            KINDS[case.kind].options.model_validate({**case.options, **change})
        assert "the-secret-itself" not in str(caught.value)


@pytest.mark.parametrize("name", OWN)
def test_ids_of_people_and_triggers_reach_no_header_and_no_url_as_they_are(name: str) -> None:
    adapter = ADAPTERS[name]
    [send] = some_sends(1, person_id="a/../b?c=d\r\nX-Other: e", template="t\r\nX-Other: f" if "email" not in name else "cart_reminder")
    request = adapter.request([send], [adapter.item(send)], NOON)
    assert all(value.isprintable() and "X-Other" not in value for value in request.headers.values())
    assert request.url.isprintable()
    assert "/../" not in request.url
    assert "?" not in request.url


@pytest.mark.parametrize("name", OWN)
def test_slots_show_what_there_is_or_their_fallback(name: str) -> None:
    case = CASES[name]
    if case.options.get("send") == "messages":
        return
    slot = {"recommendations": {"limit": 1, "fallback": [{"product_id": "gift"}]}}
    made = KINDS[case.kind].options.model_validate({**case.options, "slots": slot})
    adapter = build_adapter(case.kind, made, case.reader("key"))
    assert b"gift" in adapter.item(some_sends(1)[0])
    own = adapter.item(some_sends(1, payload={"recommendations": [{"product_id": "own1"}, {"product_id": "own2"}]})[0])
    assert b"own1" in own
    assert b"own2" not in own
    assert b"gift" not in own


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("1767225900", datetime(2026, 1, 1, 0, 5, tzinfo=UTC)),
        ("1767225900.5", datetime(2026, 1, 1, 0, 5, tzinfo=UTC)),
        *[(nonsense, None) for nonsense in ("-1", "soon", "", None, "9" * 11, "٣")],
    ],
)
def test_an_epoch_is_an_instant_and_nonsense_nothing(value: str | None, at: datetime | None) -> None:
    assert epoch(value) == at


def test_a_limit_without_a_wish_to_wait_is_one() -> None:
    answer = with_limit(Answer(Meaning.RETRY, Reason.RATE_LIMITED), "0", seconds("3"))
    assert (answer.retry_after, answer.left) == (timedelta(seconds=3), Left(0, timedelta(seconds=3)))
    assert with_limit(Answer(Meaning.ACCEPTED), "x", seconds("3")) == Answer(Meaning.ACCEPTED)
    assert with_limit(Answer(Meaning.ACCEPTED), "9", None) == Answer(Meaning.ACCEPTED)


def test_a_redirect_is_followed_by_nobody_of_a_batch() -> None:
    assert for_all(some_sends(2), Answer(Meaning.REJECTED, Reason.REDIRECTED), 302) == [Answer(Meaning.REJECTED, Reason.REDIRECTED)] * 2


def test_an_answer_nobody_can_read_is_none() -> None:
    assert [read_answer(body) for body in (b"", b"[]", b"[" * 100_000, b"\xff", b"{")] == [None] * 5
    found = ("m1", 7, True, "ana@example.com", "a b", None, "x" * 129)
    assert [plain(value) for value in found] == ["m1", "7", None, None, None, None, None]
