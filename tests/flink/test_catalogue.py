"""The shipped catalogue on the real planner: each pack is one job, only adds rows, and its clock moves with every table it reads.

What fires and what stays quiet is in the `*.test.yaml` beside each trigger.
"""

from __future__ import annotations

import json
import re
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyflink.table import ExplainDetail

from jobs.definitions import packs
from jobs.definitions.trigger import Trigger
from jobs.evaluate.job import build
from jobs.evaluate.sources import PUBLISHED
from rekindle.cli.main import rekindle
from rekindle.workbench.catalogue import scaffold
from tests.flink.mini_cluster import MiniCluster, read
from tests.flink.shop_log import Row, at, event, product, tables, topics
from tests.oracle.samples import HOUR, MINUTE

DAY = 24 * HOUR
READS = {
    "core": {"carts_topic", "sessions_topic"},
    "engagement": {"carts_topic", "sessions_topic", "events_topic"},
    "lifecycle": {"carts_topic", "sessions_topic", "events_topic"},
    "catalog": {"carts_topic", "sessions_topic", "events_topic", "catalog_topic"},
}
"""What each pack's job reads beside identities and profiles: carts and sessions always, for their clocks."""
TRIGGERS = [(pack, trigger) for pack in READS for trigger in packs.load(pack)]
every_trigger = pytest.mark.parametrize(("pack", "trigger"), TRIGGERS, ids=[f"{pack}/{trigger.name}" for pack, trigger in TRIGGERS])


@pytest.mark.parametrize("pack", READS)
def test_a_pack_is_one_job_that_reads_what_its_triggers_ask_for_and_nothing_else(flink: MiniCluster, pack: str) -> None:
    env = flink.environment("evaluate")
    build(env, env.settings, packs.load(pack))
    plan = env.inserts.explain(ExplainDetail.CHANGELOG_MODE)
    optimized = plan.split("== Optimized Execution Plan ==")[1]
    read_tables = set(re.findall(r"TableSourceScan\(table=\[\[default_catalog, \w+, (\w+)", optimized))
    assert read_tables == READS[pack] | {"identities", "profiles"}
    assert "Join(joinType" not in re.sub(r"TemporalJoin\(joinType", "", optimized), "an unbounded join"


def test_queries_over_interests_share_one_state_where_they_share_their_tables(flink: MiniCluster) -> None:
    env = flink.environment("test")
    for table in PUBLISHED:
        env.run_script(f"tables/{table}.sql")
    both = "\nUNION ALL\n".join(f"SELECT * FROM ({trigger.select()})" for pack, trigger in TRIGGERS if pack == "catalog")
    plan = env.table.sql_query(both).explain().split("== Optimized Execution Plan ==")[1]
    assert [plan.count(f"invocation=[{function}(") for function in ("PRODUCT_ACTS", "PRODUCT_CHANGES", "PRODUCT_INTERESTS")] == [1, 1, 1]


@every_trigger
def test_a_trigger_only_adds_rows(flink: MiniCluster, pack: str, trigger: Trigger) -> None:
    env = flink.environment("test")
    for table in PUBLISHED:
        env.run_script(f"tables/{table}.sql")
    plan = env.table.sql_query(trigger.select()).explain(ExplainDetail.CHANGELOG_MODE)
    assert set(re.findall(r"changelogMode=\[(\w+(?:,\w+)*)]", plan)) == {"I"}


@pytest.fixture(scope="module")
def shop() -> dict[str, list[Row]]:
    """A little of everything that one trigger or another fires on."""
    lines = json.dumps({"products": [{"product_id": "p1", "name": "Tea „grün“", "quantity": 2, "price": 12.5}], "coupon": None})
    click = {"email_id": "m1", "link_url": "https://shop.example/p1", "properties": '{"trigger":"cart_abandoned","person_id":"ana"}'}
    session = {"device_id": "d1", "session_id": "s1", "started_at": at(0), "ended_at": at(HOUR), "adds": 0, "orders": 0, "filters": 0}
    cart = {"device_id": "d1", "cart_hash": "c1", "item_count": 2, "orders": 0, "total": 25, "currency": "EUR", "first_add_at": at(0)}
    return {
        "carts": [cart | {"items": json.dumps([{"product_id": "p1", "quantity": 2}]), "ended_at": at(HOUR)}],
        "sessions": [
            session | {"searches": 1, "last_query": "blue", "categories": '["shoes"]', "product_views": 0},
            session
            | {
                "session_id": "s2",
                "searches": 0,
                "product_views": 1,
                "products": '["p1"]',
                "last_product_id": "p1",
                "ended_at": at(2 * HOUR),
            },
        ],
        "events": [
            event("Product Viewed", "d1", 0, product_id="p1"),
            event("Product Added to Wishlist", "d2", MINUTE, product_id="p1", name="Tea „grün“", price=12.5, currency="EUR"),
            event("Checkout Started", "d1", HOUR, "ana", checkout_id="k1", value=25, currency="EUR", properties=lines),
            event("Email Link Clicked", "user:ana", HOUR, **click),
            event("Order Completed", "d3", 2 * HOUR, "ana", order_id="o1", value=25, currency="EUR", properties=lines),
            event("Order Completed", "d3", 4 * HOUR, "ana", order_id="o2", value=25, currency="EUR", properties=lines),
            event("Email Confirmed", "d4", HOUR, "ben"),
        ],
        "catalog": [product("p1", -DAY, 20, 0), product("p1", HOUR, 20, 3), product("p1", 3 * HOUR, 15, 3)],
    }


@pytest.mark.parametrize("pack", READS)
def test_candidates_of_a_pack_flow_with_the_clock_of_every_table_it_reads(
    flink: MiniCluster, shop: dict[str, list[Row]], pack: str
) -> None:
    """The input never ends with the last watermark here: what comes out has been let out by heartbeats."""
    rows = topics(shop, clock=100 * DAY, start=-2 * DAY)
    env, sinks = flink.on_files("evaluate", rows, ["trigger_candidates"])
    build(env, env.settings, packs.load(pack))
    env.execute().get_job_execution_result().result()
    found = read(sinks["trigger_candidates"])
    candidates = [row for row in found if "event" not in row]
    assert {row["trigger"] for row in candidates} == {trigger.name for trigger in packs.load(pack)}
    beats = [place for place, row in enumerate(found) if "event" in row and row["fired_at"] >= at(99 * DAY)]
    assert beats, "the clock of the candidates stood still"
    assert max(place for place, row in enumerate(found) if "event" not in row) < beats[0], (
        "a candidate came after a heartbeat that is later"
    )


PAYLOADS: dict[str, dict[str, Any]] = {
    "cart_abandoned": {"items": [{"product_id": "p1", "quantity": 2}], "total": 25.0, "currency": "EUR"},
    "browse_abandoned": {"product_id": "p1", "products": ["p1"]},
    "search_abandoned": {"query": "blue", "categories": ["shoes"]},
    "checkout_abandoned": {"checkout_id": "k1", "total": 25.0, "currency": "EUR", "products": [{"product_id": "p1", "name": "Tea „grün“", "quantity": 2, "price": 12.5}]},
    "wishlist_reminded": {"product_id": "p1", "name": "Tea „grün“", "price": 12.5, "currency": "EUR", "url": None},
    "order_followed_up": {"order_id": "o1", "total": 25.0, "currency": "EUR", "products": [{"product_id": "p1", "name": "Tea „grün“", "quantity": 2, "price": 12.5}]},
    "email_clicked": {"email_id": "m1", "link_url": "https://shop.example/p1", "campaign": None, "clicked_in": "cart_abandoned"},
    "customer_lapsed": {"last_order_id": "o2", "orders": 2, "spent": 50.0},
    "replenishment_due": {"product_id": "p1", "name": "Tea „grün“", "orders": 2},
    "welcome_due": {"confirmed_at": "2026-03-01"},
    "back_in_stocked": {"product_id": "p1", "title": "Product p1", "url": "https://shop.example/p1", "image_url": None, "price": 20.0, "currency": "EUR", "stock": 3, "interest": "viewed"},
    "price_dropped": {"product_id": "p1", "title": "Product p1", "url": "https://shop.example/p1", "image_url": None, "price_before": 20.0, "price": 15.0, "currency": "EUR", "interest": "viewed"},
}  # fmt: skip


@every_trigger
def test_a_payload_is_what_a_template_can_use(flink: MiniCluster, shop: dict[str, list[Row]], pack: str, trigger: Trigger) -> None:
    found = flink.rows(trigger.select(), {}, tables(flink, shop, 100 * DAY, start=-2 * DAY))
    first = min(found, key=lambda row: (row["fired_at"], row["device_id"]))
    assert json.loads(first["payload"]) == PAYLOADS[trigger.name]


def test_every_sentence_of_the_catalogue_holds_and_a_new_trigger_passes_before_a_line_is_changed(
    flink: MiniCluster, tmp_path: Path
) -> None:
    root = tmp_path / "packs"
    shutil.copytree(Path(str(resources.files("sql"))) / packs.ROOT, root)
    copies = [
        scaffold.write(name, like, root=root).sql for name, like in (("tea_abandoned", "cart_abandoned"), ("tea_lapsed", "customer_lapsed"))
    ]
    tested = CliRunner().invoke(rekindle, ["test", "--json", *(trigger.name for _, trigger in TRIGGERS), *map(str, copies)])
    assert tested.exit_code == 0, tested.output
    assert {case["trigger"] for case in json.loads(tested.stdout)["cases"]} == {trigger.name for _, trigger in TRIGGERS} | {
        path.stem for path in copies
    }
    checked = CliRunner().invoke(rekindle, ["check", *map(str, copies)])
    assert checked.exit_code == 0, checked.output
