"""Reads of children: searches, and a reader's view of one child."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.cards import picked
from app.db.models import Child, ChildIdentifier, Enrolment
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.file_locks import Closed
from app.db.repositories.record import children, year_groups
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import WRITES_FILE
from app.domain.access.child_searches.commands import keep_search
from app.domain.record.children import rules
from app.domain.record.children.rules import name_tokens

MOST_WORDS = 6
NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
"""Children have no time order and a cursor holds no name: the ID alone gives the position."""

RESTRICTED = ("gender_identity", "pronouns")
"""Fields that only people who open the safeguarding record see or change."""


P = Permission
NEXT: Mapping[str, tuple[Permission, ...]] = {
    "update_child": (P.CHILD_CHANGE,),
    "add_identifier": (P.CHILD_CHANGE,),
    "open_contacts": (P.CHILD_OPEN, P.CHILD_CHANGE),
    "list_fact_changes": (P.CHILD_OPEN, P.CHILD_CHANGE),
    "add_contact": (P.CHILD_CHANGE,),
    "open_relationships": (P.CHILD_OPEN,),
    "add_relationship": (P.CHILD_SAFEGUARD,),
    "open_possible_siblings": (P.CHILD_SAFEGUARD,),
    "open_statuses": (P.CHILD_OPEN,),
    "add_status": (P.CHILD_SAFEGUARD,),
    "open_possible_duplicates": (P.CHILD_SAFEGUARD,),
    "merge_child": (P.CHILD_SAFEGUARD,),
    "raise_concern": (P.CONCERN_RAISE,),
}

CHANGES_WHAT_STANDS = frozenset(
    {"update_child", "open_possible_siblings", "open_possible_duplicates", "merge_child"}
)
"""Operations not allowed on a dead child's file; everything else in `NEXT` adds or reads."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchChildren:
    """A request for a page of children. `name` is as typed; None means any value."""

    name: str | None
    year_group: str | None
    registration_group: str | None
    roll_status: str | None
    page: PageOf

    @property
    def filter(self) -> children.ChildFilter:
        """Filters for the repository, without the name."""
        return children.ChildFilter(self.year_group, self.registration_group, self.roll_status)


async def search_children(work: UnitOfWork, command: SearchChildren) -> Page[str]:
    """List cards as JSON texts, by shown name; log the search with a hash of the typed text.

    Names match word by word from their beginning. If none match, similar names come on one page,
    nearest first. Typing letter by letter makes one log entry.
    """
    search = await _search(work.actor, await work.driver(), command)
    filters = {"year_group": command.year_group, "registration_group": command.registration_group}
    await keep_search(
        work, " ".join(rules.words_in(command.name or "")), words_of(command.name),
        {name: value for name, value in filters.items() if value is not None},
        [row["id"] for row in search.items],
    )  # fmt: skip
    return Page([_summary_of(row) for row in search.items], search.next)


async def _search(actor: Actor, driver: Driver, command: SearchChildren) -> Page[Any]:
    policy.require(actor, Permission.CHILD_SEARCH)
    words = words_of(command.name)
    if command.name is not None and not words:
        return Page([], None)
    after = command.page.after.id if command.page.after is not None else None
    result = await children.children(
        driver, actor.school_id, command.filter, words, after, command.page.fetch
    )
    if result or not words or after is not None:
        return page_of(result, command.page, key=_cursor_of, shape=lambda row: row)
    return await _alike(driver, actor.school_id, command, words)


async def read_groups(reading: Reading) -> list[dict[str, Any]]:
    """The year groups of pupils on roll, each with its registration groups.

    Raises `PermissionMissing`.
    """
    policy.require(reading.actor, Permission.CHILD_SEARCH)
    rows = await year_groups.groups(reading.driver, reading.actor.school_id)
    years: dict[str, dict[str, Any]] = {}
    for row in rows:
        year = years.setdefault(
            row["year_group"],
            {"year_group": row["year_group"], "pupils": 0, "registration_groups": []},
        )
        year["pupils"] += row["pupils"]
        if row["registration_group"] is not None:
            year["registration_groups"].append(
                {"registration_group": row["registration_group"], "pupils": row["pupils"]}
            )
    return list(years.values())


def words_of(name: str | None) -> list[str]:
    """The first few folded words of the typed text, longest first."""
    return sorted(name_tokens(name), key=lambda word: (-len(word), word))[:MOST_WORDS]


async def _alike(
    driver: Driver, school_id: UUID, command: SearchChildren, words: list[str]
) -> Page[Any]:
    spellings = {word: _spellings(word) for word in words}
    looked_up = await children.words_near(driver, school_id, spellings)
    near = {word: rules.neighbours(word, looked_up[word]) for word in words}
    if not any(near.values()):
        return Page([], None)
    children_named_like = await children.children_named_like(
        driver, school_id, command.filter, near, command.page.limit
    )
    return Page(children_named_like, None)


def _spellings(word: str) -> frozenset[str]:
    return rules.one_edit_away(word) if len(word) <= rules.SHORT_WORD else frozenset()


def _cursor_of(row: Any) -> Cursor:
    return Cursor(NO_MOMENT, row["id"])


def _summary_of(row: Any) -> str:
    summary: str = row["card"]
    return summary


def opens(actor: Actor) -> bool:
    """Whether the actor reads the safeguarding side of a child's record."""
    return bool(policy.may(actor, P.CHILD_OPEN))


def child_record(
    child: Child,
    identifiers: Iterable[ChildIdentifier],
    enrolments: Iterable[Enrolment],
    also_at: Iterable[tuple[str, str]],
    actor: Actor,
    *,
    closed: Closed,
) -> dict[str, Any]:
    """Build a whole child; a `closed` file gets no permissions that write to it."""
    numbers = list(identifiers)
    has_upn = any(item.system == "upn" and item.valid_to is None for item in numbers)
    content: dict[str, Any] = {
        **picked(
            child, "id", "legal_given_name", "legal_family_name", "middle_names",
            "known_given_name", "known_family_name", "date_of_birth", "sex", "year_group",
            "registration_group", "first_language", "ethnicity", "sen_provision", "address",
            "roll_status", "merged_from", "created_at", "changed_at",
        ),
        "unknown_upn_reason_code": None if has_upn else child.unknown_upn_reason_code,
        "merged_into": None,
        "name": " ".join(shown_name(child)),
        "identifiers": [identifier_record(identifier, actor) for identifier in numbers],
        "enrolments": [_enrolment(enrolment) for enrolment in enrolments],
        "other_schools": [{"school": school, "source": source} for source, school in also_at],
        "permissions": [
            verb
            for verb, any_of in NEXT.items()
            if any(policy.may(actor, item) and _takes(closed, verb, item) for item in any_of)
        ],
    }  # fmt: skip
    if opens(actor):
        content.update({field: getattr(child, field) for field in RESTRICTED})
    return content


def _takes(closed: Closed, verb: str, permission: Permission) -> bool:
    """Whether a file allows it: a locked file no writes, a frozen one only additions."""
    return not (
        (closed.locked and permission in WRITES_FILE)
        or (closed.freezes() and verb in CHANGES_WHAT_STANDS)
    )


def shown_name(child: Child) -> tuple[str, str]:
    """Given and family name in use: the known ones, or without them the legal ones."""
    return (
        child.known_given_name or child.legal_given_name,
        child.known_family_name or child.legal_family_name,
    )


def identifier_record(child_identifier: ChildIdentifier, actor: Actor) -> dict[str, Any]:
    """Build one identifier; a suppressed value is absent for people who do not safeguard."""
    content = {
        **picked(
            child_identifier, "id", "system", "source", "valid_from", "valid_to", "suppressed"
        ),
    }
    if not child_identifier.suppressed or policy.may(actor, P.CHILD_SAFEGUARD):
        content["value"] = child_identifier.value
    return content


def _enrolment(enrolment: Enrolment) -> dict[str, Any]:
    return {
        **picked(enrolment, "id", "valid_from", "valid_to", "leaving_reason", "source"),
    }  # fmt: skip


def has_ended(valid_to: date | None, today: date) -> bool:
    """Whether something ended on or before a day."""
    return valid_to is not None and valid_to <= today


def allowed(actor: Actor, permission: Permission, verbs: Sequence[str]) -> list[str]:
    """The verbs, for someone with the permission; otherwise none."""
    return list(verbs) if policy.may(actor, permission) else []
