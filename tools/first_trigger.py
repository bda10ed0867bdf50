"""Plays docs/first-trigger.md and writes it: `.venv/bin/python tools/first_trigger.py > docs/first-trigger.md`.

A test runs the same and compares, so the page shows what the tool really prints.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner

from jobs.settings import environment
from rekindle.cli.main import rekindle
from rekindle.demo import history

SETTINGS = """\
packs_dir: triggers   # the folder with our packs; without it, the ones that ship
packs: [ours]         # those that run
"""
WITH_A_TYPO = """\
/* ---
name: product_compared
description: Who looked at several products in one visit and put none into the cart?
owner: lifecycle@shop.example
status: active
template: help_me_choose
purpose: marketing_email
priority: 45
cancel_on: [Order Completed, Product Added]
cooldown: 7 days
max_age: 6 hours
params:
  min_views: {type: int, default: 4}
--- */
-- For the marketer: advice for somebody who cannot decide. Whoever adds one of them or orders before it leaves, gets none.
SELECT
    device_id,
    user_id,
    session_id AS occasion, -- a long visit is still one occasion
    ended_at AS fired_at,
    JSON_OBJECT(KEY 'products' VALUE JSON(products)) AS payload,
    started_at AS since
FROM sessions
WHERE product_veiws >= :min_views AND adds = 0 AND orders = 0
"""
CASES = """\
fires when four products were looked at and none was taken:
  clock: "2026-03-01 10:31:00"
  given:
    sessions: [{device_id: d1, session_id: s1, ended_at: "2026-03-01 10:30:00", product_views: 4, products: [p1, p2, p3, p4]}]
  expect: [{device_id: d1, occasion: s1, payload: {products: [p1, p2, p3, p4]}}]

stays quiet when one went into the cart:
  clock: "2026-03-01 10:31:00"
  given:
    sessions: [{device_id: d1, session_id: s1, ended_at: "2026-03-01 10:30:00", product_views: 5, adds: 1}]
  expect: []

is not sent without consent:
  clock: "2026-03-01 10:31:00"
  given:
    sessions: [{device_id: d1, user_id: ana, session_id: s1, ended_at: "2026-03-01 10:30:00", product_views: 4, products: [p1]}]
    profiles: [{person_id: ana, valid_from: "2026-01-01 00:00:00", email: ana@example.com}]
  expect:
    decisions: [{person_id: ana, verdict: suppressed, reason: no_consent}]
    triggers: []
"""
SQL, TEST = "triggers/ours/product_compared.sql", "triggers/ours/product_compared.test.yaml"


def page(state: Path) -> str:
    """The page, played in an empty folder. state: folder with `jars`, for `--state-dir`."""
    jars = (state / "jars").absolute()
    with tempfile.TemporaryDirectory(prefix="rekindle-") as name, chdir(name):
        Path("state").mkdir()
        Path("state/jars").symlink_to(jars)
        Path("rekindle.yaml").write_text(SETTINGS, encoding="utf-8")
        return "\n".join(_parts())


def _parts() -> Iterator[str]:
    yield "# Your first trigger\n"
    yield "Made by `tools/first_trigger.py`, which a test runs again: what you see is what is printed.\n"
    yield "You need `make setup` and the environment's `rekindle` on the PATH. No Kafka, no cluster: the tool brings what it needs.\n"
    yield "The question: **who looked at several products in one visit and put none into the cart?** No shipped trigger answers it.\n"
    yield "## A place of your own\n\nTwo lines of settings, and the tool is told of them once:\n"
    yield _file("rekindle.yaml", SETTINGS) + "\n\n```console\n$ export REKINDLE_SETTINGS=rekindle.yaml\n```\n"
    yield "## Begin with what is there\n"
    yield _run("new", "product_compared", "--like", "browse_abandoned", "--pack", "ours")
    yield "What may it read? Every table says what its columns mean:\n"
    yield _run("tables", "sessions", most=14)
    yield "## Write it\n\nWith a slip of the pen in the last line:\n"
    Path(SQL).write_text(WITH_A_TYPO, encoding="utf-8")
    yield _file(SQL, WITH_A_TYPO) + "\n"
    yield _run("check", "product_compared", expect=1)
    yield "Mended:\n"
    Path(SQL).write_text(WITH_A_TYPO.replace("product_veiws", "product_views"), encoding="utf-8")
    yield _run("check", SQL)
    yield "## Say what it must do\n"
    yield "A case is a sentence, rows that are given, a clock, and what is to come out. The last one asks the gate too.\n"
    Path(TEST).write_text(CASES, encoding="utf-8")
    yield _file(TEST, CASES) + "\n"
    yield _run("test", "product_compared")
    yield "## See what it would have sent\n"
    yield "Four weeks of twenty real visitors of a shop come with the suite; yours are raw events in files, one a line:\n"
    history.write(Path("shop"))
    yield "```console\n$ python -m rekindle.demo.history shop\n```\n"
    past = ("--events", "shop/events.jsonl", "--profiles", "shop/profiles.jsonl")
    yield _run("backtest", "product_compared", *past, "--out", "triggers.jsonl")
    first = Path("triggers.jsonl").read_text(encoding="utf-8").splitlines()[0]
    yield f"```console\n$ head -1 triggers.jsonl\n{first}\n```\n"
    yield "Would eight products be a better sign than four? Against the version of before, on the same history:\n"
    changed = (
        Path(SQL).read_text(encoding="utf-8").replace("default: 4", "default: 8").replace("status: active", "status: active\nversion: 2")
    )
    Path("eight.sql").write_text(changed, encoding="utf-8")
    yield "```console\n$ sed 's/default: 4/default: 8/; s/status: active/status: active\\nversion: 2/' " + SQL + " > eight.sql\n```\n"
    yield _run("backtest", "eight.sql", *past, "--against", SQL, "--out", "eight.jsonl", "--report", "report", most=16)
    yield "`report/report.html` shows the same with a picture, and opens from a file.\n"
    yield "## What going live would mean\n"
    yield _run("plan")
    yield "`rekindle apply` does it: see [Put it live](triggers.md#put-it-live)."
    yield ""


def _file(path: str, text: str) -> str:
    kind = Path(path).suffix.removeprefix(".")
    return f"`{path}`:\n\n```{kind}\n{text}```"


def _run(*words: str, expect: int = 0, most: int | None = None) -> str:
    """One command and all it prints, as a console block. most: lines that are shown."""
    # port 9 answers nobody: whoever runs this may have a cluster on Flink's usual one
    env = {"REKINDLE_SETTINGS": "rekindle.yaml", "REKINDLE_STATE": "state", "REKINDLE_FLINK__REST_URL": "http://127.0.0.1:9"}
    result = CliRunner(env=env).invoke(rekindle, list(words))
    if result.exit_code != expect:
        raise SystemExit(f"rekindle {' '.join(words)} ended with {result.exit_code}, not {expect}:\n{result.output}")
    lines = [line.rstrip() for line in result.output.strip().splitlines()]
    shown = lines if most is None or len(lines) <= most else [*lines[:most], "…"]
    return "\n".join(["```console", f"$ rekindle {' '.join(words)}", *shown, "```", ""])


if __name__ == "__main__":
    written = page(Path(environment("REKINDLE_STATE", ".rekindle")))
    sys.stdout.write(written)
