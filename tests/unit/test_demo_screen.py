"""rekindle.demo.screen and stage: what is shown, and where the demo may write."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jobs.gate.reasons import Reason
from jobs.settings import load
from rekindle.demo.screen import WORDS, Screen, about_what, example_row, examples
from rekindle.demo.stage import settings_of
from rekindle.demo.tally import Tally
from rekindle.local.layout import Wishes, plan
from rekindle.local.paths import Places
from rekindle.local.stack import Stack
from tests.unit.test_demo_tally import CANDIDATE, SENT, row, told


def a_stack(folder: Path) -> Stack:
    layout = plan(Wishes(), find=lambda count, _: list(range(30_000, 30_000 + count)))
    return Stack(Places.under(folder), layout)


def test_every_reason_that_can_end_a_candidate_has_words() -> None:
    beside = {"historical", "cancelled_after_send"}  # never a candidate; told beside `sent`
    assert {str(reason) for reason in Reason} - WORDS.keys() == beside


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ('{"items":[{"product_id":"1","name":"Oak rug","quantity":2,"price":9.50}],"total":19.00}', "2 × Oak rug"),
        ('{"items":[{"product_id":"1","name":null,"quantity":1}]}', "1 × 1"),
        ('{"items":[{"name":"a","quantity":1},{"name":"b","quantity":1},{"name":"c","quantity":1}]}', "1 × a, 1 × b and 1 more"),
        ('{"product_id":"626201","products":["626201"]}', "product 626201"),
        ("{}", "product ?"),
    ],
)
def test_a_payload_is_told_in_few_words(payload: str, words: str) -> None:
    assert about_what(payload) == words


def test_examples_are_one_of_each_kind_and_say_why() -> None:
    tally = told(CANDIDATE, SENT, *(("trigger_decisions", row("no_consent", person=f"p{number}")) for number in range(5)))
    rows = [example_row(tally, key) for key in examples(tally)]
    assert [one[4] for one in rows] == ["sent", "not sent: never agreed to such mail"]


def test_progress_goes_to_stderr_and_results_to_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(time.monotonic())
    screen.step("a step [not markup]")
    screen.missing(["first", "second"])
    screen.result(told(CANDIDATE, SENT), a_stack(tmp_path))
    screen.line(Tally().summary(None))
    said = capsys.readouterr()
    assert "a step [not markup]" in said.err
    assert "error: first; second" in said.err
    assert "cart_abandoned" in said.out
    assert said.out.splitlines()[-1].startswith('{"events": 0')


def test_made_up_people_never_reach_another_kafka_or_platform(tmp_path: Path) -> None:
    real = ["kafka.servers=shop:9092", "flink.rest_url=http://prod:8081", "destinations.default.url=https://esp.example"]
    given = load(None, [*real, "flink.parallelism=2", "times.cart_gap=1 min"], {})
    stack = a_stack(tmp_path)
    settings = settings_of(stack, given)
    assert settings.kafka.servers == stack.kafka_servers
    assert settings.destinations["default"].model_dump()["url"] == f"{stack.esp_url}/webhook"
    assert (settings.flink.rest_url, settings.flink.parallelism) == (stack.flink_url, 2)
    assert settings.times == load(None, [], {}).times
