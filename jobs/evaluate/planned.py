"""What Flink's planner says of an author's SELECT."""

from __future__ import annotations

from typing import Any

from py4j.protocol import Py4JJavaError
from pyflink.java_gateway import get_gateway
from pyflink.util.exceptions import JavaException

from jobs.definitions import refusals
from jobs.definitions.findings import FindingsError
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment

REFUSALS = (Py4JJavaError, JavaException)
"""What PyFlink raises when Java refuses a statement."""


def columns(env: StreamEnvironment, view: str, trigger: Trigger) -> dict[str, bool]:
    """Makes `view` of the SELECT. Returns its columns, each with whether it is an event-time attribute.

    Raises: FindingsError in the author's words and at the author's place; never a Java stack trace.
    """
    rendered = trigger.source.rendered(trigger.header.params)
    try:
        # not by CREATE VIEW: there positions of a refusal would count from another beginning, and Flink writes the SELECT out and reads it
        # again, in which a session window over a WITH query loses its second key (2.2.1)
        env.table.create_temporary_view(view, env.table.sql_query(rendered.text))
        schema = env.table.from_path(view)._j_table.getResolvedSchema().getColumns()
    except REFUSALS as error:
        raise FindingsError([refusals.finding(trigger.source, rendered, message(error))]) from None
    return {column.getName(): is_rowtime(column.getDataType()) for column in schema}


def is_rowtime(data_type: Any) -> bool:
    """Whether a column of this Java DataType is an event-time attribute."""
    checks = get_gateway().jvm.org.apache.flink.table.types.logical.utils.LogicalTypeChecks
    return bool(checks.isRowtimeAttribute(data_type.getLogicalType()))


def message(error: Exception) -> str:
    """What Java said: the first cause with a position or a function's name, else the last that says anything; the others only say that it failed."""
    if not isinstance(error, Py4JJavaError):
        return str(error)
    cause, last = error.java_exception, ""
    while cause is not None:
        text = str(cause.getMessage() or "")
        if ("line " in text and ", column " in text) or text.startswith("Invalid function call"):
            return text
        last, cause = text or last, cause.getCause()
    return last or str(error.java_exception)
