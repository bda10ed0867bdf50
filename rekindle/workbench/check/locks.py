"""`pack.lock`: what the triggers of a pack meant when it was last applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

NAME = "pack.lock"


def read(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Trigger name → its entry, with `version` and `meaning`. Empty where there is no lock: the pack was never applied."""
    try:
        tree = YAML(typ="safe").load((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, YAMLError, ValueError):
        return {}  # `rekindle plan` owns the file and says what is wrong with it
    listed = tree.get("triggers") if isinstance(tree, dict) else None
    if isinstance(listed, dict):
        return {str(name): entry for name, entry in listed.items() if isinstance(entry, dict)}
    entries = [entry for entry in listed or () if isinstance(entry, dict)] if isinstance(listed, list) else []
    return {str(entry.get("name")): entry for entry in entries}
