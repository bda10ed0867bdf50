"""What was given before the command's name, and the settings that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command that needs no settings shall not pay for pydantic
    from jobs.settings import Settings
    from rekindle.local.layout import Layout


@dataclass(frozen=True)
class Invocation:
    """The global options."""

    settings_file: str | None = None
    overrides: tuple[str, ...] = ()
    state_dir: str = ".rekindle"
    debug: bool = False

    def settings(self) -> Settings:
        """Load the settings; a local stack that is up gives the addresses they leave out."""
        from jobs.settings import load
        from rekindle.local import layout
        from rekindle.local.paths import Places

        settings = load(self.settings_file, self.overrides)
        running = layout.read(Places.under(self.state_dir).layout)
        return with_local_stack(settings, running) if running else settings


def with_local_stack(settings: Settings, running: Layout) -> Settings:
    """`settings` with the stack's Kafka, Flink and fake ESP wherever nobody set another.

    The ESP only together with Kafka: sends of a real Kafka must not end at a fake.
    """
    from jobs.destinations import Destination

    kafka, flink, destinations = settings.kafka, settings.flink, settings.destinations
    if "servers" not in kafka.model_fields_set:
        kafka = kafka.model_copy(update={"servers": running.kafka_servers})
        destinations = destinations or {
            "default": Destination.model_validate({"url": f"{running.esp_url}/webhook", "private_hosts": ["127.0.0.1"]})
        }
    if "rest_url" not in flink.model_fields_set:
        flink = flink.model_copy(update={"rest_url": running.flink_url})
    return settings.model_copy(update={"kafka": kafka, "flink": flink, "destinations": destinations})
