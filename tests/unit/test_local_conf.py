"""flink-conf/: the samples can be loaded and leave nothing out"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from ruamel.yaml import YAML

from connectors.esp.webhook import WebhookOptions
from jobs.destinations import Destination
from jobs.settings import Settings, load


def fields(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Dotted names of all settings; a section's own name is not one."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= fields(kind, f"{prefix}{name}.")
        else:
            names.add(prefix + (field.alias or name))
    return names


def keys(tree: Mapping[str, object], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        found.add(prefix + key)
        if isinstance(value, Mapping):
            found |= keys(value, f"{prefix}{key}.")
    return found


def test_the_minimal_file_is_valid(root: Path) -> None:
    settings = load(root / "flink-conf" / "rekindle.minimal.yaml", environ={})
    assert settings.destinations["default"].model_dump()["url"].startswith("https://")


def test_the_reference_names_every_setting(root: Path) -> None:
    file = root / "flink-conf" / "rekindle.reference.yaml"
    load(file, environ={})
    named = keys(YAML(typ="safe").load(file))
    assert not fields(Settings) - named
    of_a_destination = {name for name in fields(Destination) if not name.startswith("options")} | fields(WebhookOptions)
    assert not {f"destinations.default.{name}" for name in of_a_destination} - named


def test_the_reference_states_the_defaults(root: Path) -> None:
    settings = load(root / "flink-conf" / "rekindle.reference.yaml", environ={})
    plain = settings.model_dump()
    expected = Settings().model_dump()
    for section in ("kafka", "flink"):
        plain[section].pop("options")
        expected[section].pop("options")
    assert (
        plain.pop("destinations")["default"].items()
        >= {
            name: value for name, value in Destination.model_validate({"url": "x"}).model_dump().items() if name not in ("url", "headers")
        }.items()
    )
    expected.pop("destinations")
    assert plain["collector"].pop("receivers").keys() > expected["collector"].pop("receivers").keys()  # examples
    assert plain == expected


def test_flinks_own_file_keeps_checkpoints_and_leaves_the_wheels_jvm_options_alone(root: Path) -> None:
    config = YAML(typ="safe").load(root / "flink-conf" / "config.yaml")
    assert config["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert "env.java.opts.all" not in config  # the wheel's own must survive the overlay
