"""Copies of what was submitted, by the plan's fingerprint: a pack's files and its lock. With them a start that fails can be taken back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from jobs.definitions import lock as locks
from jobs.definitions.lock import FILE, Lock
from jobs.settings import Settings


@dataclass(frozen=True)
class Archive:
    """root: a folder of the tool's own, in its state folder."""

    root: Path

    def keep(self, lock: Lock, settings: Settings) -> None:
        """Copies the pack's folder as it is now. settings: where it is."""
        target = self._packs_dir(lock.fingerprint) / lock.pack
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for file in locks.folder(lock.pack, settings).iterdir():
            if file.name.endswith(".sql"):
                (target / file.name).write_bytes(file.read_bytes())
        (target / FILE).write_text(locks.text(lock), encoding="utf-8")

    def find(self, pack: str, fingerprint: str) -> Lock | None:
        """The lock of what was submitted with that fingerprint; None if it was not from here."""
        file = self._packs_dir(fingerprint) / pack / FILE
        return locks.parse(file.read_text(encoding="utf-8"), str(file)) if file.is_file() else None

    def settings_for(self, lock: Lock, settings: Settings) -> Settings | None:
        """Settings that read the pack from its copy; None without one."""
        folder = self._packs_dir(lock.fingerprint)
        return settings.model_copy(update={"packs_dir": str(folder)}) if (folder / lock.pack).is_dir() else None

    def _packs_dir(self, fingerprint: str) -> Path:
        return self.root / fingerprint[:16]
