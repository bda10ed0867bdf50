"""Settings of the collector: which providers may post receipts, and what proves that it is them."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from connectors.collector.receipts.registry import PROVIDERS
from connectors.collector.receivers import SIGNED, Proof
from jobs.sections import Section, Text

_REFERENCE = re.compile(r"\$\{(env|file):[^${}]+\}")


class Receiver(Section):
    """One provider. What each wants of these is in docs/receipts.md."""

    proof: Proof | None = None
    """None: `signature` where the provider signs, else it must be said."""
    secrets: list[Text] = Field(default_factory=list)
    """References like `${env:NAME}`; any of them opens, so that one can be replaced without a gap."""
    user: str = "rekindle"
    url: str = ""
    topics: list[Text] = Field(default_factory=list)

    @field_validator("secrets")
    @classmethod
    def _are_references(cls, secrets: list[str]) -> list[str]:
        if not all(_REFERENCE.fullmatch(secret) for secret in secrets):
            raise ValueError("expected references like ${env:NAME}, never the secret itself")
        return secrets


class Collector(Section):
    host: Text = "127.0.0.1"
    port: int = Field(8090, ge=1, le=65_535)
    max_body: int = Field(4_194_304, ge=1024, le=67_108_864)
    """Bytes. Larger calls are refused with 413."""
    receivers: dict[str, Receiver] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _knows_how_each_proves_itself(self) -> Self:
        for name, one in self.receivers.items():
            if name not in PROVIDERS:
                raise ValueError(f"receivers.{name}: expected one of {', '.join(PROVIDERS)}")
            proof = proof_of(name, one)
            if proof is None:
                raise ValueError(f"receivers.{name}.proof: expected basic, bearer or path: {name} signs nothing")
            if proof == "signature" and name == "amazon_ses":
                if not one.topics:
                    raise ValueError(f"receivers.{name}.topics: expected the ARN of your SNS topic: anybody's topic is signed by SNS")
            elif not one.secrets:
                raise ValueError(f"receivers.{name}.secrets: expected at least one")
            if proof == "signature" and name == "mandrill" and not one.url:
                raise ValueError(f"receivers.{name}.url: expected the webhook's URL as entered at Mandrill: it is part of the signature")
        return self


def proof_of(name: str, receiver: Receiver) -> Proof | None:
    """What proves a call of this provider; None when the settings leave open what they must say."""
    if receiver.proof == "signature" or receiver.proof is None:
        return "signature" if name in SIGNED else None
    return receiver.proof
