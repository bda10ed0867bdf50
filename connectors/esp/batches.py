"""What one answer says about many sends: a bad one must not fail its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from connectors.esp.protocol import Answer, Meaning, Reason, Send

UNCLEAR = Answer(Meaning.AMBIGUOUS, Reason.SERVER_ERROR)
"""A success nobody can read where errors hide in successes."""
REFUSED = Answer(Meaning.REJECTED, Reason.REFUSED)


def for_all(sends: Sequence[Send], answer: Answer, status: int) -> list[Answer]:
    """An answer that names no send, for each of them. A refusal, 408 or 409 of more than one is none of each: they are tried alone."""
    refused = answer.meaning is Meaning.REJECTED and answer.reason is not Reason.REDIRECTED
    if len(sends) > 1 and (refused or status in (408, 409)):
        answer = replace(answer, meaning=Meaning.SPLIT)
    return [answer] * len(sends)


def for_some(rest: Sequence[Answer], named: Mapping[int, Answer]) -> list[Answer]:
    """Answers by position where an answer names some, `rest` for the others."""
    return [named.get(index, answer) for index, answer in enumerate(rest)]
