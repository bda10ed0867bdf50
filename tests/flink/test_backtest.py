"""`rekindle backtest`: a history gives what the oracle says, the same bytes every time, and bad input does no harm."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench.shop import ShopDay
from rekindle.cli.main import rekindle
from rekindle.demo import history as otto
from tests.flink.mini_cluster import MiniCluster
from tests.oracle import shop
from tests.oracle.differences import differences
from tests.oracle.history import profile_rows, records
from tests.oracle.instants import to_text
from tests.oracle.samples import NOON, profile
from tests.oracle.triggers import BROWSE_ABANDONED, CART_ABANDONED

TRIGGERS = {trigger.name: trigger for trigger in (BROWSE_ABANDONED, CART_ABANDONED)}


@dataclass(frozen=True)
class Bench:
    """Where files lie. Starting the tool in this process shares the tests' JVM."""

    folder: Path
    state: Path

    def write(self, name: str, lines: list[bytes]) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    def tool(self, *arguments: object) -> Result:
        return CliRunner().invoke(rekindle, ["--state-dir", str(self.state), *map(str, arguments)])

    def backtest(self, trigger: str, *arguments: object) -> tuple[bytes, bytes]:
        """(decisions, triggers) as written."""
        decided, sends = self.folder / "D.jsonl", self.folder / "T.jsonl"
        result = self.tool("backtest", trigger, *arguments, "--decisions", decided, "--out", sends)
        assert result.exit_code == 0, result.output
        return decided.read_bytes(), sends.read_bytes()


def a_bench(folder: Path, jars: Path) -> Bench:
    state = folder / "state"
    state.mkdir()
    (state / "jars").symlink_to(jars)
    return Bench(folder, state)


@pytest.fixture
def bench(flink: MiniCluster, jars: Path, tmp_path: Path) -> Bench:
    return a_bench(tmp_path, jars)


def rows(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def a_day() -> ShopDay:
    """Without rows that are late: the oracle knows no watermark."""
    return ShopDay(seed=4, devices=400, start_ms=NOON, hours=5, history=0, tail=0)


@dataclass(frozen=True)
class Day:
    """A shop day in files, and what `backtest` made of it per trigger: (decisions, triggers)."""

    bench: Bench
    lines: list[bytes]
    events: Path
    profiles: Path
    found: dict[str, tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def day(flink: MiniCluster, jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Day:
    bench, generated = a_bench(tmp_path_factory.mktemp("day"), jars), a_day()
    lines = [value.replace(b"\n", b" ") for _, value in generated.lines() if value]
    events = bench.write("events.jsonl", lines)
    profiles = bench.write("profiles.jsonl", [json.dumps(row).encode() for row in profile_rows(generated.profiles(), to_text)])
    found = {trigger: bench.backtest(trigger, "--events", events, "--profiles", profiles) for trigger in TRIGGERS}
    return Day(bench, lines, events, profiles, found)


def assert_equal(expected: shop.Result, decided: bytes, sends: bytes) -> None:
    for wanted, found in ((expected.decisions, decided), (expected.triggers, sends)):
        assert wanted, "a history without any proves nothing"
        columns = [column for column in wanted[0] if column != "evidence"]
        assert not (text := differences(wanted, rows(found), columns)), text[:3000]


@pytest.mark.parametrize("trigger", sorted(TRIGGERS))
def test_a_shop_day_gives_what_the_oracle_says_row_by_row(day: Day, trigger: str) -> None:
    decided, sends = day.found[trigger]
    expected = shop.run(records(day.lines), a_day().profiles(), triggers=[TRIGGERS[trigger]])
    assert_equal(expected, decided, sends)
    reasons = {row["reason"] for row in rows(decided)}
    assert {"sent", "ordered", "no_profile", "no_consent", "cooldown", "suppressed"} <= reasons


def test_the_otto_sample_gives_what_the_oracle_says_row_by_row(bench: Bench) -> None:
    """Real sessions, four weeks of them."""
    otto.write(bench.folder)
    decided, sends = bench.backtest(
        "cart_abandoned", "--events", bench.folder / "events.jsonl", "--profiles", bench.folder / "profiles.jsonl"
    )
    people = [(1_640_995_200_000, row["person_id"], row) for row in otto.profiles()]
    lines = (bench.folder / "events.jsonl").read_bytes().splitlines()
    assert_equal(shop.run(records(lines), people, triggers=[CART_ABANDONED]), decided, sends)


def test_the_output_is_the_same_to_the_byte_at_another_parallelism_and_in_other_chunks(day: Day, tmp_path: Path) -> None:
    size = len(day.lines) // 4 + 1
    for place, start in enumerate(range(0, len(day.lines), size)):
        with gzip.open(tmp_path / f"{place:03}.jsonl.gz", "wb") as file:
            file.write(b"".join(line + b"\n" for line in day.lines[start : start + size]))
    assert day.found["cart_abandoned"][1]
    again = day.bench.backtest("cart_abandoned", "--events", tmp_path, "--profiles", day.profiles, "--parallelism", 2)
    assert again == day.found["cart_abandoned"]


def abandoned(device: str, t: str, user: str | None = "ana") -> bytes:
    call = {"event": "Product Added", "anonymousId": device, "userId": user, "timestamp": t, "properties": {"product_id": "p1", "price": 5}}
    return json.dumps(call).encode()


ANA = json.dumps(profile() | {"person_id": "ana", "updated_at": "2026-01-01T00:00:00Z"}).encode()


def test_garbage_is_counted_by_file_and_line_and_does_no_harm(bench: Bench) -> None:
    good = abandoned("d1", "2026-03-01T10:00:00Z")
    events = bench.write("events.jsonl", [b"{", b"", good, b"[1]", b'{"event":"x","anonymousId":"d"}', good[:40]])
    profiles = bench.write("profiles.jsonl", [b"nonsense", ANA, b'{"person_id":"bea"}'])
    result = bench.tool("backtest", "cart_abandoned", "--events", events, "--profiles", profiles, "--out", bench.folder / "T.jsonl")
    assert result.exit_code == 0, result.output
    assert [row["person_id"] for row in rows((bench.folder / "T.jsonl").read_bytes())] == ["ana"]
    assert "events.jsonl: 4 lines not used: 2 not_json, 1 not_object, 1 no_time (first: line 1 not_json, 4 not_object" in result.stderr
    assert "profiles.jsonl: 2 lines not used: 1 not_json, 1 no_updated_at (first: line 1 not_json, 3 no_updated_at)" in result.stderr


def test_a_draft_that_flink_refuses_is_shown_at_its_place_and_nothing_is_read(bench: Bench) -> None:
    shipped = (resources.files("sql") / "triggers/core/cart_abandoned.sql").read_text(encoding="utf-8")
    draft = bench.folder / "cart_abandoned.sql"
    draft.write_text(shipped.replace("item_count >=", "item_cuont >="), encoding="utf-8")
    result = bench.tool("backtest", draft, "--events", bench.write("events.jsonl", [abandoned("d1", "2026-03-01T10:00:00Z")]))
    assert result.exit_code == 1
    assert "error[T012]: unknown column 'item_cuont'" in result.stderr
    assert "      ^^^^^^^^^^ not a column of carts" in result.stderr
    assert "ingest" not in result.stderr


def test_an_empty_file_is_one_clear_finding(bench: Bench) -> None:
    result = bench.tool("backtest", "cart_abandoned", "--events", bench.write("events.jsonl", []))
    assert result.exit_code == 1
    assert "the files hold no line" in result.stderr
    assert result.stdout == ""


def test_a_file_cut_off_in_its_compression_gives_what_it_holds_and_says_so(bench: Bench) -> None:
    packed = gzip.compress(b"".join(abandoned(f"d{n}", f"2026-03-01T10:00:{n % 60:02}Z", f"u{n}") + b"\n" for n in range(5000)))
    (bench.folder / "events.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    result = bench.tool("backtest", "cart_abandoned", "--events", bench.folder / "events.jsonl.gz", "--json")
    assert result.exit_code == 0, result.output
    assert "cut_off" in result.stderr
    assert json.loads(result.stdout)["candidates"] > 100


def test_only_what_falls_due_between_from_and_to_is_shown_but_all_of_it_counts(bench: Bench) -> None:
    times = ["2026-03-01T10:00:00Z", "2026-03-01T20:00:00Z", "2026-03-03T10:00:00Z"]
    events = bench.write("events.jsonl", [abandoned("d1", t) for t in times])
    profiles = bench.write("profiles.jsonl", [ANA])
    arguments = ("--events", events, "--profiles", profiles, "--from", "2026-03-01T12:00:00Z", "--to", "2026-03-02T00:00:00Z")
    decided, sends = bench.backtest("cart_abandoned", *arguments)
    assert [(row["fired_at"], row["reason"]) for row in rows(decided)] == [("2026-03-01T20:05:00.000Z", "cooldown")]
    assert sends == b""


def test_given_identities_profile_versions_and_erasures_count_from_their_times(bench: Bench) -> None:
    times = ["2026-03-01T10:00:00Z", "2026-03-02T11:00:00Z", "2026-03-03T12:00:00Z"]
    events = bench.write("events.jsonl", [abandoned("d1", t, None) for t in times])
    device = {"device_id": "d1", "person_id": "ana"}
    identities = bench.write("identities.jsonl", [json.dumps(device | {"at": "2026-03-02T00:00:00Z"}).encode()])
    erased = b'{"person_id":"ana","erased":true,"updated_at":"2026-03-03T00:00:00Z"}'
    profiles = bench.write("profiles.jsonl", [erased, ANA])
    decided, _ = bench.backtest("cart_abandoned", "--events", events, "--profiles", profiles, "--identities", identities)
    assert [(row["person_id"], row["reason"]) for row in rows(decided)] == [("d1", "no_profile"), ("ana", "sent"), ("ana", "no_profile")]


def test_a_catalogue_given_as_a_file_drops_prices(bench: Bench) -> None:
    call = {"event": "Product Viewed", "anonymousId": "d1", "userId": "ana", "timestamp": "2026-03-01T10:00:00Z"}
    events = bench.write("events.jsonl", [json.dumps(call | {"properties": {"product_id": "p1"}}).encode()])
    product = {"product_id": "p1", "title": "Mug", "currency": "EUR", "stock": 3}
    prices = ((20, "2026-02-01T00:00:00Z"), (12, "2026-03-05T09:00:00Z"))
    catalog = bench.write("catalog.jsonl", [json.dumps(product | {"price": price, "updated_at": at}).encode() for price, at in prices])
    profiles = bench.write("profiles.jsonl", [ANA])
    _, sends = bench.backtest("price_dropped", "--events", events, "--profiles", profiles, "--catalog", catalog)
    assert [(row["person_id"], row["fired_at"]) for row in rows(sends)] == [("ana", "2026-03-05T09:00:00.000Z")]


def test_two_versions_are_compared_occasion_by_occasion_with_their_reasons(bench: Bench) -> None:
    shipped = (resources.files("sql") / "triggers/core/cart_abandoned.sql").read_text(encoding="utf-8")
    draft = bench.folder / "cart_abandoned.sql"
    draft.write_text(shipped.replace("version: 1", "version: 2").replace("default: 1}", "default: 2}"), encoding="utf-8")
    two = abandoned("d2", "2026-03-01T11:00:00Z", "bea").replace(b'"price": 5', b'"price": 5, "quantity": 2')
    events = bench.write("events.jsonl", [abandoned("d1", "2026-03-01T10:00:00Z"), two])
    profiles = bench.write("profiles.jsonl", [ANA, ANA.replace(b'"ana"', b'"bea"').replace(b"ana@", b"bea@")])
    old = bench.folder / "old.sql"
    old.write_text(shipped, encoding="utf-8")
    report = bench.folder / "report"
    result = bench.tool("backtest", draft, "--events", events, "--profiles", profiles, "--against", old, "--report", report, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["sends"], found["against"]["sends"]) == (1, 2)
    assert {name: found["against"][name] for name in ("more", "fewer", "moved", "same")} == {"more": 0, "fewer": 1, "moved": 0, "same": 1}
    (example,) = found["against"]["examples"]
    assert (example["person_id"], example["after"]) == ("ana", "no candidate")
    assert example["before"] == "sent 2026-03-01T10:05:30.000Z"
    assert json.loads((report / "report.json").read_text(encoding="utf-8")) == found
    assert "2026-03-01: 2 before" in (report / "sends.svg").read_text(encoding="utf-8")
    assert "no candidate" in (report / "report.html").read_text(encoding="utf-8")


def test_a_lake_of_events_gives_what_its_raw_lines_give(bench: Bench) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    times = ["2026-03-01T10:00:00Z", "2026-03-02T09:00:00Z"]
    profiles = bench.write("profiles.jsonl", [ANA])
    expected = bench.backtest(
        "cart_abandoned", "--events", bench.write("e.jsonl", [abandoned("d1", t) for t in times]), "--profiles", profiles
    )
    for number, t in enumerate(times):
        row: dict[str, str | None] = {
            "event_id": f"e{number}",
            "event": "Product Added",
            "device_id": "d1",
            "user_id": "ana",
            "event_time": t,
        }
        row |= {"received_at": t, "properties": '{"product_id":"p1","price":5}', "locale": None}
        folder = bench.folder / "lake" / "events" / f"day={t[:10]}"
        folder.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist([row]), folder / "part.parquet")
    assert expected[1]
    assert bench.backtest("cart_abandoned", "--lake", bench.folder / "lake", "--profiles", profiles) == expected


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cart_abandoned"], "give --events or --lake"),
        (["cart_abandoned", "--events", "nowhere.jsonl"], "nowhere.jsonl: no such file"),
        (["no_such_trigger", "--events", "."], "no trigger 'no_such_trigger'"),
        (["cart_abandoned", "--events", ".", "--from", "yesterday"], "'yesterday' is no time"),
        (["cart_abandoned", "--events", ".", "--against", "no-such-ref"], "no such version in Git"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(bench: Bench, arguments: list[str], says: str) -> None:
    result = bench.tool("backtest", *arguments)
    assert result.exit_code == 2
    assert says in result.output
