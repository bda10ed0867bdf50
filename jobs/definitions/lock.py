"""`pack.lock`: what was put live of a pack, in the pack's folder, committed with it. `rekindle apply` writes it.

Its lines are only ever added to: a trigger that is gone stays as a retired line, so that its name tells what it once was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from jobs.definitions.packs import home, root_of
from jobs.errors import DefinitionError
from jobs.settings import Settings

FILE = "pack.lock"
_HEAD = "# Written by `rekindle apply`: what runs of this pack. Commit it; change the .sql files, not this.\n"


@dataclass(frozen=True)
class Entry:
    """One trigger.

    meaning: digest of what it means; definition: of all its file says. cancel_on: events that cancel it. keeps: its state in words.
    rebuilds: whether the topics hold enough to build that state anew. operators: uids of what it reads and keeps.
    active_from: T after which its candidates count, UTC text; None = all. retired: it runs no more.
    """

    name: str
    version: int
    meaning: str
    definition: str
    cancel_on: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    rebuilds: bool = True
    operators: tuple[str, ...] = ()
    active_from: str | None = None
    retired: bool = False


@dataclass(frozen=True)
class Lock:
    """operators: uid → shape, of every operator with state; a restore needs the same shapes. fingerprint: digest of the whole plan."""

    pack: str
    fingerprint: str
    operators: Mapping[str, str] = field(default_factory=dict)
    triggers: tuple[Entry, ...] = ()

    @property
    def live(self) -> dict[str, Entry]:
        """The triggers that run, by name."""
        return {entry.name: entry for entry in self.triggers if not entry.retired}

    def active_from_ms(self) -> dict[str, int]:
        """Trigger → active_from in epoch ms, of those that have one."""
        return {entry.name: millis_of(entry.active_from) for entry in self.live.values() if entry.active_from}


_LOCK = TypeAdapter(Lock)


def folder(pack: str, config: Settings) -> Traversable | Path:
    """Where a pack's files are."""
    return home(root_of(config.packs_dir)) / pack


def read(pack: str, config: Settings) -> Lock | None:
    """A pack's lock; None when it was never put live. Raises: DefinitionError when the file cannot be used."""
    file = folder(pack, config) / FILE
    return parse(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else None


def parse(text: str, path: str) -> Lock:
    """Text of a lock → Lock. path: for messages. Raises: DefinitionError."""
    try:
        return _LOCK.validate_python(YAML(typ="safe").load(text))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise DefinitionError(f"{path}{place}: is not valid YAML", "take it from the last commit") from None
    except ValidationError as error:
        found = error.errors()[0]
        place = ".".join(str(part) for part in found["loc"])
        raise DefinitionError(f"{path}: {place or 'the file'}: {found['msg']}", "take it from the last commit") from None


def text(lock: Lock) -> str:
    """The file's text."""
    yaml = YAML()
    yaml.width = 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO(_HEAD)
    out.seek(0, 2)
    triggers = [
        {name: list(value) if isinstance(value, tuple) else value for name, value in _plain(entry).items()} for entry in lock.triggers
    ]
    yaml.dump({"pack": lock.pack, "fingerprint": lock.fingerprint, "triggers": triggers, "operators": dict(lock.operators)}, out)
    return out.getvalue()


def active_from(config: Settings) -> dict[str, int]:
    """What the locks of all packs of the settings say: trigger → epoch ms."""
    locks = (read(pack, config) for pack in config.packs)
    return {name: at for lock in locks if lock for name, at in lock.active_from_ms().items()}


def millis_of(at: str) -> int:
    """ISO text with Z → epoch ms."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def text_of(at_ms: int) -> str:
    """Epoch ms → ISO text with Z."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(entry: Entry) -> dict[str, Any]:
    """Its fields, without those that say what they say anyway."""
    return {one.name: getattr(entry, one.name) for one in fields(entry) if getattr(entry, one.name) != one.default}
