"""The platforms the fake can be, by the first part of a URL's path: `/braze/…`, or `/braze.eu/…` for one more destination of that kind."""

from __future__ import annotations

from collections.abc import Callable

from connectors.esp.fake.platforms.braze import Braze
from connectors.esp.fake.platforms.customerio import CustomerIo
from connectors.esp.fake.platforms.hooks import Make, Zapier
from connectors.esp.fake.platforms.iterable import Iterable
from connectors.esp.fake.platforms.klaviyo import Klaviyo
from connectors.esp.fake.platforms.mailgun import Mailgun
from connectors.esp.fake.platforms.postmark import Postmark
from connectors.esp.fake.platforms.segment import Segment
from connectors.esp.fake.platforms.sendgrid import SendGrid
from connectors.esp.fake.platforms.sfmc import Sfmc
from connectors.esp.fake.platforms.webhook import WebhookReceiver
from connectors.esp.fake.protocol import Platform

PLATFORMS: dict[str, Callable[[], Platform]] = {
    "make": Make,
    "mailgun": Mailgun,
    "postmark": Postmark,
    "sendgrid": SendGrid,
    "braze": Braze,
    "customerio": CustomerIo,
    "iterable": Iterable,
    "klaviyo": Klaviyo,
    "segment": Segment,
    "sfmc": Sfmc,
    "webhook": WebhookReceiver,
    "zapier": Zapier,
}
