"""How each provider proves itself, out of what the settings say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.collector.receipts import mailersend
from connectors.collector.signatures import body_hmac, ecdsa, mailgun, mandrill, shared_secret, sns, standard_webhooks
from connectors.collector.signatures.fetching import fetch
from connectors.collector.signatures.request import Check

Proof = Literal["signature", "basic", "bearer", "path"]

SIGNED = frozenset({"amazon_ses", "sendgrid", "mailgun", "mandrill", "resend", "mailersend", "generic"})
"""The others sign nothing: basic, bearer or a secret path."""


@dataclass(frozen=True)
class Receiver:
    """One provider's door. secrets: read, any of them opens. url: of Mandrill's webhook. topics: SNS topics that are ours."""

    proof: Proof
    secrets: Sequence[str] = field(repr=False)
    user: str = ""
    url: str = ""
    topics: Sequence[str] = ()


def check_of(provider: str, receiver: Receiver, get: sns.Fetch = fetch) -> Check:
    """Raises: ValueError when a secret is not of the provider's form; it holds no value."""
    if receiver.proof == "basic":
        return shared_secret.basic(receiver.secrets, receiver.user)
    if receiver.proof == "bearer":
        return shared_secret.bearer(receiver.secrets)
    if receiver.proof == "path":
        return shared_secret.path(receiver.secrets)
    try:
        return _signed(provider, receiver, get)
    except ValueError as error:
        raise ValueError(f"a secret of {provider} is not of the form it has there") from error


def _signed(provider: str, receiver: Receiver, get: sns.Fetch) -> Check:
    secrets = receiver.secrets
    if provider == "amazon_ses":
        return sns.check(frozenset(receiver.topics), get)
    if provider == "sendgrid":
        return ecdsa.check(secrets)
    if provider == "mailgun":
        return mailgun.check(secrets)
    if provider == "mandrill":
        return mandrill.check(secrets, receiver.url)
    if provider == "mailersend":
        return body_hmac.check(secrets, is_test=mailersend.is_test)
    return standard_webhooks.check(secrets, "svix" if provider == "resend" else "webhook")
