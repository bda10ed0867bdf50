"""Providers that sign nothing: a password in the URL's user part, a bearer token, or a secret last part of the path."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

from connectors.collector.signatures.request import BadSignatureError, Check, Request, header, same


def basic(passwords: Sequence[str], user: str) -> Check:
    """`https://user:password@…`, as Postmark, Mailjet, Brevo and SNS take it."""
    return _authorization([f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" for password in passwords])


def bearer(tokens: Sequence[str]) -> Check:
    """`Authorization: Bearer …`, as Braze, Brevo and SparkPost (OAuth) send it."""
    return _authorization([f"Bearer {token}" for token in tokens])


def path(secrets: Sequence[str]) -> Check:
    """`/receipts/{provider}/{secret}`: the URL is the secret, so it must stand in no log."""

    def checked(request: Request, _now: datetime) -> None:
        if not any(same(secret, request.secret) for secret in secrets):
            raise BadSignatureError("the secret of the path is not ours")

    return checked


def _authorization(accepted: Sequence[str]) -> Check:
    def checked(request: Request, _now: datetime) -> None:
        scheme, _, rest = header(request, "authorization").partition(" ")
        given = f"{scheme.capitalize()} {rest.strip()}"
        if not any(same(one, given) for one in accepted):
            raise BadSignatureError("the authorization is not ours")

    return checked
