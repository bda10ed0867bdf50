"""Settings of destinations: what every platform takes, and the types its own are made of. One subclass beside each adapter."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from connectors.esp.protocol import Batch

_REFERENCE = re.compile(r"\$\{(env:[A-Z][A-Z0-9_]*|file:[^${}]+)\}")


def _is_reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise ValueError("expected a reference to a secret, like '${env:ESP_KEY}' or '${file:secrets/esp-key}', never the secret itself")
    return text


def is_endpoint(text: str) -> bool:
    """Whether a text can be the URL of a platform: http or https, a host, nothing that is not printed, no user in it."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and parts.username is None
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def _is_base(text: str) -> str:
    if not is_endpoint(text) or "?" in text or "#" in text:
        raise ValueError("expected an http or https URL without query, like 'https://esp.example'")
    return text.rstrip("/")


Secret = Annotated[str, AfterValidator(_is_reference)]
"""A reference to a secret: `${env:NAME}` or `${file:PATH}`. The secret itself is read where calls are made."""
Base = Annotated[str, AfterValidator(_is_base)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]


class Slot(BaseModel):
    """A place in a template for content that may be missing, such as recommendations."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    fallback: list[dict[str, Any]] = Field(default_factory=list)
    """What goes there when the payload has nothing of that name."""
    limit: int = Field(10, ge=1, le=100)


class Options(BaseModel):
    """What every platform takes. Subclasses add their own; their `repr` shows references, never secrets."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    needs_address: ClassVar[bool] = False
    """Whether the platform is told the address: then the gate asks for one and `triggers` carries it."""

    endpoint: Base | None = None
    """Base URL instead of the platform's own: a proxy, a test."""
    templates: dict[str, Name] = Field(default_factory=dict)
    """Template of a trigger → its id at the platform. Without an entry the name itself is the id."""
    slots: dict[str, Slot] = Field(default_factory=dict)
    """Name in the payload → what stands in when it is missing or empty there."""

    @property
    def batch(self) -> Batch | None:
        """What one request may hold where that depends on the settings: known without their secrets, so where the job is built."""
        return None

    def template(self, name: str) -> str:
        """The platform's id of a trigger's template."""
        return self.templates.get(name, name)
