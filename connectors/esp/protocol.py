"""The seam to e-mail platforms: what an adapter is given, what it makes of it, how it reads an answer.

An adapter opens nothing and waits for nothing: a send in, a `Request` out; a status, headers and a body in, an `Answer` out.
Who calls, how often and under which limits is `jobs/deliver`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    CANCELLED = "cancelled"  # the gate took it back
    CLAIMED = "claimed"  # about to be called, where a repeat must not be
    RECHECK = "recheck"  # decided too long ago: the gate is asked again
    PACED = "paced"  # its turn in the platform's rate comes later
    CIRCUIT_OPEN = "circuit_open"  # the platform is down: nobody calls it for a while
    IN_ORDER = "in_order"  # behind an earlier send of the person
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
    SPLIT = "split"  # of a batch, nothing of it taken: each send again alone, to find the one that is at fault
    AMBIGUOUS = "ambiguous"  # taken or not: nobody knows


Until = timedelta | datetime
"""A timedelta from now, or an instant (UTC)."""


@dataclass(frozen=True)
class Left:
    """What a platform says of its own limit: `calls` more until `resets`."""

    calls: int
    resets: Until


@dataclass(frozen=True)
class Answer:
    """retry_after: the ESP's wish. left: its rate limit, as the answer's headers tell."""

    meaning: Meaning
    reason: Reason | None = None
    esp_id: str | None = None
    retry_after: Until | None = None
    left: Left | None = None


@dataclass(frozen=True)
class Request:
    """One HTTP call. Nothing of it is in its `repr`: URL and headers can hold secrets, the body personal data."""

    method: Literal["POST", "PUT"]
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Rate:
    """At most `calls` requests in any `per`."""

    calls: int
    per: timedelta


@dataclass(frozen=True)
class Batch:
    """At most `count` sends and `size` bytes of body in one request."""

    count: int
    size: int


@dataclass(frozen=True)
class Token:
    """A bearer token, good until `expires_at` (UTC)."""

    value: str = field(repr=False)
    expires_at: datetime


class Login(Protocol):
    """How a bearer token is got. The engine asks once for all calls, before the old one ends, and again after one 401."""

    def request(self) -> Request: ...

    def token(self, status: int, headers: Mapping[str, str], body: bytes, at: datetime) -> Token | Answer:
        """at: when it was asked for (UTC). An Answer: why there is none."""


class Send(Protocol):
    """What an adapter may read of a send; `jobs.deliver.send.Send` is one. Times are aware, UTC."""

    @property
    def trigger_id(self) -> str: ...
    @property
    def trigger(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def person_id(self) -> str: ...
    @property
    def template(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def variant(self) -> str | None: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...
    @property
    def fired_at(self) -> datetime: ...
    @property
    def decided_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def address(self) -> str | None: ...
    @property
    def raw(self) -> bytes:
        """The row as it lies in `triggers`: one JSON object, UTF-8."""


class Adapter(Protocol):
    """One platform's contract. Made from its Options and a reader of secrets: `Braze(options, read)`; raises EndpointError.

    deduplicates: a repeat with the same id is harmless there, so an ambiguous answer may be retried.
    rate: what the platform takes, as it publishes it; None: not published. batch: None = one send in a request.
    login: None = the headers of a request are complete.
    """

    deduplicates: bool
    rate: Rate | None
    batch: Batch | None
    login: Login | None

    def group(self, send: Send) -> str:
        """Sends of one group can share a request: same campaign, same event."""

    def item(self, send: Send) -> bytes:
        """What stands for this send in a request; of one that takes no batches: its body. Same send, same bytes.

        Raises UnsendableError: no address, too large, a key it would break.
        """

    def request(self, sends: Sequence[Send], items: Sequence[bytes], at: datetime) -> Request:
        """The call for one attempt made `at` (UTC), over sends of one group and their items. One send where `batch` is None."""

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        """What a full answer means: one for each of `sends`, in their order. headers: looked up without regard to case.

        body: at most 64 KB, the rest was not read. Never raises, whatever a server may write.
        """


class OneByOne:
    """Adapters of platforms that take one send in a request begin here: they say what `answer` means for it."""

    batch: Batch | None = None
    login: Login | None = None
    rate: Rate | None = None
    deduplicates: bool = False

    def group(self, send: Send) -> str:
        return ""

    def answers(self, sends: Sequence[Send], status: int, headers: Mapping[str, str], body: bytes) -> Sequence[Answer]:
        return [self.answer(sends[0], status, headers, body)]

    def answer(self, send: Send, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        raise NotImplementedError


class EspError(Exception):
    """Root of this folder's errors. None of them carries a URL, an address or a payload."""


class UnsendableError(EspError):
    """This send can never become a request for this platform. No retry helps."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class EndpointError(EspError):
    """A destination's settings cannot be used (`what`: the key): the operator's to mend."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
