"""Each rule of the gate, and their order."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from jobs.gate.decisions import Decision
from jobs.gate.reasons import Reason, Verdict
from tests.unit.gate_samples import DAY, HOUR, MINUTE, NO_CAPS, NOON, OTHER_ID, SECOND, TRIGGER_ID, a_candidate, an_order, decide

D = NOON + 30 * SECOND
NO_CONSENT: dict[str, Any] = {f"consent_{name}": None for name in ("granted", "version", "source", "at")}
NO_CONSENT_AT_FIRE: dict[str, Any] = {f"consent_at_fire_{name}": None for name in ("granted", "version", "source", "at")}


def the_decision(*inputs: Any) -> Decision:
    (decision,) = decide(*inputs)
    return decision


def reason(*inputs: Any) -> Reason:
    return the_decision(*inputs).reason


def test_a_candidate_nobody_refuses_is_sent_at_d_and_names_the_consents_it_rests_on() -> None:
    decision = the_decision(a_candidate())
    assert (decision.verdict, decision.reason, decision.decided_at) == (Verdict.SENT, Reason.SENT, D)
    assert decision.evidence == {
        "consent_at_fire": {"granted": True, "version": 3, "at": "2026-02-01T08:00:00.000Z"},
        "consent_at_decision": {"granted": True, "version": 4, "at": "2026-02-02T08:00:00.000Z"},
    }


def test_a_candidate_decided_after_its_greatest_age_is_expired() -> None:
    assert reason(a_candidate(max_age=30 * SECOND)) == Reason.SENT
    decision = the_decision(a_candidate(max_age=30 * SECOND - 1))
    assert (decision.reason, decision.evidence) == (Reason.EXPIRED, {"expires_at": "2026-03-01T12:00:29.999Z"})


def test_the_same_id_fired_again_is_a_duplicate_of_the_send() -> None:
    first, second = decide(a_candidate(cooldown_ms=0), a_candidate(NOON + HOUR, cooldown_ms=0))
    assert first.sent
    assert (second.reason, second.verdict) == (Reason.DUPLICATE, Verdict.SUPPRESSED)
    assert second.evidence == {"trigger_id": TRIGGER_ID, "decided_at": "2026-03-01T12:00:30.000Z"}


def test_the_same_id_fired_again_is_no_duplicate_when_the_first_was_refused() -> None:
    first, second = decide(a_candidate(suppressed="manual"), a_candidate(NOON + HOUR))
    assert (first.reason, second.reason) == (Reason.SUPPRESSED, Reason.SENT)


def test_the_same_id_is_no_duplicate_any_more_after_thirty_days() -> None:
    for later, expected in ((30 * DAY - 1, Reason.DUPLICATE), (30 * DAY, Reason.SENT)):
        assert [d.reason for d in decide(a_candidate(), a_candidate(NOON + later))] == [Reason.SENT, expected]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOON - 10 * MINUTE - 1, Reason.SENT),
        (NOON - 10 * MINUTE, Reason.ORDERED),
        (NOON, Reason.ORDERED),
        (NOON + 1, Reason.ORDERED_SINCE),
        (D, Reason.ORDERED_SINCE),
        (D + 1, Reason.SENT),
    ],
)
def test_an_order_counts_from_since_to_d_and_the_reason_says_on_which_side_of_t(at: int, expected: Reason) -> None:
    assert decide(an_order(at), a_candidate())[0].reason == expected
    assert decide(a_candidate(), an_order(at))[0].reason == expected


def test_events_at_t_or_before_do_not_count_when_since_lies_after_t() -> None:
    assert reason(an_order(NOON), a_candidate(since=NOON + 5)) == Reason.SENT
    assert reason(an_order(NOON + 1), a_candidate(since=NOON + 5)) == Reason.ORDERED_SINCE


def test_without_since_an_order_counts_from_t() -> None:
    assert reason(an_order(NOON - 1), a_candidate(since=None)) == Reason.SENT
    assert reason(an_order(NOON), a_candidate(since=None)) == Reason.ORDERED


def test_an_order_is_named_with_its_id_and_time_and_cancels() -> None:
    decision = the_decision(an_order(NOON - MINUTE), a_candidate())
    assert decision.verdict == Verdict.CANCELLED
    assert decision.evidence == {"event": "Order Completed", "event_id": "m-9", "at": "2026-03-01T11:59:00.000Z"}


def test_another_cancel_event_before_t_is_cancelled_and_one_after_t_is_ordered_since() -> None:
    assert reason(an_order(NOON, event="Product Added"), a_candidate()) == Reason.CANCELLED
    assert reason(an_order(NOON + 1, event="Product Added"), a_candidate()) == Reason.ORDERED_SINCE


def test_of_both_kinds_before_t_the_order_is_named_even_if_it_came_later() -> None:
    added, order = an_order(NOON - 2, "m-1", "Product Added"), an_order(NOON - 1, "m-2")
    decision = the_decision(added, order, a_candidate())
    assert (decision.reason, decision.evidence["event_id"]) == (Reason.ORDERED, "m-2")


def test_of_several_orders_the_earliest_is_named_whatever_came_first() -> None:
    early, late = an_order(NOON - 2, "m-2"), an_order(NOON - 1, "m-1")
    assert the_decision(late, early, a_candidate()).evidence["event_id"] == "m-2"


def test_an_event_the_trigger_does_not_list_cancels_nothing() -> None:
    assert reason(an_order(NOON, event="Order Refunded"), a_candidate()) == Reason.SENT
    assert reason(an_order(NOON), a_candidate(cancel_on=None)) == Reason.SENT


def test_without_a_profile_as_of_d_the_reason_says_whether_there_was_one() -> None:
    assert reason(a_candidate(profile_found=False, profile_at_fire=False, email=None)) == Reason.NO_PROFILE
    assert reason(a_candidate(profile_found=False, profile_at_fire=True, email=None)) == Reason.ERASED


@pytest.mark.parametrize(
    "email",
    [None, "", "  ", "ana", "@example.com", "ana@", "a@b@c", "a@x.com,b@x.com", "a@x.com\nBcc: b@x.com", "<a@x.com>", f"{'a' * 250}@x.com"],
)
def test_a_profile_without_a_usable_address_is_refused_and_the_evidence_does_not_quote_it(email: str | None) -> None:
    decision = the_decision(a_candidate(email=email))
    assert decision.reason == Reason.NO_ADDRESS
    assert decision.evidence == {"address": "unusable" if (email or "").strip() else "absent"}


@pytest.mark.parametrize("email", ["ana@example.com", " ana@example.com ", "a+b@x.co", "ünï@exämple.com", "o'neil@x.com"])
def test_an_address_that_a_mailbox_could_have_is_usable(email: str) -> None:
    assert reason(a_candidate(email=email)) == Reason.SENT


def test_consent_must_have_been_there_as_of_t() -> None:
    decision = the_decision(a_candidate(**NO_CONSENT_AT_FIRE))
    assert (decision.reason, decision.evidence["consent_at_fire"]) == (Reason.NO_CONSENT, None)
    assert reason(a_candidate(consent_at_fire_granted=False)) == Reason.NO_CONSENT
    assert reason(a_candidate(**NO_CONSENT_AT_FIRE, **NO_CONSENT)) == Reason.NO_CONSENT


def test_consent_gone_between_t_and_d_is_withdrawn_and_both_versions_are_named() -> None:
    decision = the_decision(a_candidate(consent_granted=False))
    assert decision.reason == Reason.CONSENT_WITHDRAWN
    assert decision.evidence == {
        "purpose": "marketing_email",
        "consent_at_fire": {"granted": True, "version": 3, "at": "2026-02-01T08:00:00.000Z"},
        "consent_at_decision": {"granted": False, "version": 4, "at": "2026-02-02T08:00:00.000Z"},
    }
    assert reason(a_candidate(**NO_CONSENT)) == Reason.CONSENT_WITHDRAWN


@pytest.mark.parametrize(
    "broken", [{"version": None}, {"at": None}, {"at": "yesterday"}, {"at": "2026-02-30T08:00:00Z"}, {"at": "2026-02-01"}]
)
def test_a_consent_without_a_version_or_a_readable_time_is_denied(broken: dict[str, Any]) -> None:
    assert reason(a_candidate(**{f"consent_at_fire_{name}": value for name, value in broken.items()})) == Reason.NO_CONSENT
    assert reason(a_candidate(**{f"consent_{name}": value for name, value in broken.items()})) == Reason.CONSENT_WITHDRAWN


def test_transactional_mail_needs_no_consent_but_respects_suppression() -> None:
    assert reason(a_candidate(purpose="transactional", **NO_CONSENT_AT_FIRE, **NO_CONSENT)) == Reason.SENT
    assert reason(a_candidate(purpose="transactional", suppressed="hard_bounce")) == Reason.SUPPRESSED


def test_a_suppressed_person_gets_nothing_and_the_evidence_quotes_no_free_text() -> None:
    assert the_decision(a_candidate(suppressed="hard_bounce")).evidence == {"suppressed": "hard_bounce"}
    assert the_decision(a_candidate(suppressed="ana@example.com bounced")).evidence == {"suppressed": "other"}
    assert reason(a_candidate(suppressed="")) == Reason.SUPPRESSED


def test_a_second_send_of_a_trigger_inside_its_cooldown_is_refused_and_names_the_first() -> None:
    for later, expected in ((24 * HOUR - 1, Reason.COOLDOWN), (24 * HOUR, Reason.SENT)):
        first, second = decide(a_candidate(), a_candidate(NOON + later, trigger_id=OTHER_ID))
        assert (first.reason, second.reason) == (Reason.SENT, expected)
    _, second = decide(a_candidate(), a_candidate(NOON + HOUR, trigger_id=OTHER_ID))
    assert second.evidence == {"trigger_id": TRIGGER_ID, "decided_at": "2026-03-01T12:00:30.000Z"}


def test_another_trigger_has_its_own_cooldown_and_none_means_none() -> None:
    for changes in ({"trigger": "browse_abandoned"}, {"cooldown_ms": 0}):
        decisions = decide(a_candidate(), a_candidate(trigger_id=OTHER_ID, occasion="other", **changes), settings=NO_CAPS)
        assert [d.reason for d in decisions] == [Reason.SENT] * 2


def test_a_refused_candidate_starts_no_cooldown() -> None:
    decisions = decide(a_candidate(suppressed="manual"), a_candidate(NOON + HOUR, trigger_id=OTHER_ID))
    assert [d.reason for d in decisions] == [Reason.SUPPRESSED, Reason.SENT]


def test_a_cooldown_longer_than_sends_are_kept_still_holds() -> None:
    later = a_candidate(NOON + 59 * DAY, trigger_id=OTHER_ID, cooldown_ms=60 * DAY)
    unrelated = a_candidate(NOON + 40 * DAY, trigger_id="0" * 26, trigger="win_back")
    assert [d.reason for d in decide(a_candidate(cooldown_ms=60 * DAY), unrelated, later)][-1] == Reason.COOLDOWN


def test_the_first_check_that_refuses_names_the_reason() -> None:
    """Mends the first fault of a hopeless candidate, again and again: the reasons come in the order of the table."""
    faults: list[tuple[Reason, dict[str, Any]]] = [
        (Reason.EXPIRED, {"max_age": 1}),
        (Reason.DUPLICATE, {"trigger_id": TRIGGER_ID}),
        (Reason.ORDERED, {"since": NOON}),
        (Reason.ORDERED_SINCE, {"cancel_on": '["Order Completed"]'}),
        (Reason.ERASED, {"profile_found": False}),
        (Reason.NO_ADDRESS, {"email": None}),
        (Reason.NO_CONSENT, {"consent_at_fire_granted": False}),
        (Reason.SUPPRESSED, {"suppressed": "manual"}),
        (Reason.COOLDOWN, {"cooldown_ms": 24 * HOUR}),
        (Reason.CAPPED, {"class": "marketing"}),
        (Reason.HELD, {"timezone": "Pacific/Auckland"}),  # one in the morning
    ]
    mended: list[tuple[Reason, dict[str, Any]]] = [(Reason.SENT, {})]
    for place, (expected, _) in enumerate([*faults, *mended]):
        changes: dict[str, Any] = {"trigger_id": OTHER_ID, "cancel_on": "[]", "since": NOON + 1, "cooldown_ms": 0, "class": "other"}
        for _, fault in reversed(faults[place:]):
            changes |= fault
        earlier = a_candidate(NOON - HOUR, since=NOON - HOUR)
        orders = (an_order(NOON, "m-1"), an_order(NOON + 1, "m-2"))
        max_age = changes.pop("max_age", DAY)
        decisions = decide(earlier, *orders, a_candidate(max_age=max_age, **changes))
        assert next(d.reason for d in decisions if d.candidate.fired_at == NOON) == expected


def test_evidence_never_holds_an_address() -> None:
    tries: list[dict[str, Any]] = [
        {},
        {"suppressed": "ana@example.com"},
        {"consent_granted": False, "consent_at": "ana@example.com"},
        {"email": "ana@example.com;"},
    ]
    for changes in tries:
        assert b"@" not in orjson.dumps(the_decision(a_candidate(**changes)).evidence)
