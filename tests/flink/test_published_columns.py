"""What `jobs.definitions` says of tables and words is what Flink says."""

from __future__ import annotations

import re

import pytest
from pyflink.java_gateway import get_gateway

from jobs.definitions import published, reserved
from jobs.environment import StreamEnvironment
from jobs.evaluate.sources import TABLES
from tests.flink.mini_cluster import MiniCluster


@pytest.fixture(scope="module")
def env(flink: MiniCluster) -> StreamEnvironment:
    env = flink.environment("evaluate")
    for table in TABLES:
        env.run_script(f"tables/{table}.sql")
    return env


@pytest.mark.parametrize("name", list(published.tables()))
def test_a_published_table_has_the_columns_types_and_clock_flink_sees(env: StreamEnvironment, name: str) -> None:
    table = published.tables()[name]
    seen = {}
    for column in env.table.from_path(name)._j_table.getResolvedSchema().getColumns():
        seen[str(column.getName())] = str(column.getDataType().getLogicalType().asSummaryString())
    clock = seen[table.time_column]
    assert "*ROWTIME*" in clock
    plain = {
        column: re.sub(r" NOT NULL| \*ROWTIME\*|`", "", kind) for column, kind in seen.items() if column != "event" or name == "events"
    }
    told = {column.name: column.type.replace("`", "") for column in table.columns}
    if name == "receipts":
        plain["event"] = seen["event"]
    assert {column: told.get(column) for column in plain} == plain
    assert told.keys() == plain.keys()


def test_reserved_words_are_the_parsers(env: StreamEnvironment) -> None:
    gateway = get_gateway()
    loader = env.table._j_tenv.getPlanner().getClass().getClassLoader()
    factory = loader.loadClass("org.apache.flink.sql.parser.impl.FlinkSqlParserImpl").getField("FACTORY").get(None)
    metadata = factory.getParser(gateway.jvm.java.io.StringReader("SELECT 1")).getMetadata()
    words = {str(word) for word in metadata.getTokens() if metadata.isReservedWord(word)}
    assert {word for word in words if word.replace("_", "").isalnum()} == reserved.WORDS
    assert reserved.STRUCTURE <= reserved.WORDS
