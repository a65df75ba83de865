"""Pure rules of concerns about adults: who sees one, its states, its clocks, its places."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.domain.adults.adult_concerns.errors import (
    AdultConcernEnded,
    AssessmentMissing,
    HarmTestsUnsuitable,
    OutcomeUnsuitable,
)
from app.domain.errors import StateConflict
from app.domain.policy import rights_of

CASE_ROLES: Final = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.DSL)
"""Roles whose holders can be case manager of one concern."""

NOUN = "adult_concern"
ENGLAND: Final = "england"


def may_work(actor: Actor) -> bool:
    """Whether the actor's role could work on any: a reader's, or one a case manager can have.

    Not without the second factor that these roles need.
    """
    manages = actor.role in CASE_ROLES and actor.whole is None
    return manages or Permission.ADULT_READ in rights_of(actor).permissions


def may_decide(actor: Actor, *, manages: bool) -> bool:
    """Whether a reader may also take its steps: its case manager, or by role."""
    return manages or Permission.ADULT_DECIDE in rights_of(actor).permissions


@dataclass(frozen=True, slots=True)
class Placement:
    """The owner of a concern, and the people alerted to it."""

    owner_id: UUID
    case_manager_id: UUID | None
    notified: tuple[UUID, ...]
    readable: bool
    """False if nobody here may read it: administrators are then alerted to appoint someone."""
    head_away: bool = False
    """Whether the chair has it because every head who may read it is away."""


def placement_of(
    people: Sequence[tuple[UUID, str]],
    *,
    about_head: bool,
    kept_out: Collection[UUID | None],
    reporter_id: UUID,
    away: Collection[UUID] = (),
) -> Placement:
    """Choose the owner among those who hold a role today, as (person, role), heads first.

    About a head: the chair of governors. Otherwise the head; if every head is away or may not read
    it, the chair, who is then its case manager. If nobody may, an administrator owns it, who cannot
    read it but can appoint someone who may: it always has an owner.
    """
    heads = _holding(people, Role.HEADTEACHER)
    chairs = [item for item in _holding(people, Role.CHAIR_OF_GOVERNORS) if item not in kept_out]
    if about_head:
        chairs = [chair for chair in chairs if chair not in heads]
        if chairs:
            return Placement(_first(chairs, away), None, tuple(chairs), readable=True)
    readers = [] if about_head else [head for head in heads if head not in kept_out]
    head_away = {*readers} <= {*away} and not {*chairs} <= {*away}
    if readers and not head_away:
        return Placement(_first(readers, away), None, tuple(readers), readable=True)
    if chairs:
        chair = _first(chairs, away)
        notified = tuple(dict.fromkeys((chair, *readers)))
        return Placement(chair, chair, notified, readable=True, head_away=bool(readers))
    admins = _appointers(people, about_head=about_head, kept_out=kept_out)
    owner = admins[0] if admins else reporter_id
    return Placement(owner, None, tuple(admins), readable=False)


def _appointers(
    people: Sequence[tuple[UUID, str]], *, about_head: bool, kept_out: Collection[UUID | None]
) -> list[UUID]:
    """Administrators who may learn that there is something: about a head, no head."""
    heads = _holding(people, Role.HEADTEACHER) if about_head else []
    admins = _holding(people, Role.SCHOOL_ADMIN)
    return [item for item in admins if item not in kept_out and item not in heads]


def _first(people: Sequence[UUID], away: Collection[UUID]) -> UUID:
    """The first person who is here, or the first of all."""
    return next((item for item in people if item not in away), people[0])


def _holding(people: Iterable[tuple[UUID, str]], role: Role) -> list[UUID]:
    return list(dict.fromkeys(person for person, held in people if held == role.value))


HEAD_WORDS: Final = frozenset(
    {
        "head", "headteacher", "head teacher", "headmaster", "headmistress", "principal",
        "executive head", "executive headteacher",
    }
)  # fmt: skip
NO_WORD: Final = re.compile(r"\W+")
SHORTEST_NAME: Final = 3
"""Characters of a part of a name that may tell who is meant."""
_TITLES: Final = frozenset({"the", "our", "mr", "mrs", "ms", "miss", "mx", "dr"})


def plain_name(text: str) -> str:
    """A name as it is compared: without case, titles, points and gaps."""
    words = text.casefold().replace(".", " ").replace("-", " ").split()
    return " ".join(word for word in words if word not in _TITLES)


def names_head(text: str, heads: Iterable[str]) -> bool:
    """Whether a described adult is a head, by name or by a usual title for heads."""
    given = plain_name(text)
    names = {plain_name(head).replace(" ", "") for head in heads}
    return given in HEAD_WORDS or given.replace(" ", "") in names


def says_name(text: str, name: str) -> bool:
    """Whether a text contains a name as whole words."""
    words, wanted = (plain_name(NO_WORD.sub(" ", item)) for item in (text, name))
    return bool(wanted) and f" {wanted} " in f" {words} "


def describes(text: str, name: str) -> bool:
    """Whether a described adult has someone's name, in full or as far as it is given."""
    given, whole = (plain_name(NO_WORD.sub(" ", item)) for item in (text, name))
    parts = given.split()
    is_part = bool(parts) and {*parts} <= {*whole.split()} and len(parts[-1]) >= SHORTEST_NAME
    return (
        is_part or says_name(text, name) or given.replace(" ", "") == whole.replace(" ", "") != ""
    )


def may_mean_head(words: str, heads: Iterable[str]) -> bool:
    """Whether a report that names nobody may mean a head, by its text.

    In doubt it does: the chair may get one too many, but the head must not get one about
    themselves.
    """
    split = plain_name(NO_WORD.sub(" ", words)).split()
    parts = {
        part
        for name in heads
        for part in plain_name(NO_WORD.sub(" ", name)).split()
        if len(part) >= SHORTEST_NAME
    }
    together = f" {' '.join(split)} "
    return bool(parts.intersection(split)) or any(f" {word} " in together for word in HEAD_WORDS)


def danger_advice(placement: Placement, *, about_head: bool) -> str:
    """Advice if a child is at risk now: tell those who may know, never its subject."""
    if not placement.readable:
        return DANGER_NOBODY
    if placement.head_away:
        return DANGER_AWAY
    return DANGER_CHAIR if about_head or placement.case_manager_id is not None else DANGER


@dataclass(frozen=True, slots=True)
class Signers:
    """Who can be the second person, or the administrators if nobody can."""

    notified: tuple[UUID, ...]
    readable: bool


def signers(
    people: Sequence[tuple[UUID, str]],
    *,
    about_head: bool,
    case_manager_id: UUID | None,
    kept_out: Collection[UUID | None],
) -> Signers:
    """Choose who to alert for a signature: chair, case manager, and heads unless about a head."""
    heads = _holding(people, Role.HEADTEACHER)
    able = _holding(people, Role.CHAIR_OF_GOVERNORS)
    able = [item for item in able if item not in heads] if about_head else [*able, *heads]
    if case_manager_id is not None:
        able.append(case_manager_id)
    notified = tuple(dict.fromkeys(item for item in able if item not in kept_out))
    if notified:
        return Signers(notified, readable=True)
    admins = _appointers(people, about_head=about_head, kept_out=kept_out)
    return Signers(tuple(admins), readable=False)


def may_manage(roles: Collection[str], *, about_head: bool) -> bool:
    """Whether someone with these roles today can be case manager."""
    if about_head and Role.HEADTEACHER.value in roles:
        return False
    return not {role.value for role in CASE_ROLES}.isdisjoint(roles)


OPEN_STATES: Final = (
    "raised", "acknowledged", "assessed", "lado_consulted", "referred", "in_progress",
)  # fmt: skip
ENDED_STATES: Final = ("closed", "entered_in_error")
_SAME: Final = {state: state for state in OPEN_STATES}
TRANSITIONS: Final[dict[str, dict[str, str]]] = {
    "acknowledge": {"raised": "acknowledged"},
    "assess": {**_SAME, "raised": "assessed", "acknowledged": "assessed"},
    "consult": {
        "raised": "lado_consulted",
        "acknowledged": "lado_consulted",
        "assessed": "lado_consulted",
        "lado_consulted": "lado_consulted",
        "referred": "referred",
        "in_progress": "in_progress",
    },
    "refer": dict.fromkeys(OPEN_STATES, "referred"),
    "assign": _SAME,
    "redirect": _SAME,
    "lock_out": _SAME,
    "close": dict.fromkeys(("assessed", "lado_consulted", "referred", "in_progress"), "closed"),
    "withdraw": dict.fromkeys((*OPEN_STATES, "closed"), "entered_in_error"),
}
"""For each verb, the states it may start from and where it leads."""
WORKED_ON: Final = ("assessed", "lado_consulted", "referred")
"""States which a note about further work turns into `in_progress`."""


def next_state(verb: str, state: str) -> str:
    """The state after a verb. Raises `AdultConcernEnded` or `StateConflict`."""
    following = TRANSITIONS[verb].get(state)
    if following is None:
        if state in ENDED_STATES:
            raise AdultConcernEnded
        raise StateConflict(f"A concern that is {state} cannot take this step.")
    return following


ALLEGATION_OUTCOMES: Final = frozenset(
    {"substantiated", "malicious", "false", "unsubstantiated", "unfounded"}
)
OTHER_OUTCOMES: Final = frozenset({"dealt_with", "no_further_action", "unfounded"})


def check_outcome(threshold: str | None, outcome: str) -> None:
    """Raise `AssessmentMissing` before a threshold, `OutcomeUnsuitable` for one that misfits."""
    if threshold is None:
        raise AssessmentMissing
    if outcome not in (ALLEGATION_OUTCOMES if threshold == "allegation" else OTHER_OUTCOMES):
        raise OutcomeUnsuitable


def check_harm_tests(threshold: str, tests: Collection[str]) -> None:
    """Raise `HarmTestsUnsuitable` unless exactly an allegation names the tests it meets."""
    if bool(tests) != (threshold == "allegation"):
        raise HarmTestsUnsuitable


def needs_second_signature(kind: str, threshold: str | None, *, was_allegation: bool) -> bool:
    """Whether closing needs another person: wherever the harm threshold is or was met.

    Also for everything reported as an allegation: nobody downgrades one alone.
    """
    return "allegation" in (kind, threshold) or was_allegation


AT_ONCE: Final = "adult.acknowledge.immediate_risk"
ACKNOWLEDGE: Final = "adult.acknowledge"
LADO: Final = "lado.refer"
LADO_IN: Final[Mapping[str, str]] = {"wales": "lado.refer.wales"}
ASSESS: Final = "adult.assess"
REVIEW: Final = "adult.review"
FURTHEST: Final = "due.adult_concern"


def lado_in(nation: str) -> str:
    """The clock by which an allegation is with the designated officer."""
    return LADO_IN.get(nation, LADO)


def first_clock(kind: str, *, immediate_risk: bool, nation: str = ENGLAND) -> str:
    """The first deadline rule of a report. A report of an unknown kind gets an allegation's."""
    if immediate_risk:
        return AT_ONCE
    return ACKNOWLEDGE if kind == "low_level" else lado_in(nation)


def clock_after_acknowledging(
    kind: str,
    recorded_at: datetime,
    advised_at: datetime | None,
    now: datetime,
    nation: str = ENGLAND,
) -> tuple[str, datetime]:
    """The next deadline rule, and when its time began: for an allegation, with the report."""
    if kind == "low_level" or advised_at is not None:
        return ASSESS, now
    return lado_in(nation), recorded_at


def clock_after_assessing(
    threshold: str,
    kind: str,
    recorded_at: datetime,
    advised_at: datetime | None,
    now: datetime,
    nation: str = ENGLAND,
) -> tuple[str, datetime]:
    """Choose the next clock and its start.

    An allegation goes to the designated officer within one working day: counted from the report if
    that was one, whatever it counts as now; otherwise from when it became one.
    """
    if "allegation" in (threshold, kind) and advised_at is None:
        return lado_in(nation), now if kind == "low_level" else recorded_at
    return REVIEW, now


def lado_waits(kind: str, threshold: str | None, advised_at: datetime | None) -> bool:
    """Whether the designated officer still has to hear of it."""
    decided = kind if threshold is None else threshold
    return advised_at is None and ("allegation" in (kind, threshold) or decided == "not_sure")


def progress_for_reporter(state: str) -> str:
    """The reporter's content-free view of a state (vocabulary `reporter_progress`)."""
    if state == "raised":
        return "received"
    return "thank_you" if state in ENDED_STATES else "being_handled"


NOT_NAMED: Final = {"staff_id": None, "name": "Not named", "role": "other", "employer": None}
OF_OTHERS: Final = ("categories", "own_categories", "told_already", "staff_named", "attachments")
"""Parts of a moved report that leads may have added."""


def as_first_said(record: dict[str, Any]) -> dict[str, Any]:
    """A report for its reporter: what moved, without the adult it was found to be about.

    That adult may be the reporter, who reads the rest of their words where they reported them.
    """
    report = record["child_report"]
    if report is None or report["moved_from"] is None:
        return record
    child_report = {**report, **{name: [] for name in OF_OTHERS}}
    masked = {"kind": "not_sure", "reported_about": NOT_NAMED, "child_report": child_report}
    return {**record, **masked}


VERBS: Final = ("acknowledge", "assess", "consult", "close", "withdraw")
VERBS_OF_READERS: Final = ("assign", "redirect", "lock_out")
"""Steps only for those whose role reads the register."""
OPERATIONS: Final = {"consult": "record_adult_advice", "lock_out": "lock_out_of_adult_concern"}
"""Verbs whose operation is not named by verb and noun."""


def next_verbs(
    actor: Actor, state: str, pending: dict[str, Any] | None, *, manages: bool
) -> list[str]:
    """List what a reader of the whole concern may do next with it."""
    verbs = ["amend_adult_concern"]
    if not may_decide(actor, manages=manages):
        return verbs
    verbs.append("add_adult_note")
    if pending:
        return sorted(
            verbs + ["countersign_adult_concern"] * (pending["proposed_by"] != str(actor.id))
        )
    possible = [verb for verb in VERBS if state in TRANSITIONS[verb]]
    if Permission.ADULT_DECIDE in rights_of(actor).permissions:
        possible += [verb for verb in VERBS_OF_READERS if state in TRANSITIONS[verb]]
    return sorted(verbs + [OPERATIONS.get(verb, f"{verb}_adult_concern") for verb in possible])


def is_assignable(state: str, pending: Mapping[str, Any] | None) -> bool:
    """Whether a case manager can be assigned now: not while a signature is pending."""
    return not pending and state in TRANSITIONS["assign"]


DANGER: Final = (
    "If a child is at risk now, phone 999, tell the headteacher in person, and stay with the "
    "child. Do not wait for an answer here."
)
DANGER_CHAIR: Final = (
    "If a child is at risk now, phone 999, and stay with the child. Do not tell the headteacher: "
    "phone the chair of governors, or the local authority designated officer (LADO). Do not wait "
    "for an answer here."
)
DANGER_AWAY: Final = (
    "If a child is at risk now, phone 999, and stay with the child. The headteacher is away: phone "
    "the chair of governors, or the local authority designated officer (LADO). Do not wait for an "
    "answer here."
)
DANGER_NOBODY: Final = (
    "If a child is at risk now, phone 999, and stay with the child. Do not wait for an answer here."
)
READ_AS_HEAD: Final = (
    "What you wrote names the headteacher, so it has gone to the chair of governors, and no head "
    "reads it. If it cannot wait, phone the chair, or the local authority designated officer "
    "(LADO)."
)
NOBODY_HERE: Final = (
    "If a child is in danger, phone 999. At present nobody in this school may read this. Phone the "
    "local authority designated officer (LADO), and the trust if the school has one. An "
    "administrator has to appoint somebody who may read it."
)
