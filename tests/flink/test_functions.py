"""The scalar functions, against plain Python."""

from __future__ import annotations

from tests.flink.mini_cluster import File, MiniCluster


def test_x(flink: MiniCluster) -> None:
    rows = flink.rows(
        "SELECT TRIGGER_ID('default', 'cart_abandoned', 1, p, 'c0ffee', 0) AS id FROM t",
        {"t": File("p STRING", [{"p": "42"}, {"p": None}])},
    )
    assert rows == [{"id": "57184V2D7RZGQ8YDP0RFFB3YC4"}, {"id": None}]
