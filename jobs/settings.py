"""Settings: one frozen, typed, closed tree. The only module that reads `os.environ`.

Order, later wins: defaults here, the YAML file (`--settings`, else `REKINDLE_SETTINGS`), `REKINDLE_<PATH>` variables
(`REKINDLE_KAFKA__SERVERS`), `section.key=value` overrides of the command line. Secrets are written as `${env:NAME}` or `${file:PATH}` and
stay that way in memory: `secret()` reads them where they are used, so that no job graph, log or `repr` holds one.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from jobs.destinations import Deliver, Destination
from jobs.durations import Duration
from jobs.errors import SettingsError
from jobs.receivers import Collector
from jobs.sections import Section, Text, plainly

_SECRET = re.compile(r"\$\{(?:env:(?P<env>[A-Z][A-Z0-9_]*)|file:(?P<file>[^${}]+))\}")

_LONGEST_GAP = timedelta(days=7)
"""The state of a device lives as long."""
LONGEST_CAP = timedelta(days=31)
"""The gate remembers sends for as long as the longest cap asks."""


PackName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Time of day, `22:00`."""


class Kafka(Section):
    servers: str = "127.0.0.1:9092"
    partitions: int = Field(4, ge=1, le=512)
    replication: int = Field(1, ge=1)
    options: dict[str, str] = Field(default_factory=dict)
    """Any Kafka client property, applied last to every source and sink."""


class Times(Section):
    out_of_orderness: Duration = timedelta(seconds=5)
    cart_gap: Duration = Field(timedelta(minutes=5), gt=timedelta(0), lt=_LONGEST_GAP)
    session_gap: Duration = Field(timedelta(minutes=30), gt=timedelta(0), lt=_LONGEST_GAP)
    cart_memory: Duration = Field(timedelta(hours=72), le=_LONGEST_GAP)
    """How long after its last change a cart is taken over by the device's next cart session. 0: never."""
    dedup_ttl: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    historical_after: Duration = timedelta(hours=24)
    future_flag_after: Duration = timedelta(minutes=2)
    arbitration: Duration = timedelta(seconds=30)
    cart_basis: Literal["activity", "cart_change"] = "activity"
    max_line_bytes: int = Field(262_144, ge=1024)


class Heartbeats(Section):
    enabled: bool = True
    interval: Duration = Field(timedelta(seconds=1), gt=timedelta(0))
    step: Duration = Field(timedelta(milliseconds=200), gt=timedelta(0))
    """Least event-time distance of two heartbeats a job writes into a derived topic partition."""
    grace: Duration = timedelta(seconds=10)
    """Silence after a broker outage, so that producers can flush what they held back before event time moves on."""


class Flink(Section):
    rest_url: str = "http://127.0.0.1:8081"
    parallelism: int = Field(1, ge=1)
    max_parallelism: int = Field(128, ge=1)
    state_backend: Literal["hashmap", "rocksdb"] = "hashmap"
    checkpoint_interval: Duration = timedelta(seconds=10)
    checkpoint_dir: str = ""
    """URI for checkpoints (`file:///…`, `s3://…`). Empty: the cluster's own default."""
    exactly_once: bool = False
    """Transactional Kafka sinks. Default is at-least-once, made effectively once by `trigger_id`."""
    options: dict[str, str] = Field(default_factory=dict)
    """Any Flink option, applied last."""


class Cap(Section):
    """At most `limit` sends to a person per span of time. calendar: the span is whole local days, the current one among them."""

    class_: Text = Field("marketing", alias="class")
    channel: Text = "email"
    limit: int = Field(ge=0, le=1000)
    per: Duration = Field(gt=timedelta(0), le=LONGEST_CAP)
    calendar: bool = False

    @model_validator(mode="after")
    def _counts_whole_days(self) -> Self:
        if self.calendar and self.per % timedelta(days=1):
            raise ValueError("with calendar, per is whole days")
        return self


class QuietHours(Section):
    """Local time of the person in which nothing is sent. A hold ends at `to`, spread over people by `spread`."""

    enabled: bool = True
    from_: LocalTime = Field("22:00", alias="from")
    to: LocalTime = "08:00"
    spread: Duration = Field(timedelta(minutes=5), ge=timedelta(0), le=timedelta(hours=6))

    @model_validator(mode="after")
    def _leaves_some_of_the_day(self) -> Self:
        if self.enabled and self.from_ == self.to:
            raise ValueError("from and to are the same: nothing would ever be sent, or everything; use enabled: false")
        return self


class Holdout(Section):
    """Part of all people that gets no marketing mail, to measure against. salt: name of the experiment; another one draws anew."""

    share: float = Field(0.0, ge=0, le=1)
    salt: str = ""


class Gate(Section):
    identity_wait: Duration = Field(timedelta(hours=2), ge=timedelta(0), le=timedelta(days=1))
    caps: list[Cap] = Field(default_factory=lambda: [Cap(limit=1, per=timedelta(hours=24)), Cap(limit=3, per=timedelta(days=7))])
    quiet_hours: QuietHours = Field(default_factory=QuietHours)
    timezone: str = "UTC"
    holdout: Holdout = Field(default_factory=Holdout)

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("expected a time zone of the IANA list, like 'Europe/Paris'")
        return name


class Settings(Section):
    tenant: str = "default"
    epoch: int = 1
    packs: list[PackName] = Field(default_factory=lambda: ["core"], min_length=1)
    """Folders of triggers; each runs as a job of its own."""
    packs_dir: str = ""
    """Folder that holds the packs. Empty: the one that ships."""
    kafka: Kafka = Field(default_factory=Kafka)
    times: Times = Field(default_factory=Times)
    heartbeats: Heartbeats = Field(default_factory=Heartbeats)
    flink: Flink = Field(default_factory=Flink)
    gate: Gate = Field(default_factory=Gate)
    deliver: Deliver = Field(default_factory=Deliver)
    destinations: dict[str, Destination] = Field(default_factory=dict)
    collector: Collector = Field(default_factory=Collector)

    @field_validator("packs")
    @classmethod
    def _are_named_once(cls, packs: list[str]) -> list[str]:
        if len(set(packs)) < len(packs):
            raise ValueError("a pack is named twice")
        return packs


def load(path: str | Path | None = None, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Settings:
    """Read, merge and check settings.

    path: YAML file; None means `REKINDLE_SETTINGS` or, without it, defaults only.
    overrides: `section.key=value` (value parsed as YAML). environ: for tests; default the process environment.
    Raises: SettingsError naming the file, the key and what was expected; never the value of a setting.
    """
    environ = os.environ if environ is None else environ
    source = str(path or environ.get("REKINDLE_SETTINGS") or "")
    tree: dict[str, Any] = _read(Path(source)) if source else {}
    for name, value in environ.items():
        # one word after the prefix could be anything (REKINDLE_SETTINGS, REKINDLE_STATE); two mean a setting
        if name.startswith("REKINDLE_") and "__" in name:
            _put(tree, name.removeprefix("REKINDLE_").lower().split("__"), value, name)
    for item in overrides:
        key, sign, value = item.partition("=")
        if not sign:
            raise SettingsError(f"setting '{item}': expected section.key=value")
        _put(tree, key.strip().split("."), value, key)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(source or "settings", finding) for finding in error.errors())) from None


def from_arguments(arguments: Sequence[str] | None = None) -> Settings:
    """Settings of a job's own command line: `[--settings FILE] [--set section.key=value …]`. None: the process's arguments."""
    parser = argparse.ArgumentParser(description="Runs one job in the surrounding Flink context.")
    parser.add_argument("--settings", metavar="FILE")
    parser.add_argument("--set", dest="overrides", action="append", default=[], metavar="section.key=value")
    options = parser.parse_args(arguments)
    return load(options.settings, options.overrides)


def secret(value: str, environ: Mapping[str, str] | None = None) -> str:
    """`${env:NAME}` or `${file:PATH}` inside `value` → the variable's or the file's text. Raises SettingsError when there is none."""
    environ = os.environ if environ is None else environ

    def read(match: re.Match[str]) -> str:
        name, file = match["env"], match["file"]
        if file is not None:
            try:
                return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError):
                raise SettingsError(f"secret file '{file}' cannot be read", "put it where the job's TaskManagers run") from None
        if name not in environ:
            raise SettingsError(f"secret '{name}' is not set", f"export {name} where the job's TaskManagers start")
        return environ[name]

    return _SECRET.sub(read, value)


def is_secret(value: str) -> bool:
    """Whether a value refers to a secret."""
    return _SECRET.search(value) is not None


def environment(name: str, default: str = "") -> str:
    """One process variable, for the few callers that must know PATH or HOME."""
    return os.environ.get(name, default)


def export(name: str, value: str) -> None:
    """Sets a variable for child processes of this one, such as PyFlink's JVM."""
    os.environ[name] = value


def process_environment() -> dict[str, str]:
    """A copy of the environment, to start a child process with."""
    return dict(os.environ)


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}", "give an existing file with --settings") from None
    except (YAMLError, ValueError) as error:  # ValueError: not UTF-8, or 30 February
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise SettingsError(f"{path}{place}: not valid YAML: {getattr(error, 'problem', error)}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path}: expected a mapping of sections")
    return {name: section for name, section in tree.items() if section is not None}  # all of it commented out: the defaults


def _put(tree: dict[str, Any], keys: list[str], text: str, origin: str) -> None:
    try:
        value = YAML(typ="safe").load(text) if text else ""
    except (YAMLError, ValueError):
        value = text
    if "options" in keys[:-1]:  # names there have dots of their own, values are text
        place = keys.index("options") + 1
        keys, value = [*keys[:place], ".".join(keys[place:])], text
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            raise SettingsError(f"setting '{origin}': '{key}' is a value, not a section")
    tree[keys[-1]] = value


def _sentence(source: str, finding: Any) -> str:
    return f"{source}: {'.'.join(str(part) for part in finding['loc'])}: {plainly(finding)}"
