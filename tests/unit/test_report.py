"""rekindle report: the funnel, lift with its interval, the holdout, picture and page"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rekindle.workbench.index.rows import DAY_MS, instant
from rekindle.workbench.report import page, picture
from rekindle.workbench.report.document import document, points
from rekindle.workbench.report.funnel import count
from rekindle.workbench.report.intervals import difference, wilson
from rekindle.workbench.report.tables import grids
from tests.unit.shop_topics import NOW, Line, an_index, decided, event, outcome, pair, receipt

FIRST = instant("2026-03-01T00:00:00Z") // DAY_MS


def reported(folder: Path, *lines: Line, trigger: str | None = None, now: int = NOW, days: int = 3) -> dict[str, Any]:
    return document(count(an_index(folder, lines), FIRST, FIRST + days, trigger, now))


def only(found: dict[str, Any]) -> dict[str, Any]:
    (one,) = found["triggers"]
    return dict(one)


def test_candidates_are_counted_once_with_their_reason_down_to_the_order(tmp_path: Path) -> None:
    one = only(
        reported(
            tmp_path,
            decided("10:00", "held", 1),
            decided("11:00", "sent", 1),
            decided("11:00", "no_consent", 2, person="7"),
            decided("11:00", "no_consent", 3, person="8"),
            decided("11:00", "sent", 4, person="9"),
            decided("11:30", "cancelled_after_send", 4, person="9", evidence={"event_id": "e"}),
            outcome("11:01", "accepted", 1),
            outcome("11:01", "rejected", 4, "9"),
            receipt("12:00", "Email Opened", 1),
            receipt("12:01", "Email Link Clicked", 1),
            event("13:00", "Order Completed", user_id="42"),
        )
    )
    assert {name: one[name] for name in ("candidates", "sent", "accepted", "opened", "clicked", "ordered", "held", "called_back")} == {
        "candidates": 4, "sent": 2, "accepted": 1, "opened": 1, "clicked": 1, "ordered": 1, "held": 1, "called_back": 1,
    }  # fmt: skip
    assert one["reasons"] == {"no_consent": 2}
    assert one["candidates"] == one["sent"] + sum(one["reasons"].values())


def test_a_mail_that_came_back_from_delivery_is_the_same_mail_and_stopped_once_if_it_is(tmp_path: Path) -> None:
    again = {"recheck": True}
    one = only(
        reported(
            tmp_path,
            decided("11:00", "sent", 1, variant="a"),
            decided("11:10", "held", 1, evidence=again),
            decided("11:20", "sent", 1, evidence=again),
            decided("11:00", "sent", 2, person="7"),
            decided("11:05", "cancelled_after_send", 2, person="7", evidence={"event_id": "e"}),
            decided("11:10", "ordered_since", 2, person="7", evidence=again),
            decided("11:00", "sent", 3, person="8"),
            decided("11:10", "paused", 3, person="8", evidence=again),
        )
    )
    found = {name: one[name] for name in ("candidates", "sent", "held", "called_back", "reasons")}
    assert found == {"candidates": 3, "sent": 3, "held": 0, "called_back": 2, "reasons": {}}


def test_what_a_scanner_opened_or_clicked_is_nobodys_interest(tmp_path: Path) -> None:
    machine = [receipt("12:00", "Email Opened", 1, machine=True), receipt("12:00", "Email Link Clicked", 1, machine=True)]
    one = only(reported(tmp_path, decided("11:00", "sent", 1), *machine))
    assert (one["opened"], one["clicked"]) == (0, 0)


def test_who_clicks_has_opened(tmp_path: Path) -> None:
    one = only(reported(tmp_path, decided("11:00", "sent", 1), receipt("12:00", "Email Link Clicked", 1)))
    assert (one["opened"], one["clicked"]) == (1, 1)


@pytest.mark.parametrize(("clock", "day", "ordered"), [("10:59", "2026-03-01", 0), ("11:00", "2026-03-08", 1), ("11:01", "2026-03-08", 0)])
def test_an_order_counts_for_seven_days_after_the_send(tmp_path: Path, clock: str, day: str, ordered: int) -> None:
    one = only(reported(tmp_path, decided("11:00", "sent", 1), event(clock, "Order Completed", user_id="42", day=day)))
    assert one["ordered"] == ordered


def test_an_order_on_a_device_counts_for_whoever_owned_it_then(tmp_path: Path) -> None:
    lines = [decided("09:00", "sent", 1), decided("09:00", "sent", 2, person="7"), pair("10:00"), pair("12:00", person="7")]
    one = only(reported(tmp_path, *lines, event("11:00", "Order Completed")))
    assert one["ordered"] == 1


def test_sends_whose_week_is_not_over_are_told(tmp_path: Path) -> None:
    index = an_index(tmp_path, [decided("11:00", "sent", 1)])
    for now, running in (("2026-03-05T00:00:00Z", 1), ("2026-03-09T00:00:00Z", 0)):
        assert only(document(count(index, FIRST, FIRST, None, instant(now))))["running"] == running


def test_days_and_other_triggers_stay_apart(tmp_path: Path) -> None:
    lines = [decided("11:00", "sent", 1), decided("11:00", "sent", 2, day="2026-03-02"), decided("11:00", "capped", 3, "browse_abandoned")]
    index = an_index(tmp_path, lines)
    found = document(count(index, FIRST, FIRST + 3, None, NOW))
    assert [(one["trigger"], one["candidates"]) for one in found["triggers"]] == [("browse_abandoned", 1), ("cart_abandoned", 2)]
    assert [(day["day"], day["sent"]) for day in found["triggers"][1]["days"]] == [("2026-03-01", 1), ("2026-03-02", 1)]
    assert only(document(count(index, FIRST + 1, FIRST + 1, "cart_abandoned", NOW)))["candidates"] == 1


def an_experiment() -> list[Line]:
    """control: 80 sends, 48 orders; a: 70, 56; holdout: 20, 4."""
    lines: list[Line] = []
    for variant, sends, orders, reason in (("control", 80, 48, "sent"), ("a", 70, 56, "sent"), (None, 20, 4, "holdout")):
        for place in range(sends):
            number = len(lines) + 1
            lines.append(decided("11:00", reason, number, person=f"{variant}-{place}", variant=variant))
            if place < orders:
                lines.append(event("12:00", "Order Completed", f"d-{variant}-{place}", user_id=f"{variant}-{place}"))
    return lines


def test_variants_are_told_against_control_and_the_sent_against_the_holdout(tmp_path: Path) -> None:
    one = only(reported(tmp_path, *an_experiment()))
    control, a = one["variants"]
    assert (control["variant"], control["lift"], a["variant"]) == ("control", None, "a")
    assert a["rates"]["ordered"]["rate"] == pytest.approx(0.8)
    assert a["lift"]["ordered"]["difference"] == pytest.approx(0.2)
    assert a["lift"]["ordered"]["interval"] == pytest.approx([0.0524, 0.3339], abs=5e-5)
    assert a["lift"]["ordered"]["certain"]
    assert a["lift"]["ordered"]["relative"] == pytest.approx(1 / 3)
    assert (one["holdout"]["people"], one["holdout"]["ordered"], one["reasons"]) == (20, 4, {"holdout": 20})
    assert one["holdout"]["lift"]["ordered"]["difference"] == pytest.approx(104 / 150 - 0.2)
    assert points(a["lift"]["ordered"]) == "+20.0 (+5.2 to +33.4) points"


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    # Newcombe 1998, Table II, method 10
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_is_that_of_the_paper(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    assert difference(*counts) == pytest.approx((low, high), abs=5e-5)


def test_an_interval_of_nothing_is_no_claim() -> None:
    assert difference(1, 2, 0, 0) is None
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_page_and_picture_show_names_as_text_whatever_is_in_them(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>&\"'"
    lines = [
        decided("11:00", "sent", 1, evil, variant=evil),
        decided("11:00", "sent", 2, evil, variant="b"),
        decided("11:00", evil, 3, evil),
    ]
    found = reported(tmp_path, *lines, decided("11:00", "holdout", 4, evil, person="9"))
    html, svg = page.page(found), picture.funnel(found)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "".join(ElementTree.fromstring(svg).itertext()).count(evil) == 2
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in html


def test_the_page_has_every_number_of_the_tables(tmp_path: Path) -> None:
    found = reported(tmp_path, *an_experiment())
    html = page.page(found)
    for grid in grids(found):
        assert grid.title in html
        for row in grid.rows:
            assert all(str(cell) in html for cell in row)
