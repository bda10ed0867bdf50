"""Where the local stack keeps its things: one state folder, `.rekindle` in the working directory unless told otherwise."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from jobs.errors import SettingsError

STATE_DIR = ".rekindle"
NEEDED_JARS = {
    "kafka": ("kafka_2.13-", "kafka-clients-", "kafka-server-", "kafka-storage-", "log4j-slf4j-impl-", "log4j-core-", "scala-library-"),
    "flink": ("flink-sql-connector-kafka-", "rekindle-flink-udfs"),
}
"""First part of the name of every jar without which a start fails late and unclearly."""


@dataclass(frozen=True)
class Places:
    """The folders of one local stack. `root` is absolute."""

    root: Path

    @classmethod
    def under(cls, state_dir: str | Path = STATE_DIR) -> Places:
        return cls(Path(state_dir).absolute())

    @property
    def jars(self) -> Path:
        return self.root / "jars"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        return self.root / "run"

    def pid_file(self, part: str) -> Path:
        return self.pids / f"{part}.pid"

    @property
    def layout(self) -> Path:
        """The state file: there while a stack is meant to run."""
        return self.root / "stack.json"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def flink(self) -> Path:
        """lib, conf and scratch space of the cluster; made anew at every start of the JobManager."""
        return self.root / "flink"

    @property
    def flink_conf(self) -> Path:
        """FLINK_CONF_DIR, for clients too."""
        return self.flink / "conf"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def packs(self) -> Path:
        """Copies of the packs as they were submitted."""
        return self.root / "packs"

    @property
    def ledger(self) -> Path:
        """What the fake ESP accepted: its own file."""
        return self.root / "esp" / "ledger.sqlite"

    @property
    def index(self) -> Path:
        """The index of `why` and `report`, and the key of its hashes."""
        return self.root / "why"

    @property
    def audit(self) -> Path:
        """Who looked somebody up or changed something while the jobs run: JSON lines, only ever appended."""
        return self.root / "audit.jsonl"


def missing_jars(places: Places) -> list[str]:
    """Which needed jars are not there, as `folder/name*.jar`."""
    return [
        f"{folder}/{stem}*.jar"
        for folder, stems in NEEDED_JARS.items()
        for stem in stems
        if not any((places.jars / folder).glob(f"{stem}*.jar"))
    ]


def package_folder(name: str) -> Path:
    """Folder of an importable top-level package, without importing it. Raises SettingsError when there is none."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SettingsError(f"Python package '{name}' is not installed", "run `make setup` and use its environment's `rekindle`")
    return Path(next(iter(spec.submodule_search_locations))).absolute()


def flink_home() -> Path:
    """The Flink distribution inside the apache-flink wheel."""
    return package_folder("pyflink")


def flink_overlay() -> Path:
    """Our `flink-conf/config.yaml`: beside the packages in a checkout, inside `rekindle` in an installed wheel."""
    package = package_folder("rekindle")
    for folder in (package.parent / "flink-conf", package / "flink_conf"):
        if (folder / "config.yaml").is_file():
            return folder / "config.yaml"
    raise SettingsError("flink-conf/config.yaml is missing", "install rekindle-flink again")
