"""Which adapter and which settings belong to which kind of destination."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from connectors.esp.braze import Braze, BrazeOptions
from connectors.esp.customerio import CustomerIo, CustomerIoOptions
from connectors.esp.hooks import Make, MakeOptions, Zapier, ZapierOptions
from connectors.esp.iterable import Iterable, IterableOptions
from connectors.esp.klaviyo import Klaviyo, KlaviyoOptions
from connectors.esp.mailgun import Mailgun, MailgunOptions
from connectors.esp.options import Options
from connectors.esp.postmark import Postmark, PostmarkOptions
from connectors.esp.protocol import Adapter, Batch
from connectors.esp.segment import Segment, SegmentOptions
from connectors.esp.sendgrid import SendGrid, SendGridOptions
from connectors.esp.sfmc import Sfmc, SfmcOptions
from connectors.esp.webhook import Webhook, WebhookOptions

Read = Callable[[str], str]
"""Text with `${env:NAME}` or `${file:PATH}` → the same with the secrets themselves. Raises what the caller chose."""


class Kind(NamedTuple):
    """options: pydantic model of its settings. adapter: made of such options and a Read."""

    options: type[Options]
    adapter: Callable[[Any, Read], Adapter]


KINDS: dict[str, Kind] = {
    "make": Kind(MakeOptions, Make),
    "mailgun": Kind(MailgunOptions, Mailgun),
    "postmark": Kind(PostmarkOptions, Postmark),
    "sendgrid": Kind(SendGridOptions, SendGrid),
    "braze": Kind(BrazeOptions, Braze),
    "customerio": Kind(CustomerIoOptions, CustomerIo),
    "iterable": Kind(IterableOptions, Iterable),
    "klaviyo": Kind(KlaviyoOptions, Klaviyo),
    "segment": Kind(SegmentOptions, Segment),
    "sfmc": Kind(SfmcOptions, Sfmc),
    "webhook": Kind(WebhookOptions, Webhook),
    "zapier": Kind(ZapierOptions, Zapier),
}


def batch_of(kind: str, options: Options) -> Batch | None:
    """What one request to a destination may hold, as its adapter will say; opens and reads nothing. None: one send."""
    batch: Batch | None = options.batch or getattr(KINDS[kind].adapter, "batch", None)
    return batch


def build_adapter(kind: str, options: Options, read: Read) -> Adapter:
    """The adapter of one destination. Raises EndpointError when what the secrets hold cannot be used, and what `read` raises."""
    return KINDS[kind].adapter(options, read)
