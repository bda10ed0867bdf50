"""Providers by name: what `/receipts/{provider}` and `rekindle receipts PROVIDER` know."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.collector.receipts import (
    amazon_ses,
    braze,
    brevo,
    generic,
    mailersend,
    mailgun,
    mailjet,
    mandrill,
    postmark,
    resend,
    sendgrid,
    sparkpost,
)
from connectors.collector.receipts.receipt import Found

Parser = Callable[[bytes, Mapping[str, str]], list[Found]]
"""(raw body, headers with lower-case names) → receipts and unreadable items in the body's order. Raises only UnreadableBodyError."""

PROVIDERS: dict[str, Parser] = {
    "amazon_ses": amazon_ses.parse,
    "sendgrid": sendgrid.parse,
    "mailgun": mailgun.parse,
    "postmark": postmark.parse,
    "mandrill": mandrill.parse,
    "resend": resend.parse,
    "sparkpost": sparkpost.parse,
    "mailjet": mailjet.parse,
    "brevo": brevo.parse,
    "mailersend": mailersend.parse,
    "braze": braze.parse,
    "generic": generic.parse,
}
