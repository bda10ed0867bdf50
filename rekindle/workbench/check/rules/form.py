"""What is wrong with a file before anything is planned: found while reading, explained here."""

from __future__ import annotations

from rekindle.workbench.check.rules.base import Example, Rule
from rekindle.workbench.check.rules.examples import CART, TEST, a_file

_GOOD = Example()


class Unreadable(Rule):
    """A trigger is a screen or two of UTF-8 text. Anything else (another encoding, a link that leads nowhere, 64 KiB and more) is not
    read."""

    code = "T001"
    sentence = "The file is UTF-8 text of at most 64 KiB."
    bad = Example(prose="a file saved as Latin-1, a link to itself, a file of 200 KiB")
    good = _GOOD


class NoHeader(Rule):
    """The header says what the SELECT cannot: name, owner, consent, when to cancel. It is a comment to SQL tools."""

    code = "T002"
    sentence = "The file starts with a header between /* --- and --- */."
    bad = Example(files={"core/cart_abandoned.sql": f"/* ---\nname: cart_abandoned\n*/\n{CART}\n", "core/cart_abandoned.test.yaml": TEST})
    good = _GOOD


class NotYaml(Rule):
    """The header is YAML: a mapping of keys, each given once, without aliases."""

    code = "T003"
    sentence = "The header is valid YAML, each key once."
    bad = Example(header={"max_age": "6 hours\nmax_age: 5 hours"})
    good = Example(header={"max_age": "6 hours"})


class UnknownKey(Rule):
    """The header is closed: a mistyped key would be a wish nobody reads."""

    code = "T004"
    sentence = "The header has no keys but the known ones."
    bad = Example(header={"cancell_on": "[Product Added]"})
    good = Example(header={"cancel_on": "[Order Completed, Product Added]"})


class MissingKey(Rule):
    """Without `max_age` a mail could go out days late, without `owner` nobody is asked when it does."""

    code = "T005"
    sentence = "The header has name, description, owner, template, purpose and max_age."
    bad = Example(header={"max_age": None})
    good = Example(header={"max_age": "6 hours"})


class WrongValue(Rule):
    """Durations carry a unit, lists are lists, numbers are numbers."""

    code = "T006"
    sentence = "Each key has a value of its kind."
    bad = Example(header={"max_age": "6"})
    good = Example(header={"max_age": "6 hours"})


class NotOneSelect(Rule):
    """The suite adds the INSERT, the joins with identities and profiles, and the sink. More statements would run with its rights."""

    code = "T007"
    sentence = "After the header stands exactly one SELECT."
    bad = Example(select=f"INSERT INTO trigger_candidates_sink\n{CART}")
    good = _GOOD


class UnknownParameter(Rule):
    """`:name` in the SELECT stands for a parameter of the header. It becomes a literal of its type, never text."""

    code = "T008"
    sentence = "Every :parameter of the SELECT is in the header."
    bad = Example(select=f"{CART}\nWHERE item_count >= :min_itms", header={"params": "{min_items: {type: int, default: 1}}"})
    good = Example(select=f"{CART}\nWHERE item_count >= :min_items", header={"params": "{min_items: {type: int, default: 1}}"})


class WrongPlace(Rule):
    """A pack is a folder of triggers that run as one job. A file beside the packs, or deeper, runs nowhere."""

    code = "T010"
    sentence = "A trigger lies in <pack>/<name>.sql."
    bad = Example(files={"cart_abandoned.sql": a_file()})
    good = _GOOD


class WrongFileName(Rule):
    """A trigger is looked up by its name, on the command line and in decisions: one look must find the file."""

    code = "T011"
    sentence = "The file is called as the trigger."
    bad = Example(files={"core/cart_left.sql": a_file(), "core/cart_left.test.yaml": TEST})
    good = _GOOD


class Duplicate(Rule):
    """The name is part of every trigger_id. Two triggers of one name would take each other's mails for their own."""

    code = "T013"
    sentence = "Names are unique over all packs."
    bad = Example(
        files={
            path: text
            for pack in ("core", "more")
            for path, text in ((f"{pack}/cart_abandoned.sql", a_file()), (f"{pack}/cart_abandoned.test.yaml", TEST))
        }
    )
    good = _GOOD


class NoTest(Rule):
    """A trigger sends mail to strangers. A case that fires and one that stays quiet say what is meant, and hold when somebody edits it."""

    code = "T060"
    sentence = "A trigger of a pack has a test file beside it."
    bad = Example(files={"core/cart_abandoned.sql": a_file()})
    good = _GOOD


class BadTest(Rule):
    """A case is a sentence, then `clock`, `given` and `expect`, or `steps` of them. A row in a table nobody reads, or in a column that does
    not exist, tests nothing. Times are quoted: YAML parsers differ on bare ones."""

    code = "T061"
    sentence = "The test file is YAML of cases, with tables and columns that exist."
    bad = Example(test=TEST.replace("item_count", "items_count", 1))
    good = Example(test=TEST)


class OneSidedTest(Rule):
    """A trigger that always fires passes every test that expects something; one that never fires, every test that expects nothing."""

    code = "T063"
    severity = "warning"
    sentence = "A test has a case that fires and one that stays quiet."
    bad = Example(test=TEST.partition("stays quiet")[0])
    good = Example(test=TEST)


class BadLock(Rule):
    """`rekindle apply` writes the lock: what runs of the pack, and what it meant. Without it nobody can say what a change does."""

    code = "T064"
    sentence = "The pack's lock can be read."
    bad = Example(lock="pack: core\ntriggers: none\n")
    good = Example(lock="pack: core\nfingerprint: 0f\ntriggers: []\n")


RULES: tuple[Rule, ...] = (
    Unreadable(), NoHeader(), NotYaml(), UnknownKey(), MissingKey(), WrongValue(), NotOneSelect(), UnknownParameter(), WrongPlace(),
    WrongFileName(), Duplicate(), NoTest(), BadTest(), OneSidedTest(), BadLock(),
)  # fmt: skip
