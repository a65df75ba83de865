"""Pure rules of a report: who to alert, and what to ask its reporter, most urgent first."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.things_reported import THINGS_REPORTED
from app.core.words import Role
from app.domain import policy
from app.domain.access.conflicts import rules as conflicts
from app.domain.access.conflicts.errors import StaffUnknown
from app.domain.disclosures import more_urgent
from app.domain.errors import FieldProblem
from app.domain.record.concerns.errors import ChildUnknown

Field = Literal["immediacy", "statement_kind", "text", "told_already"]
LEADS: Final = (Role.DSL, Role.DEPUTY_DSL)
NOT_SAID: Final = "not_said"
MOST_ALIKE: Final = 3
"""Maximum number of similar concerns that anyone is pointed to."""
ABOUT: Final = ("harmed", "subject")
"""Parts of the children that a report is about."""
FIRST_CLASS: Final = "K3"
"""Every concern is a safeguarding concern until a lead has triaged it (facts section 7)."""
WHOSE_WORDS: Final = "The child's words, or yours?"
IN_REGISTER: Final = "amend_adult_concern"
WHO_KNOWS: Final = "Who has been told already, and what was done?"
DANGER: Final = {"code": "immediate_danger", "label": "Yes"}


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `code` is the amendment field for the answer."""

    code: Field
    text: str
    choices: Sequence[Mapping[str, str]] = ()
    about: str | None = None
    """JSON Pointer into the report."""
    statement_id: str | None = None
    answer_with: str = "amend_concern"


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter said, part by part."""

    account: Sequence[Mapping[str, Any]]
    body_map: Sequence[Mapping[str, Any]]
    categories: Sequence[str]
    children: Sequence[tuple[str, str]]
    immediacy: str
    occurred_at: datetime | None
    """None: not said."""
    reported: Mapping[str, Any]
    self_harm: Mapping[str, Any] | None
    staff_named: Collection[UUID]
    unmatched: Mapping[str, Any]

    def repeats(self, kept: "Report") -> bool:
        """Whether it says nothing that another does not hold, and is no more urgent.

        Parts that somebody corrected since count as different.
        """
        same = replace(
            kept,
            immediacy=self.immediacy,
            occurred_at=kept.occurred_at if self.occurred_at else None,
            staff_named=self.staff_named,
        )
        return (
            self == same
            and more_urgent(kept.immediacy, self.immediacy) == kept.immediacy
            and {*self.staff_named} <= {*kept.staff_named}
        )


def ask_next(
    dangers: Sequence[str], categories: Collection[str], account: Sequence[Mapping[str, Any]]
) -> list[Question]:
    """Questions for a report; `dangers` are questions whose "yes" means immediate danger."""
    return [
        *(Question("immediacy", text, [DANGER]) for text in dangers),
        *(
            Question(
                "statement_kind", WHOSE_WORDS, _choices("statement_kinds"),
                f"/account/{index}", statement["id"],
            )
            for index, statement in enumerate(account)
            if statement["kind"] == NOT_SAID
        ),
        *(Question("text", text) for text in _of_things(categories)),
        Question("told_already", WHO_KNOWS, _choices("told_already")),
    ]  # fmt: skip


def check_children(children: Sequence[UUID], known: Collection[UUID]) -> None:
    """Raise `ChildUnknown` for children that the school does not know."""
    unknown = [
        FieldProblem(
            f"/children/{index}/child_id", "child_unknown", "Cairn cannot find this child."
        )
        for index, child_id in enumerate(children)
        if child_id not in known
    ]
    if unknown:
        raise ChildUnknown(problems=unknown)


def check_named(staff_named: Sequence[UUID], known: Collection[UUID]) -> None:
    """Raise `StaffUnknown` for people that the school does not know."""
    unknown = [
        FieldProblem(
            f"/staff_named/{index}", "staff_unknown", "Cairn cannot find this person here."
        )
        for index, person in enumerate(staff_named)
        if person not in known
    ]
    if unknown:
        raise StaffUnknown(problems=unknown)


def in_register(dangers: Sequence[str], categories: Collection[str]) -> list[Question]:
    """Questions for a report in the adult register: each is answered in words."""
    asked = [*(_of_things(categories) or dangers), WHO_KNOWS]
    return [Question("text", text, answer_with=IN_REGISTER) for text in asked]


def _of_things(categories: Collection[str]) -> list[str]:
    """The one question of each matter that the categories can mean."""
    return [
        term.question
        for term in THINGS_REPORTED.terms
        if term.question is not None and term.categories[0] in categories
    ]


def _choices(vocabulary: str) -> list[dict[str, str]]:
    terms = VOCABULARIES[vocabulary].terms
    return [{"code": term.code, "label": term.label} for term in terms if term.code != NOT_SAID]


def one_part_each(children: Iterable[tuple[UUID, str]]) -> list[tuple[UUID, str]]:
    """Each child once: of two parts, that of a subject counts, since a witness is owed nothing."""
    parts: dict[UUID, str] = {}
    for child_id, part in children:
        if parts.get(child_id) not in ABOUT:
            parts[child_id] = part
    return [*parts.items()]


def recipients(
    people: Sequence[tuple[UUID, str]],
    owner: UUID,
    locked_out: Collection[UUID] = (),
    tells_head: bool = False,
    away: Collection[UUID] = (),
) -> list[UUID]:
    """List who to alert, once each: leads, deputies, and the head if categories require it.

    Without a lead, the head, or the owner who reads it; never anyone locked out. If nobody may read
    it, administrators learn that work is waiting: they can appoint someone. Where all of them are
    away, those who are here are alerted as well.
    """
    free = conflicts.free(people, locked_out)
    for roles in ((*LEADS, Role.HEADTEACHER) if tells_head else LEADS, (Role.HEADTEACHER,)):
        if chosen := [person for person, role in free if role in roles]:
            if {*away}.issuperset(chosen):
                here = [item for item in free if item[0] not in away]
                chosen += recipients(here, owner)
            return list(dict.fromkeys(chosen))
    if any(person == owner and role in conflicts.READERS for person, role in free):
        return [owner]
    return list(dict.fromkeys(person for person, role in free if role == Role.SCHOOL_ADMIN))


def fit_to_tell(
    people: Sequence[tuple[UUID, str]], owner: UUID, locked_out: Collection[UUID], class_: str
) -> Sequence[tuple[UUID, str]]:
    """People to choose the alerted from; for a sealed class, only those who read it.

    If nobody does, its owner, the head and administrators, who can appoint someone.
    """
    if class_ not in policy.SEALED:
        return people
    free = conflicts.free(people, locked_out)
    readers = [item for item in free if policy.can_own(policy.BUILT_IN[Role(item[1])], class_)]
    appoint = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)
    return readers or [item for item in free if item[0] == owner or item[1] in appoint]


def heads_among(
    notified: Collection[UUID], people: Sequence[tuple[UUID, str]], away: Collection[UUID] = ()
) -> set[UUID]:
    """People alerted as heads although leads who are here have it."""
    leads = {person for person, role in people if role in LEADS}
    return {*notified} - leads if (leads - {*away}).intersection(notified) else set()


def first_owner(
    people: Sequence[tuple[UUID, str]],
    reporter_id: UUID,
    locked_out: Collection[UUID] = (),
    away: Collection[UUID] = (),
    class_: str = FIRST_CLASS,
) -> UUID:
    """Choose the owner of a new concern: the first lead who is not away, or who stands in.

    A concern always has an owner, and is never refused because a school has no lead: if nobody may
    read it, its reporter keeps it, or an administrator if the reporter is locked out.
    """
    present = [
        conflicts.Candidate(person, role, person in locked_out)
        for person, role in people
        if role != Role.SCHOOL_ADMIN or reporter_id in locked_out
    ]
    here = [item for item in present if item.id not in away]
    owner = conflicts.next_owner(here, class_) or conflicts.next_owner(present, class_)
    return owner or reporter_id
