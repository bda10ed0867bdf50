"""`rekindle list`, `show`, `docs`: the catalogue for people, machines and browsers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.definitions import published
from rekindle.cli.main import rekindle
from rekindle.workbench.catalogue import entries, highlight, lineage

CATALOGUE = entries.load()
VOID = {"meta", "link", "path", "rect"}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(rekindle, [*arguments])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    report = {"version": 1, "lines": 120_000, "candidates": 812, "sends": 411, "people": 390, "reasons": {"cooldown": 401}}
    (state / "backtests").mkdir()
    (state / "backtests" / "cart_abandoned.json").write_text(json.dumps(report), encoding="utf-8")
    (state / "backtests" / "email_clicked.json").write_text("{", encoding="utf-8")
    result = invoke("--state-dir", str(state), "docs", "--out", str(state / "site"))
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(state / "site" / "index.html")
    return state / "site"


class Page(HTMLParser):
    """Reads a page as a browser would, and complains where it would guess."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []
        self.headings: list[int] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        self.labels += [str(found["aria-labelledby"])] if "aria-labelledby" in found else []
        self.headings += [int(tag[1])] if re.fullmatch("h[1-6]", tag) else []
        self.open += [tag] if tag not in VOID else []

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def test_list_shows_every_trigger_and_whether_it_runs() -> None:
    rows = json.loads(invoke("list", "--json").stdout)
    assert len(rows) == len(CATALOGUE.entries) >= 12
    assert {row["name"] for row in rows if row["runs"]} == {"cart_abandoned", "browse_abandoned"}
    assert {row["name"] for row in json.loads(invoke("--set", "packs=[catalog]", "list", "--json").stdout) if row["runs"]} == {
        "price_dropped",
        "back_in_stocked",
    }
    text = invoke("list").stdout
    assert all(row["name"] in text and row["question"] in text for row in rows)


def test_show_tells_all_of_a_trigger_to_people_and_machines() -> None:
    told = json.loads(invoke("show", "price_dropped", "--json").stdout)
    assert (told["pack"], told["reads"], told["header"]["priority"], told["runs"]) == ("catalog", ["interests"], 50, False)
    assert "price_before" in told["payload"]
    assert {case["fires"] for case in told["cases"]} == {True, False}
    text = invoke("show", "price_dropped").stdout
    assert "FROM interests" in text
    assert all(case["sentence"] in text for case in told["cases"])
    assert invoke("show", "price_droped").exit_code == 2


def test_a_broken_file_is_told_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a_bad.sql").write_text("SELECT 1", encoding="utf-8")
    result = invoke("--set", f"packs_dir={tmp_path}", "list", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert "a_bad.sql" in result.stderr


def test_pages_are_whole_lead_only_to_each_other_and_load_nothing_from_elsewhere(site: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    assert set(pages) == {"index.html", *(f"{entry.name}.html" for entry in CATALOGUE.entries)}
    for name, text in pages.items():
        page = Page(text)
        assert {link for link in page.links if not link.startswith("#")} <= {*pages, "style.css"}, name
        assert "<script" not in text
        assert len(page.ids) == len(set(page.ids)), name
        assert {*page.labels, "content"} <= set(page.ids), name
        assert page.headings[0] == 1
        assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), (
            f"{name}: a heading is skipped"
        )
    assert "//" not in (site / "style.css").read_text(encoding="utf-8")


def test_the_index_leads_to_every_trigger_by_question_and_by_pack(site: Path) -> None:
    page = Page((site / "index.html").read_text(encoding="utf-8"))
    for entry in CATALOGUE.entries:
        assert page.links.count(f"{entry.name}.html") == 2
        assert page.words.count(entry.trigger.header.description) == 2


@pytest.mark.parametrize("entry", CATALOGUE.entries, ids=lambda entry: entry.name)
def test_a_page_tells_question_owner_sql_contract_and_cases(site: Path, entry: entries.Entry) -> None:
    words = " ".join(Page((site / f"{entry.name}.html").read_text(encoding="utf-8")).words.split())
    header = entry.trigger.header
    for told in (
        header.description,
        header.owner,
        header.template,
        *header.cancel_on,
        *entry.payload,
        *(case.sentence for case in entry.cases),
    ):
        assert told in words
    code = entry.trigger.query[entry.trigger.query.index("SELECT") :]
    assert " ".join(code.split()) in words
    for table in entry.reads:
        assert all(column.meaning in words for column in published.tables()[table].columns)


def test_the_last_backtest_is_shown_if_there_was_one_that_can_be_read(site: Path) -> None:
    assert "120,000" in (site / "cart_abandoned.html").read_text(encoding="utf-8")
    for name in ("email_clicked", "price_dropped"):
        assert "None in this state folder" in (site / f"{name}.html").read_text(encoding="utf-8")


def test_the_same_files_give_the_same_bytes_and_pages_of_what_is_gone_go(site: Path) -> None:
    before = {path.name: path.read_bytes() for path in site.iterdir()}
    (site / "old_one.html").write_bytes(before["price_dropped.html"])
    (site / "notes.html").write_text("mine", encoding="utf-8")
    assert invoke("--state-dir", str(site.parent), "docs", "--out", str(site)).exit_code == 0
    assert {path.name: path.read_bytes() for path in site.iterdir()} == before | {"notes.html": b"mine"}
    (site / "notes.html").unlink()


def test_sql_is_coloured_and_escaped_and_loses_no_character() -> None:
    sql = "SELECT a<b, '<i>' AS `order`, :min -- why & how\nFROM t /* x */"
    html = highlight.sql(sql)
    assert Page(f"<pre>{html}</pre>").words == sql
    assert '<span class="k">SELECT</span>' in html
    assert '<span class="p">:min</span>' in html
    assert '<span class="s">&#x27;&lt;i&gt;&#x27;</span>' in html
    assert "<i>" not in html


def test_the_picture_leads_from_topics_to_the_template() -> None:
    header = CATALOGUE.find("price_dropped").trigger.header
    svg = lineage.picture("price_dropped", header, ("interests",))
    words = Page(svg).words
    assert all(word in words for word in ("events", "catalog", "interests", "price_dropped", "gate", "no Order Completed", "price_drop"))
    assert svg.count('class="arrow"') == 5
    assert "events and catalog and interests feed price_dropped" in svg


def test_tables_that_are_no_topics_have_their_sources_in_the_picture() -> None:
    assert {name for name in published.tables() if name not in ("events", "carts", "sessions", "profiles", "catalog")} == set(
        published.MADE_OF
    )
