"""Who is behind which shopper, and what else they do: every reason of the gate shall be seen at work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from rekindle.demo.happenings import ADDED, IDENTIFIED, ORDERED, VIEWED, Happening
from rekindle.demo.people import SECOND, Story
from rekindle.demo.shoppers import MINUTE, Shopper

CART_GAP, CART_MEMORY, SESSION_GAP, ARBITRATION = 5 * MINUTE, 72 * 60 * MINUTE, 30 * MINUTE, 30 * SECOND
"""The defaults of the settings, which the demo runs with."""
IDENTITY_WAIT = MINUTE
"""Shorter than the settings' default: nobody watches a demo for two hours to see that a visitor stays unknown."""
LAST_DECISION = 45 * SECOND
"""From the moment the history is complete until the last of its carts is decided: the jobs take longer to start."""
EVENTS = {"clicks": VIEWED, "carts": ADDED, "orders": ORDERED}
_CAST = (
    Story.WITHDRAWS,
    Story.CONSENTS,
    None,
    Story.CONSENTS,
    Story.REFUSES,
    Story.CONSENTS,
    Story.CONSENTS,
    Story.SUPPRESSED,
    None,
    Story.CONSENTS,
    Story.NO_ADDRESS,
    Story.ERASED,
    Story.CONSENTS,
    Story.UNKNOWN,
)
_NAMES = ("ana", "ben", "carla", "dario", "elif", "finn", "greta", "hugo", "ines", "jonas", "kira", "luca", "mina", "noah", "olga", "paul")


@dataclass(frozen=True)
class Role:
    """A shopper on stage. person_id: None = never says who they are. signed_in: userId on every event, else one `identify` call, with the
    first event or at `logs_in_at` (epoch ms).

    elsewhere: what the person does on another device or through the server; later: the same, in real time.
    """

    shopper: Shopper
    person_id: str | None = None
    story: Story = Story.UNKNOWN
    signed_in: bool = False
    logs_in_at: int = 0
    elsewhere: tuple[Happening, ...] = field(default=())
    later: tuple[Happening, ...] = field(default=())

    def happenings(self) -> Iterator[Happening]:
        """Everything of this role that is history."""
        device, person = self.shopper.device_id, self.person_id
        for number, action in enumerate(self.shopper.actions):
            known = person if self.signed_in else None
            yield Happening(action.at, EVENTS[action.kind], device, known, action.articles)
            if number == 0 and person and not self.signed_in and not self.logs_in_at:
                yield Happening(action.at, IDENTIFIED, device, person)
        if self.logs_in_at:
            yield Happening(self.logs_in_at, IDENTIFIED, device, person)
        yield from self.elsewhere

    @property
    def last_due(self) -> int:
        """When the last trigger of the last visit is due, if one is; epoch ms."""
        return self.shopper.last.at + (CART_GAP if self.shopper.leaves_a_cart else SESSION_GAP)


def cast(shoppers: Sequence[Shopper], now: int) -> list[Role]:
    """Roles for all shoppers, the history complete at `now` (epoch ms): all is due by then, but for two carts left open until just now."""
    # by carts: whose only one it is, has no cooldown yet
    leaving = sorted((shopper for shopper in shoppers if shopper.leaves_a_cart), key=lambda shopper: shopper.count("carts"))
    looking = [shopper for shopper in shoppers if all(action.kind == "clicks" for action in shopper.actions)]
    staged = [
        _fresh(leaving[0], "quinn", now),
        _orders_before_the_mail(leaving[1], "rosa", now),
        _orders_on_the_phone(leaving[2], "sami", now),
        _orders_as_it_falls_due(leaving[3], "tara", now),
        _goes_on_at_the_phone(looking[0], "ugo", now),
        _is_asleep(looking[1], "vera", now),
        _logs_in_later(looking[2], "wanda", now),
    ]
    taken = {role.shopper.device_id for role in staged}
    rest = [shopper for shopper in shoppers if shopper.device_id not in taken]
    rest.sort(key=lambda shopper: not shopper.leaves_a_cart)  # carts first, so that each story gets one
    for number, (shopper, story) in enumerate(zip(rest, cycle(_CAST), strict=False)):
        placed = shopper.ending_at(_past(now, number))
        if story is None:
            staged.append(Role(placed))
        else:
            name = f"{_NAMES[number % len(_NAMES)]}-{number // len(_NAMES) + 1}"
            staged.append(Role(placed, name, story, signed_in=number % 2 == 0))
    return staged


def _past(now: int, number: int) -> int:
    """When the last action was, so that a session that ended with it was due some minutes ago."""
    return now - SESSION_GAP - 2 * MINUTE - number * 25 * SECOND


def _just_now(now: int) -> int:
    """When the last action was, so that the cart is decided at LAST_DECISION."""
    return now + LAST_DECISION - ARBITRATION - CART_GAP


def _fresh(shopper: Shopper, name: str, now: int) -> Role:
    return Role(shopper.ending_at(_just_now(now)), name, Story.CONSENTS)


def _orders_before_the_mail(shopper: Shopper, name: str, now: int) -> Role:
    due = _just_now(now) + CART_GAP
    order = Happening(due + ARBITRATION // 2, ORDERED, None, name, shopper.last.articles)
    return Role(shopper.ending_at(_just_now(now)), name, Story.CONSENTS, later=(order,))


def _orders_on_the_phone(shopper: Shopper, name: str, now: int) -> Role:
    end = _past(now, 1)
    order = Happening(end + 2 * MINUTE, ORDERED, f"phone-{name}", name, shopper.last.articles)
    return Role(shopper.ending_at(end), name, Story.CONSENTS, signed_in=True, elsewhere=(order,))


def _orders_as_it_falls_due(shopper: Shopper, name: str, now: int) -> Role:
    end = _past(now, 2)
    order = Happening(end + CART_GAP + ARBITRATION // 2, ORDERED, None, name, shopper.last.articles)
    return Role(shopper.ending_at(end), name, Story.CONSENTS, elsewhere=(order,))


def _is_asleep(shopper: Shopper, name: str, now: int) -> Role:
    return Role(shopper.ending_at(_past(now, 4)), name, Story.ASLEEP)


def _logs_in_later(shopper: Shopper, name: str, now: int) -> Role:
    end = _past(now, 5)
    return Role(shopper.ending_at(end), name, Story.CONSENTS, logs_in_at=end + SESSION_GAP + 40 * SECOND)


def _goes_on_at_the_phone(shopper: Shopper, name: str, now: int) -> Role:
    end = _past(now, 3)
    add = Happening(end + MINUTE, ADDED, f"phone-{name}", name, shopper.last.articles)
    return Role(shopper.ending_at(end), name, Story.CONSENTS, elsewhere=(add,))
