"""A generated shop day: everything that tests and benchmarks want to see happen to an event stream, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.shop_calls import Call, Style, encoded, written
from bench.shop_faults import blemished, poison
from bench.shop_people import HOUR, MINUTE, Person, Profile, a_kind, an_instant, history, iso
from bench.shop_visits import Device, product, visit

Entry = tuple[int, int, str, bytes | None]
"""(when it reaches the feed in epoch ms, a number that makes the order total, Kafka key, value)."""


@dataclass(frozen=True)
class ShopDay:
    """devices shop between `start_ms` and `start_ms + hours`; about 15 lines each.

    Times lie in the past of whoever writes the feed: at most 24 h before, and `start_ms + hours` is over by then, so that the last session
    has ended.
    Disorder: no line is `out_of_orderness_ms` or more older than the newest line before it, in the whole feed and so in every partition,
    but for repeats, poison and history, which move no event time back.
    Shares are of the good lines: poison (dead letters), blemishes (flags), repeats, collisions (same messageId, other content), history
    (older than a day). other_names: devices that send GA4 or Snowplow names.
    tail: receipts without a time or from the future. They count as of their arrival, which would make everything behind them late; so they
    come last, and none of them is behaviour.
    """

    seed: int
    devices: int
    start_ms: int
    hours: float = 6.0
    out_of_orderness_ms: int = 5000
    poison: float = 0.01
    blemishes: float = 0.02
    repeats: float = 0.03
    collisions: float = 0.002
    history: float = 0.002
    other_names: float = 0.25
    tail: int = 20

    def __post_init__(self) -> None:
        if self.hours * HOUR <= 62 * MINUTE or self.hours > 23:
            raise ValueError(f"hours: expected more than 1.05, so that sessions can end, and at most 23, not {self.hours}")

    @property
    def end_ms(self) -> int:
        """No good line has a time at or after this: a session's gap, the gate's window and a second before the day is over."""
        return self.start_ms + int(self.hours * HOUR) - 31 * MINUTE

    def lines(self) -> Iterator[tuple[str, bytes | None]]:
        """(key, value) in the order of the feed; a value of None is a tombstone. Key: the device, so that it stays in one partition."""
        for _, _, key, value in sorted(self._entries(), key=lambda entry: entry[:2]):
            yield key, value
        rng = self._rng("tail")
        for i in range(self.tail):
            line = {"event": "Email Opened", "userId": self._person(i), "properties": {"email_id": f"m{i}"}, "messageId": f"tail-{i}"}
            if rng.random() < 0.5:
                line["timestamp"] = iso(self.start_ms + 400 * 24 * HOUR)
            yield f"user:{line['userId']}", encoded(line)

    def profiles(self) -> list[Profile]:
        """(Kafka record time in epoch ms, person_id, value or None for a tombstone), by time."""
        rng = self._rng("profiles")
        firings = self._firings()
        found: list[Profile] = []
        for i in range(self._persons):
            person_id = self._person(i)
            changes_at = an_instant(rng, firings.get(person_id, []), self.start_ms, self.end_ms)
            found += history(Person(person_id, "consented" if self._is_twin(i) else a_kind(rng), changes_at), self.start_ms)
        return sorted(found, key=lambda row: (row[0], row[1]))

    # people and devices

    def _rng(self, purpose: str) -> Random:
        return Random(f"{self.seed}/{purpose}")

    @property
    def _persons(self) -> int:
        return max(2, self.devices // 2)

    def _person(self, i: int) -> str:
        return f"person-{i % self._persons:05}"

    def _is_twin(self, i: int) -> bool:
        """The first persons have two devices that mirror each other, and a profile that allows everything."""
        return i < max(1, self.devices // 500)

    def _device(self, rng: Random, i: int) -> Device:
        """Three in four have an owner; persons have one or two devices, so some have an order elsewhere."""
        owner = self._person(int(rng.random() * self._persons)) if rng.random() < 0.75 else None
        style: Style = rng.choice(("ga4", "snowplow")) if rng.random() < self.other_names else "segment"
        return Device(f"{900_000 + i}" if i % 33 == 0 else f"dev-{i:05}", owner, style)

    # what happens

    def _calls(self) -> Iterator[tuple[Call, Style]]:
        """Everything that really happened, device by device."""
        rng = self._rng("calls")
        homes: dict[str, list[Device]] = {}
        for i in range(self.devices):
            device = self._device(rng, i)
            siblings = homes.setdefault(device.owner, []) if device.owner is not None else []
            for t in sorted(rng.randrange(self.start_ms, self.end_ms) for _ in range(rng.choice((1, 1, 2, 3)))):
                if device.user is not None and rng.random() < 0.02:
                    device.owner, device.user = self._person(int(rng.random() * self._persons)), None  # lent to somebody else
                calls = list(visit(rng, device, t, self.end_ms))
                yield from ((call, device.style) for call in calls)
                if any(call.event == "Product Added" for call in calls) and device.owner is not None and rng.random() < 0.25:
                    call = self._elsewhere(rng, device.owner, siblings, calls[-1].t)
                    yield call, "segment"
            siblings.append(device)
        for i in range(self._persons):
            if self._is_twin(i):
                yield from ((call, "segment") for call in self._twins(rng, self._person(i)))
            if rng.random() < 0.1:
                receipt = rng.choice(("Email Opened", "Email Delivered", "Email Link Clicked"))
                yield Call(rng.randrange(self.start_ms, self.end_ms), None, self._person(i), receipt, {"email_id": f"m{i}"}), "segment"

    def _elsewhere(self, rng: Random, owner: str, siblings: list[Device], t: int) -> Call:
        """An order or an add of the same person about the time of a visit: in the shop's back office, or on their other device."""
        at = min(max(t + rng.randrange(-2 * MINUTE, 7 * MINUTE), self.start_ms), self.end_ms - 1)
        event = "Order Completed" if rng.random() < 0.7 else "Product Added"
        properties = {"order_id": f"o-{owner}-{at}", "total": 20} if event == "Order Completed" else product(rng)
        if not siblings or rng.random() < 0.3:
            return Call(at, None, owner, event, properties)
        return Call(at, siblings[-1].device_id, owner if rng.random() < 0.7 else None, event, properties)

    def _twins(self, rng: Random, person: str) -> Iterator[Call]:
        """The same add on two devices in the same instant (an app and the web view in it): one occasion, twice."""
        t = rng.randrange(self.start_ms, self.end_ms - 10 * MINUTE)
        for name, later in (("app", MINUTE), ("web", 2 * MINUTE)):
            device = f"{name}-{person}"
            yield Call(t, device, person, "Product Added", {"product_id": "p1", "price": 12.5, "quantity": 1})
            yield Call(t + later, device, person, "Page Viewed", {})

    def _firings(self) -> dict[str, list[int]]:
        """About when candidates of a person can fire: 5 and 30 min after a device fell silent."""
        found: dict[str, list[int]] = {}
        users: dict[str, str] = {}
        last: Call | None = None
        for call, _ in self._calls():
            if last is not None and last.device in users and (call.device != last.device or call.t - last.t > 5 * MINUTE):
                found.setdefault(users[last.device], []).extend((last.t + 5 * MINUTE, last.t + 30 * MINUTE))
            if call.device is not None and call.user is not None:
                users[call.device] = call.user
            last = call
        return found

    # how it reaches the feed

    def _entries(self) -> Iterator[Entry]:
        rng = self._rng("feed")
        for number, (call, style) in enumerate(self._calls()):
            number *= 8  # room for what a line brings with it
            key = call.device or f"user:{call.user}"
            line = written(call, style, rng)
            if rng.random() < self.blemishes and line["type"] not in ("alias", "identify"):
                line = blemished(rng, line)
            if rng.random() < 0.9:
                line["messageId"] = f"msg-{number}"
            at = call.t + (rng.randrange(self.out_of_orderness_ms * 9 // 10) if rng.random() < 0.2 else 0)
            yield at, number, key, encoded(line)
            if rng.random() < self.repeats:
                yield at + rng.randrange(30 * MINUTE), number + 1, key, encoded(self._again(rng, line))
            if rng.random() < self.collisions and "messageId" in line:
                other = {"event": "Product Viewed", "anonymousId": key, "timestamp": iso(at), "messageId": line["messageId"]}
                yield at + 1, number + 2, key, encoded(other)
            if rng.random() < self.poison:
                yield at, number + 3, key, poison(rng, key, call.t)
            if rng.random() < self.history and call.device is not None:
                t = self.start_ms - rng.randrange(25 * HOUR, 72 * HOUR)
                yield at, number + 4, key, encoded({"event": call.event, "anonymousId": call.device, "timestamp": iso(t)})

    def _again(self, rng: Random, line: dict[str, object]) -> dict[str, object]:
        """A retry: sent at another time, otherwise the same."""
        return {**line, "sentAt": iso(self.end_ms)} if rng.random() < 0.5 and "originalTimestamp" in line else line
