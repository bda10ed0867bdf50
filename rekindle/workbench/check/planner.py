"""Flink's own planner, warm: one environment with the production tables, in which each SELECT is judged by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyflink.table import ExplainDetail

from jobs.definitions import published
from jobs.environment import StreamEnvironment, stream_environment
from jobs.evaluate.planned import REFUSALS, is_rowtime, message
from jobs.evaluate.sources import TABLES
from jobs.settings import Settings
from rekindle.workbench.check import plan, tree
from rekindle.workbench.check.outcome import Call, Comparison, Outcome, OutputColumn
from rekindle.workbench.check.tree import Node
from rekindle.workbench.check.typed import Types


@dataclass
class Planner:
    """Plans and never runs. What one SELECT does to the environment no other sees: nothing is created for it."""

    settings: Settings

    def __post_init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._baselines: dict[str, Counter[str]] = {}

    @cached_property
    def _env(self) -> StreamEnvironment:
        env = stream_environment(self.settings, "check")
        for table in TABLES:
            env.run_script(f"tables/{table}.sql")
        return env

    def judge(self, sql: str) -> Outcome:
        """What becomes of a SELECT. sql: with parameters as literals. Judged once: the same text has the same outcome."""
        if sql not in self._outcomes:
            self._outcomes[sql] = self._judged(sql)
        return self._outcomes[sql]

    def _judged(self, sql: str) -> Outcome:
        env = self._env
        node: Node | None = None
        columns: tuple[OutputColumn, ...] = ()
        comparisons: tuple[Comparison, ...] = ()
        calls: tuple[Call, ...] = ()
        try:
            calcite = env.table._j_tenv.getPlanner().createFlinkPlanner()
            parsed = calcite.parser().parse(sql)
            node = tree.read(parsed)
            validated = calcite.validate(parsed)
            types = Types(calcite.getOrCreateSqlValidator(), node, validated)
            comparisons, calls = types.comparisons(), types.calls()
            table = env.table.sql_query(sql)
            columns = tuple(_column(one) for one in table._j_table.getResolvedSchema().getColumns())
            operators = plan.operators(env.table.explain_sql(sql, ExplainDetail.CHANGELOG_MODE))
        except REFUSALS as error:
            return Outcome(message(error), node, columns, comparisons, calls=calls)
        return Outcome(None, node, columns, comparisons, operators, self._baseline(node), calls)

    def _baseline(self, node: Node) -> Counter[str]:
        """Operators that the published tables read here bring along: they are not the author's."""
        names = {one.text for one in node.walk() if one.kind == "IDENTIFIER" and one.text in published.tables()}
        total: Counter[str] = Counter()
        for name in sorted(names):
            if name not in self._baselines:
                explained = self._env.table.explain_sql(f"SELECT * FROM {name}", ExplainDetail.CHANGELOG_MODE)
                self._baselines[name] = plan.counted(plan.operators(explained))
            total += self._baselines[name]
        return total


def _column(java: Any) -> OutputColumn:
    data_type = java.getDataType()
    logical = data_type.getLogicalType()
    return OutputColumn(str(java.getName()), str(logical.getTypeRoot().name()), str(logical.asSummaryString()), is_rowtime(data_type))
