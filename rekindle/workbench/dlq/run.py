"""`rekindle dlq`: letters are read, told, sent back or put away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson

from connectors.kafka_scan import KafkaScanError, Scan
from jobs.errors import RunError
from rekindle.workbench.dlq import letters
from rekindle.workbench.dlq.book import Book, Known, Wanted
from rekindle.workbench.dlq.letters import State
from rekindle.workbench.dlq.way_back import Back, Refusal, way_back
from rekindle.workbench.dlq.writing import Pace, Writer
from rekindle.workbench.why.words import count

Report = Callable[[str], None]
_TELL_EVERY = 100_000
_LONG = 0.5
_LOOKED_UP = 200
"""Letters whose bytes are fetched at a time; a letter has up to 16 MB, most have one thousandth."""


@dataclass(frozen=True)
class Kafka:
    """Where the topics are. options: client properties."""

    servers: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Batch:
    """One run that changes something. at: epoch ms. why: of a discard."""

    name: str
    by: str
    at: int
    why: str | None = None


@dataclass
class Summary:
    """done: letters by topic they went to, or `discarded`. refused: by why not. told: the first refusals, (key, why)."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[Refusal] = field(default_factory=Counter)
    told: list[tuple[str, Refusal]] = field(default_factory=list)
    listed: int = 50

    def refuse(self, key: str, refusal: Refusal) -> None:
        self.refused[refusal] += 1
        if len(self.told) < self.listed:
            self.told.append((key, refusal))


@contextmanager
def opened(kafka: Kafka) -> Iterator[Scan]:
    """A reader. Raises: RunError in place of what it raises."""
    try:
        with Scan(kafka.servers, kafka.options) as scan:
            yield scan
    except KafkaScanError as error:
        raise RunError(
            f"the topics cannot be read at {kafka.servers} (kafka.servers): {error.reason}", "run `rekindle up`, or set kafka.servers"
        ) from None


def fill(book: Book, scan: Scan, report: Report, outcomes: bool = False) -> int:
    """All letters and their states, with the outcomes of the sends in them where asked for. Returns: rows that are no letters."""
    span, broken, read = scan.span(["dead_letters", "dead_letters.state"]), 0, 0
    if not span:
        raise RunError("there is no topic dead_letters", "run `rekindle topics create`")
    for record in scan.read(span):
        read += 1
        if read % _TELL_EVERY == 0:
            report(f"  {read:,} records read")
        if record.value is None:
            continue
        if record.topic == "dead_letters":
            found = letters.read(record)
            if found is None:
                broken += 1
            else:
                book.add(found[0])
        elif (state := letters.state(record)) is not None:
            book.settle(state)
    if outcomes:
        _outcomes(book, scan)
    if broken:
        report(f"left out, because they break the contract of dead_letters: {count(broken, 'row')}")
    return broken


def _outcomes(book: Book, scan: Scan) -> None:
    for record in scan.read(scan.span(["delivery_outcomes"])):
        try:
            row = orjson.loads(record.value or b"{}")
            trigger_id, outcome = row.get("trigger_id"), row.get("outcome")
        except (orjson.JSONDecodeError, AttributeError):
            continue
        # not final: the call goes on
        if isinstance(trigger_id, str) and outcome != "retrying" and book.holds(trigger_id):
            book.ended(trigger_id, str(row.get("destination")), str(outcome))


def raws(scan: Scan, found: Iterable[Known]) -> Iterator[tuple[Known, bytes | None, bool]]:
    """Each letter with the bytes it keeps, and whether it is still in the topic. found: in the order they lie there."""
    chunk: list[Known] = []
    for known in found:
        chunk.append(known)
        if len(chunk) == _LOOKED_UP:
            yield from _raws(scan, chunk)
            chunk = []
    yield from _raws(scan, chunk)


def _raws(scan: Scan, chunk: list[Known]) -> Iterator[tuple[Known, bytes | None, bool]]:
    at = {(known.letter.at_partition, known.letter.at_offset): known for known in chunk}
    for record in scan.pick(("dead_letters", *place) for place in sorted(at)):
        read = letters.read(record)
        known = at.pop((record.partition, record.offset))
        yield known, None if read is None else read[1], read is not None
    for known in at.values():
        yield known, None, False


def retry(book: Book, scan: Scan, wanted: Wanted, batch: Batch, force: bool, writer: Writer | None, pace: Pace, report: Report) -> Summary:
    """Sends back what may go. writer: None = a dry run."""
    summary, sends = Summary(), set[tuple[str, str]]()
    for known, raw, there in raws(scan, book.find(wanted)):
        letter = known.letter
        send = (letter.trigger_id or "", letter.destination or "")
        outcomes = book.outcomes(*send) if letter.stage == "deliver" else frozenset[str]()
        way = way_back(known, raw, outcomes, batch.at, force) if there else Refusal.GONE
        if isinstance(way, Refusal):
            summary.refuse(letter.key, way)
            continue
        if letter.trigger_id is not None and send in sends:
            summary.refuse(letter.key, Refusal.SAME_SEND)
            _write(writer, known, batch, "retried", None)  # it is settled with the other
            continue
        if letter.trigger_id is not None:
            sends.add(send)
        if writer is not None:
            if pace.ahead() > _LONG:
                writer.commit()  # a transaction does not wait
            pace.wait()
        _write(writer, known, batch, "retried", way)
        _count(summary, way.topic, report, writer)
    return summary


def discard(book: Book, wanted: Wanted, batch: Batch, writer: Writer | None, report: Report) -> Summary:
    """Puts letters away: nobody need look at them again. writer: None = a dry run."""
    summary = Summary()
    for known in book.find(wanted):
        if known.state == "discarded":
            summary.refuse(known.letter.key, Refusal.DISCARDED)
            continue
        _write(writer, known, batch, "discarded", None)
        _count(summary, "discarded", report, writer)
    return summary


def _write(writer: Writer | None, known: Known, batch: Batch, state: str, back: Back | None) -> None:
    if writer is not None:
        letter = known.letter
        writer.write(State(letter.key, letter.failed_at, state, batch.name, batch.at, batch.by, batch.why), back)


def _count(summary: Summary, what: str, report: Report, writer: Writer | None) -> None:
    summary.done[what] += 1
    done = summary.done.total()
    if writer is not None and done % 1000 == 0:
        report(f"  {done:,} done")
