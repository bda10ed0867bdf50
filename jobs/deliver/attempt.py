"""One pass of one send: call, read the answer, perhaps wait and call again. Every way through ends in exactly one Result.

Knows no Flink and no HTTP library: the lane, the clocks and chance are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from connectors.esp.protocol import Answer, Meaning, Reason, UnsendableError
from jobs.deliver.exchange import Exchange
from jobs.deliver.lane import Lane
from jobs.deliver.outcome import Outcome, Result, settle
from jobs.deliver.retry import Stop, call_timeout, longer_wait, next_delay
from jobs.deliver.send import Send


@dataclass(frozen=True)
class Pass:
    """first_at: when this send was first tried. made: calls in earlier passes. passes: those that ended without an answer of use.

    lost: the reason of a call in an earlier pass that may have been taken without our hearing of it.
    """

    send: Send
    first_at: datetime
    made: int = 0
    passes: int = 0
    lost: Reason | None = None


async def deliver(one: Pass, lane: Lane) -> Result:
    """Hands one send to its platform. Never raises, not even when the task is cancelled: Flink's queue would wait for ever."""
    turn = _Turn(one, lane)
    try:
        result = await turn.run()
    except UnsendableError as error:
        result = Result(Outcome.REJECTED, error.reason, attempts=one.made, lost=one.lost)
    except Exception:  # ours or an adapter's; its text could hold what the send holds
        result = turn.broken(Reason.INTERNAL)
    except BaseException:
        result = turn.broken(Reason.INTERRUPTED)
    if result.outcome is not Outcome.RETRYING:
        lane.shared.ended.put(one.send.trigger_id, result.outcome)
    elif result.again_in is not None and result.reason is not Reason.IN_ORDER:
        lane.order.put_off(one.send.person_id, one.send.trigger_id, lane.clock.seconds() + result.again_in)
    return result


class _Turn:
    """What is known of one pass so far."""

    def __init__(self, one: Pass, lane: Lane) -> None:
        self._pass, self._send, self._lane, self._route, self._clock = one, one.send, lane, lane.route, lane.clock
        self._made = 0
        self._last = Exchange()
        self._lost: Reason | None = one.lost
        self._calling = False

    async def run(self) -> Result:
        send, lane, clock = self._send, self._lane, self._clock
        if (ended := self._ended()) is not None:
            return ended
        if self._route.needs_address and not send.address:
            return self._final(Outcome.REJECTED, Reason.NO_ADDRESS)
        item = self._route.adapter.item(send)
        began = clock.seconds()
        async with lane.order.turn(send.person_id, self._route.limits.budget) as mine:
            if not mine:
                return self._again(Reason.IN_ORDER, 1.0, tried=False)
            behind = lane.order.behind(send.person_id, send.trigger_id, clock.seconds())
            if behind is not None:
                return self._again(Reason.IN_ORDER, behind - clock.seconds() + 1.0, tried=False)
            return await self._calls(item, began)

    async def _calls(self, item: bytes, began: float) -> Result:
        send, route, lane, clock = self._send, self._route, self._lane, self._clock
        lane.shared.retries.first()
        alone = False
        while True:
            if (ended := self._ended()) is not None:
                return ended
            found = await self._attempt(item, call_timeout(route.limits, clock.seconds() - began), alone)
            if found.ended is not None:
                return self._over(found.ended)
            if found.answer is None:
                return self._put_off(found.reason or Reason.PACED, found.put_off or 0.0)
            answer = found.answer
            if answer.meaning is Meaning.SPLIT and not alone:
                alone = True
                continue
            if answer.meaning is Meaning.AMBIGUOUS:
                self._lost = self._lost or answer.reason
            if answer.meaning is Meaning.CONFIGURATION:
                return self._put_off(Reason.CONFIGURATION, 0.0)
            if answer.meaning in (Meaning.ACCEPTED, Meaning.REJECTED, Meaning.SPLIT) or (self._lost is not None and not route.retry_lost):
                return self._end(answer, None)
            elapsed = clock.seconds() - began
            delay = next_delay(route.limits, self._made, elapsed, clock.now(), send.expires_at, answer.retry_after, clock.chance)
            if isinstance(delay, Stop):
                return self._end(answer, delay)
            if not lane.shared.retries.take():
                return self._end(answer, Stop.BUDGET)
            await clock.sleep(delay)

    def broken(self, reason: Reason) -> Result:
        """The pass was cut short: what was in the air may have been taken."""
        if not self._calling and self._lost is None:
            if reason is Reason.INTERRUPTED:
                return self._again(reason, 1.0, tried=False)
            return self._final(Outcome.DEAD, reason)
        self._lost = self._lost or reason
        if reason is Reason.INTERRUPTED and self._route.retry_lost:
            return self._again(reason, 1.0, tried=False)
        return self._final(Outcome.UNKNOWN, reason)

    async def _attempt(self, item: bytes, timeout: float, alone: bool) -> Exchange:
        self._calling, self._made = True, self._made + 1
        found = await self._lane.exchange(self._send, item, timeout, alone)
        self._calling = False  # only now: an answer nobody could read leaves the send unknown
        if found.answer is None:
            self._made -= 1
        else:
            self._last = found
        return found

    def _ended(self) -> Result | None:
        """Before every attempt: is it still to be sent?"""
        if self._lane.shared.ended.get(self._send.trigger_id) == Outcome.ACCEPTED:
            return Result(Outcome.ACCEPTED, repeat=True)
        if self._send.trigger_id in self._lane.shared.cancelled:
            return self._over(Outcome.CANCELLED)
        if self._clock.now() >= self._send.expires_at:
            return self._over(Outcome.EXPIRED)
        return None

    def _over(self, outcome: Outcome) -> Result:
        if self._lost is not None:  # it may be in somebody's letter box already
            return self._final(Outcome.UNKNOWN, self._lost)
        return self._final(outcome, Reason.CANCELLED if outcome is Outcome.CANCELLED else Reason.EXPIRED)

    def _end(self, last: Answer, stop: Stop | None) -> Result:
        send, clock = self._send, self._clock
        outcome, reason = settle(last, stop, self._last.status, self._lost, self._route.retry_lost)
        if outcome is not Outcome.RETRYING:
            return self._final(outcome, reason, last.esp_id)
        wait = longer_wait(self._route.waits, self._pass.passes, clock.now(), last.retry_after, clock.chance)
        past = (clock.now() - self._pass.first_at).total_seconds() + wait
        if past > self._route.retry_for.total_seconds():
            return self._final(Outcome.DEAD if self._lost is None else Outcome.UNKNOWN, self._lost or reason)
        if wait >= (send.expires_at - clock.now()).total_seconds():
            return self._over(Outcome.EXPIRED)
        return self._again(reason or Reason.UNAVAILABLE, wait, tried=True)

    def _put_off(self, reason: Reason, wait: float) -> Result:
        """Not called, or not for its own sake: its turn in the pace, or the first of the longer waits while nobody can be called."""
        if reason is not Reason.PACED:  # all who wait for the platform must not come back at once, nor go round and round
            wait = max(wait, longer_wait(self._route.waits, 0, self._clock.now(), None, self._clock.chance))
        return self._again(reason, wait, tried=False)

    def _again(self, reason: Reason, wait: float, tried: bool) -> Result:
        """Put off to a later pass. Who comes only after the expiry has expired now: nobody has to wait to hear of it."""
        if wait >= (self._send.expires_at - self._clock.now()).total_seconds():
            return self._over(Outcome.EXPIRED)
        result = self._final(Outcome.RETRYING, reason)
        return replace(result, again_in=wait, passes=self._pass.passes + tried)

    def _final(self, outcome: Outcome, reason: Reason | None, esp_id: str | None = None) -> Result:
        last = self._last
        return Result(outcome, reason, last.status, self._pass.made + self._made, esp_id, last.latency_ms, lost=self._lost)
