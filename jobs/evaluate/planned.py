"""What Flink's planner says of an author's SELECT."""

from __future__ import annotations

from py4j.protocol import Py4JJavaError
from pyflink.java_gateway import get_gateway
from pyflink.util.exceptions import JavaException

from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.errors import DefinitionError


def columns(env: StreamEnvironment, view: str, trigger: Trigger) -> dict[str, bool]:
    """Makes `view` of the SELECT. Returns its columns, each with whether it is an event-time attribute.

    Raises: DefinitionError with the planner's own sentence; never a Java stack trace.
    """
    try:
        env.run(f"CREATE TEMPORARY VIEW {view} AS\n{trigger.select()}")
        schema = env.table.from_path(view)._j_table.getResolvedSchema().getColumns()
    except (Py4JJavaError, JavaException) as error:
        raise DefinitionError(f"{trigger.path}:{trigger.query_line}: {_innermost(error)}", "see docs/triggers.md") from None
    checks = get_gateway().jvm.org.apache.flink.table.types.logical.utils.LogicalTypeChecks
    return {column.getName(): bool(checks.isRowtimeAttribute(column.getDataType().getLogicalType())) for column in schema}


def _innermost(error: Exception) -> str:
    """The first line of the last cause's message: the others only say that something failed."""
    if not isinstance(error, Py4JJavaError):
        return str(error).splitlines()[0]
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return str(cause.getMessage() or cause).splitlines()[0]
