"""What Flink's planner refuses, in the author's words: found in `jobs.definitions.refusals`, explained here."""

from __future__ import annotations

from rekindle.workbench.check.rules.base import Example, Rule
from rekindle.workbench.check.rules.examples import CART

_EVENT = "SELECT e.device_id, e.user_id, e.event_id AS occasion, e.event_time AS fired_at, e.properties AS payload\nFROM events AS e"
_PROFILE = f"{_EVENT}\nJOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.user_id = p.person_id"
_SESSION = (
    "SELECT device_id, MAX(user_id) AS user_id, device_id AS occasion, window_time AS fired_at, {} AS payload\n"
    "FROM SESSION(TABLE events PARTITION BY device_id, DESCRIPTOR(event_time), INTERVAL '30' MINUTE)\n"
    "GROUP BY device_id, window_start, window_end, window_time"
)
_BOTH = (
    "SELECT s.device_id, s.user_id, {}session_id AS occasion, s.ended_at AS fired_at, '{{}}' AS payload\n"
    "FROM sessions AS s JOIN carts AS c\n"
    "    ON s.device_id = c.device_id AND c.ended_at BETWEEN s.ended_at - INTERVAL '5' MINUTE AND s.ended_at\nWHERE {} = 'u1'"
)


class UnknownColumn(Rule):
    """Names are case-sensitive. `rekindle tables NAME` lists the columns of a table."""

    code = "T012"
    sentence = "Every column exists in a table that is read."
    bad = Example(select=f"{CART}\nWHERE item_cont > 1")
    good = Example(select=f"{CART}\nWHERE item_count > 1")


class UnknownTable(Rule):
    """Authors read the published tables: `rekindle tables` lists them."""

    code = "T014"
    sentence = "Every table is a published one."
    bad = Example(select=CART.replace("FROM carts", "FROM cart"))
    good = Example(select=CART)


class Syntax(Rule):
    """The text is no SELECT: a comma too few or too many, a bracket or a quote that is not closed, a word mistyped."""

    code = "T015"
    sentence = "The SELECT can be parsed."
    bad = Example(select=CART.replace("cart_hash AS occasion,", "cart_hash AS occasion"))
    good = Example(select=CART)


class Types(Rule):
    """Flink converts few types by itself. Say which one is meant."""

    code = "T016"
    sentence = "Operators get types they take."
    bad = Example(select=CART.replace("cart_hash AS occasion", "cart_hash || item_count AS occasion"))
    good = Example(select=CART.replace("cart_hash AS occasion", "cart_hash || CAST(item_count AS STRING) AS occasion"))


class UnknownFunction(Rule):
    """Flink's own functions and no others; names of other databases differ."""

    code = "T017"
    sentence = "Functions exist, and get the arguments they take."
    bad = Example(select=CART.replace("items AS payload", "NVL(items, '[]') AS payload"))
    good = Example(select=CART.replace("items AS payload", "COALESCE(items, '[]') AS payload"))


class Refused(Rule):
    """Whatever else Flink's planner says, in its own words: nothing runs that it refuses."""

    code = "T018"
    sentence = "Flink can plan the SELECT."
    bad = Example(select=f"{CART}\nWHERE ARRAY[1, 2][0] = 1")
    good = Example(select=f"{CART}\nWHERE ARRAY[1, 2][1] = 1")


class Interval(Rule):
    """The number stands in quotes, the unit outside."""

    code = "T019"
    sentence = "An interval is written INTERVAL '5' MINUTE."
    bad = Example(select=f"{CART}\nWHERE first_add_at < ended_at - INTERVAL '1 hour'")
    good = Example(select=f"{CART}\nWHERE first_add_at < ended_at - INTERVAL '1' HOUR")


class Reserved(Rule):
    """SQL keeps many words for itself, `value`, `date`, `user`, `start` among them. In backticks they are names."""

    code = "T021"
    sentence = "A reserved word as a name stands in backticks."
    bad = Example(select=f"{_EVENT}\nWHERE e.event = 'Order Completed' AND value > 100")
    good = Example(select=f"{_EVENT}\nWHERE e.event = 'Order Completed' AND e.`value` > 100")


class Field(Rule):
    """`column.field` is how rows are read; the suite's tables have text with JSON, and maps."""

    code = "T022"
    sentence = "What is inside a column is read by JSON_VALUE or [...]."
    bad = Example(select=f"{_EVENT}\nWHERE e.properties.coupon = 'SPRING'")
    good = Example(select=f"{_EVENT}\nWHERE JSON_VALUE(e.properties, '$.coupon') = 'SPRING'")


class Ambiguous(Rule):
    """Two tables have a column of that name."""

    code = "T023"
    sentence = "A column of two tables says of which."
    bad = Example(select=_BOTH.format("s.", "user_id"))
    good = Example(select=_BOTH.format("s.", "s.user_id"))


class NotGrouped(Rule):
    """With GROUP BY every column is either what is grouped by, or one value made of many."""

    code = "T024"
    sentence = "With GROUP BY every other column is aggregated."
    bad = Example(select=_SESSION.format("url"))
    good = Example(select=_SESSION.format("MAX(url)"))


class Endless(Rule):
    """A stream has no end at which it could be sorted."""

    code = "T025"
    sentence = "No ORDER BY: rows come in event time."
    bad = Example(select=f"{CART}\nORDER BY total")
    good = Example(select=CART)


class TemporalJoin(Rule):
    """What was true as of a time is looked up by the table's key; as of the time column of the other table, because only that is a
    clock."""

    code = "T026"
    sentence = "A versioned table is joined by its key, as of the other table's time column."
    bad = Example(select=_PROFILE.replace("e.user_id = p.person_id", "e.locale = p.locale"))
    good = Example(select=_PROFILE)


class Window(Rule):
    """A window ends when event time has passed it, so it is cut along the table's own time column."""

    code = "T027"
    sentence = "A window is over the table's time column."
    bad = Example(select=_SESSION.format("'{}'").replace("DESCRIPTOR(event_time)", "DESCRIPTOR(received_at)"))
    good = Example(select=_SESSION.format("'{}'"))


class NotInSession(Rule):
    """A session grows together with its neighbour when an event falls between them. An aggregate that cannot merge two states cannot be
    used."""

    code = "T047"
    sentence = "In a session window: no LAST_VALUE, FIRST_VALUE, JSON_ARRAYAGG."
    bad = Example(select=_SESSION.format("LAST_VALUE(url)"))
    good = Example(select=_SESSION.format("SUBSTRING(MAX(DATE_FORMAT(event_time, 'yyyyMMddHHmmssSSS') || '|' || url) FROM 19)"))


RULES: tuple[Rule, ...] = (
    UnknownColumn(), UnknownTable(), Syntax(), Types(), UnknownFunction(), Refused(), Interval(), Reserved(), Field(), Ambiguous(),
    NotGrouped(), Endless(), TemporalJoin(), Window(), NotInSession(),
)  # fmt: skip
