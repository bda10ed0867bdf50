"""The fake platform: what it refuses, how it counts, that its faults repeat. It is the judge of fault tests, so it is judged here."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.fake.__main__ import main
from connectors.esp.fake.contract import MAX_BODY, check_webhook
from connectors.esp.fake.faults import Faults, parse_faults
from connectors.esp.fake.ledger import Entry, Ledger
from connectors.esp.fake.protocol import RefusedError
from tests.integration.esp_server import fake_esp

Post = Callable[..., Awaitable[tuple[int, Any]]]


def a_body(key: str = "K1", person: str = "42") -> dict[str, Any]:
    return {"type": "trigger.sent", "timestamp": "2026-03-01T12:00:00.000Z", "data": {"trigger_id": key, "person_id": person}}


def headers(key: str = "K1") -> dict[str, str]:
    return {"Idempotency-Key": key, "webhook-id": key}


def check(body: bytes, given: dict[str, str], content_type: str = "application/json") -> str:
    try:
        return check_webhook(given, content_type, body)[0]
    except RefusedError as error:
        return f"{error.status} {error.why}"


@pytest.mark.parametrize(
    ("body", "given", "verdict"),
    [
        (json.dumps(a_body()), headers(), "K1"),
        ("{", headers(), "400 not_json"),
        ('{"a": NaN}', headers(), "400 not_json"),
        ("[" * 10_000, headers(), "400 not_json"),
        ("[]", headers(), "422 shape"),
        (json.dumps(a_body() | {"type": "other"}), headers(), "422 shape"),
        (json.dumps(a_body() | {"timestamp": 5}), headers(), "422 shape"),
        (json.dumps(a_body() | {"data": {"person_id": "42"}}), headers(), "422 no_trigger_id"),
        (json.dumps(a_body() | {"data": {"trigger_id": "K1"}}), headers(), "422 no_person_id"),
        (json.dumps(a_body()), {}, "400 no_key"),
        (json.dumps(a_body()), {"webhook-id": "K1"}, "400 no_key"),
        (json.dumps(a_body()), headers("K2"), "422 key_mismatch"),
        (json.dumps(a_body()), headers() | {"webhook-id": "K2"}, "422 key_mismatch"),
        (" " * MAX_BODY + json.dumps(a_body()), headers(), "413 too_large"),
    ],
)
def test_it_refuses_what_a_receiver_would(body: str, given: dict[str, str], verdict: str) -> None:
    assert check(body.encode(), given) == verdict


def test_it_refuses_another_content_type() -> None:
    assert check(json.dumps(a_body()).encode(), headers(), "text/plain") == "415 content_type"


@given(st.text(min_size=1), st.integers(1, 9), st.integers(0, 9))
def test_whether_a_fault_strikes_depends_on_seed_id_and_attempt_alone(key: str, attempt: int, seed: int) -> None:
    faults = Faults("status", share=0.5, seed=seed)
    assert faults.strikes(key, attempt) == Faults("hang", share=0.5, seed=seed).strikes(key, attempt)
    assert Faults("status", share=1.0, seed=seed).strikes(key, attempt)
    assert not Faults("status", share=0.0, seed=seed).strikes(key, attempt)
    assert Faults("status", share=0.6, seed=seed).strikes(key, attempt) or not faults.strikes(key, attempt)


def test_about_its_share_of_attempts_is_struck_and_only_the_first_ones() -> None:
    faults = Faults("status", share=0.3, first=2)
    struck = [faults.strikes(f"K{n}", attempt) for n in range(1000) for attempt in (1, 2)]
    assert 500 < sum(struck) < 700
    assert not any(faults.strikes(f"K{n}", 3) for n in range(1000))


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"mode": "sulk"}, "mode"),
        ({"share": 2}, "share"),
        ({"share": "x"}, "share"),
        ({"share": None}, "share"),
        ({"status": 99}, "status"),
        ({"delay_s": "nan"}, "delay_s"),
        ({"retry_after": "1\r\nX: y"}, "retry_after"),
        ({"speed": 1}, "unknown: speed"),
    ],
)
def test_a_script_it_cannot_play_is_refused_by_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        parse_faults(given)


def test_the_ledger_counts_effects_and_repeats_and_forgets_nothing_when_reopened(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    first = Ledger(file)
    for ts, key, verdict in (
        (1000, "K1", "accepted_unanswered"),
        (2000, "K1", "duplicate"),
        (3000, "K2", "fault_hang"),
        (4000, "K2", "accepted"),
    ):
        first.add(Entry.of(ts, "webhook", b"body"), key, "42", verdict)
    first.close()
    ledger = Ledger(file)
    assert ledger.summary() == {
        "attempts": 4,
        "delivered_distinct": 2,
        "duplicates": 1,
        "took_effect_again": 0,
        "by_verdict": {"accepted": 1, "accepted_unanswered": 1, "duplicate": 1, "fault_hang": 1},
        "first_ts": "1970-01-01T00:00:01.000Z",
        "last_ts": "1970-01-01T00:00:04.000Z",
    }
    assert ledger.summary("elsewhere")["attempts"] == 0
    assert ledger.known("webhook", "K1").attempts == 2
    ledger.close()
    effects = sqlite3.connect(file).execute("SELECT * FROM effects ORDER BY key").fetchall()
    assert effects == [("webhook", "K1", "42", 1000, 1), ("webhook", "K2", "42", 4000, 1)]


def test_the_ledger_is_append_only_and_keeps_no_address(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.add(Entry.of(1000, "webhook", b""), "K1", "ana@example.com", "accepted")
    ledger.close()
    base = sqlite3.connect(tmp_path / "ledger.db")
    assert base.execute("SELECT person FROM attempts").fetchone()[0].startswith("sha256:")
    for statement in ("DELETE FROM attempts", "UPDATE attempts SET verdict = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            base.execute(statement)


def with_esp(folder: Path, scenario: Callable[[aiohttp.ClientSession, Post], Awaitable[None]]) -> None:
    """Runs a scenario against a served fake: (session with its base URL, post(key, query) → status and JSON)."""

    async def run() -> None:
        async with fake_esp(folder) as (url, _), aiohttp.ClientSession(url) as session:

            async def post(key: str = "K1", query: str = "", path: str = "/webhook") -> tuple[int, Any]:
                async with session.post(path + query, json=a_body(key), headers=headers(key), allow_redirects=False) as answer:
                    return answer.status, await answer.json() if answer.content_type == "application/json" else None

            await scenario(session, post)

    asyncio.run(run())


def test_a_repeat_is_answered_like_the_first_and_counted_as_a_duplicate(tmp_path: Path) -> None:
    async def scenario(session: aiohttp.ClientSession, post: Post) -> None:
        assert await post() == (200, {"id": "fake-1", "status": "accepted"})
        assert await post() == (200, {"id": "fake-1", "status": "duplicate"})
        assert await post(path="/webhook/other") == (200, {"id": "fake-3", "status": "accepted"})
        async with session.get("/ledger?dest=webhook") as answer:
            assert (await answer.json())["by_verdict"] == {"accepted": 1, "duplicate": 1}

    with_esp(tmp_path, scenario)


def test_a_refused_request_is_in_the_ledger_without_key_or_person(tmp_path: Path) -> None:
    async def scenario(session: aiohttp.ClientSession, _: Post) -> None:
        async with session.post("/webhook", data=b"{", headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400
        async with session.post("/webhook", json=a_body() | {"pad": "x" * 900_000}, headers=headers()) as answer:
            assert answer.status == 413
        async with session.get("/ledger") as answer:
            assert (await answer.json())["by_verdict"] == {"refused_not_json": 1, "refused_too_large": 1}

    with_esp(tmp_path, scenario)


def test_delivered_ids_come_in_pages(tmp_path: Path) -> None:
    async def scenario(session: aiohttp.ClientSession, post: Post) -> None:
        for n in (1, 2, 1, 3):
            await post(f"K{n}")
        found: list[list[str]] = []
        after: int | None = 0
        while after is not None:
            async with session.get(f"/ledger/ids?limit=2&after={after}") as answer:
                page = await answer.json()
            found.append([row["trigger_id"] for row in page["ids"]])
            after = page["next"]
        assert found == [["K1", "K2"], ["K3"]]
        assert set(page["ids"][0]) == {"trigger_id", "person", "first_ts", "dest"}
        async with session.get("/ledger/ids?limit=x") as answer:
            assert answer.status == 400

    with_esp(tmp_path, scenario)


def test_faults_are_scripted_for_all_or_for_one_url(tmp_path: Path) -> None:
    async def scenario(session: aiohttp.ClientSession, post: Post) -> None:
        async with session.put("/faults", json={"mode": "status", "status": 429, "retry_after": "2", "first": 1}) as answer:
            assert (await answer.json())["status"] == 429
        async with session.post("/webhook", json=a_body(), headers=headers()) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "2")
        assert (await post())[0] == 200
        assert (await post("K2", "?mode=status&status=302"))[0] == 302
        with pytest.raises(aiohttp.ClientError):
            await post("K3", "?mode=commit_then_drop")
        with pytest.raises(aiohttp.ClientError):
            await post("K4", "?mode=drop_before_commit")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await post("K5", "?mode=hang")
        assert (await post("K6", "?mode=slow&delay_s=0.01"))[0] == 200
        assert (await post("K7", "?mode=sulk"))[0] == 400
        for bad in ("[]", "{", '{"mode": "sulk"}'):
            async with session.put("/faults", data=bad) as answer:
                assert answer.status == 400
        async with session.get("/faults") as answer:
            assert (await answer.json())["mode"] == "status"
        async with session.get("/health") as answer:
            assert answer.status == 200
        async with session.get("/ledger") as answer:
            assert (await answer.json())["by_verdict"] == {
                "accepted": 2,
                "accepted_unanswered": 2,
                "fault_drop_before_commit": 1,
                "fault_status_302": 1,
                "fault_status_429": 1,
            }

    with_esp(tmp_path, scenario)


def test_a_port_that_is_taken_is_one_line_and_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1]), "--ledger", str(tmp_path / "ledger.db")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_ledger_that_cannot_be_opened_is_one_line_and_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "1", "--ledger", str(tmp_path / "missing" / "ledger.db")]) == 3
    assert capsys.readouterr().err.count("\n") == 1
