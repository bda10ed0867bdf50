"""The seam to e-mail platforms: what an adapter is given, what it makes of it, how it reads an answer.

An adapter opens nothing and waits for nothing: a send in, a `Request` out; a status, headers and a body in, an `Answer` out.
Who calls, how often and under which limits is `jobs/deliver`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol


class Reason(StrEnum):
    """Why a send was not accepted. The closed list of `delivery_outcomes.reason` and of `dead_letters.reason` at stage `deliver`."""

    REFUSED = "refused"  # the ESP says this request will never do
    REDIRECTED = "redirected"  # never followed: the body could go to anybody
    TOO_LARGE = "too_large"
    NO_ADDRESS = "no_address"
    EXPIRED = "expired"
    NO_DESTINATION = "no_destination"  # not in the settings
    CONFIGURATION = "configuration"  # secret missing or not accepted, bad URL or header
    UNREACHABLE = "unreachable"  # no connection: nothing was sent
    TLS = "tls"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"  # sent, no full answer in time
    NO_ANSWER = "no_answer"  # sent, connection lost
    INTERRUPTED = "interrupted"  # the job was stopped in mid-call
    INTERNAL = "internal"  # our own fault
    NOT_JSON = "not_json"
    NOT_OBJECT = "not_object"
    BAD_SEND = "bad_send"  # a row of `triggers` that breaks its contract


class Meaning(StrEnum):
    """What an answer says about the send."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # permanent, of this send
    CONFIGURATION = "configuration"  # of every send: only a person can mend it
    RETRY = "retry"  # surely not taken
    AMBIGUOUS = "ambiguous"  # taken or not: nobody knows


@dataclass(frozen=True)
class Answer:
    """retry_after: the ESP's wish: a timedelta from now, or an instant (UTC)."""

    meaning: Meaning
    reason: Reason | None = None
    esp_id: str | None = None
    retry_after: timedelta | datetime | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP call. Nothing of it is in its `repr`: URL and headers can hold secrets, the body personal data."""

    method: Literal["POST", "PUT"]
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Send(Protocol):
    """What an adapter may read of a send; `jobs.deliver.send.Send` is one."""

    @property
    def trigger_id(self) -> str: ...
    @property
    def person_id(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...
    @property
    def decided_at(self) -> datetime: ...
    @property
    def address(self) -> str | None: ...
    @property
    def raw(self) -> bytes:
        """The row as it lies in `triggers`: one JSON object, UTF-8."""


class Adapter(Protocol):
    """One platform's contract.

    deduplicates: a repeat with the same id is harmless there, so an ambiguous answer may be retried.
    """

    deduplicates: bool

    def request(self, send: Send, at: datetime) -> Request:
        """The call for one attempt made `at` (UTC). Same send, same id and body. Raises UnsendableError."""

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """What a full answer means. headers: looked up without regard to case. body: at most 64 KB, the rest was not read."""


class EspError(Exception):
    """Root of this folder's errors. None of them carries a URL, an address or a payload."""


class UnsendableError(EspError):
    """This send can never become a request for this platform. No retry helps."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class EndpointError(EspError):
    """A destination's settings cannot be used (`what`: kind, url, headers): the operator's to mend."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
