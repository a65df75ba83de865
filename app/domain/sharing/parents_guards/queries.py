"""Guards on telling home, as known now; every way of telling home checks them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.moments import written
from app.core.vocabularies.category_rules import PARENTS
from app.core.vocabularies.terms import DRAFT
from app.core.words import Actor, Permission
from app.db.paging import Conditions
from app.db.repositories.sharing import parents_guards as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concern_access.queries import access_filter
from app.domain.common.category_rules.rules import following, strictest
from app.domain.common.deadlines.commands import calendar_from
from app.domain.duty.lead_availability.rules import Call, care_of
from app.domain.safety.records.kind import RECORD
from app.domain.sharing.parents_guards import rules
from app.domain.sharing.parents_guards.errors import ParentsGuarded
from app.domain.sharing.parents_guards.rules import ConcernFacts, Guard, HomeFacts, Word

WHOSE_HOME: Final = ("subject", "harmed", "alleged_to_have_harmed")
"""Roles of children whose homes may be told."""
Parents = dict[str, Any]
"""Facts about telling home for a screen, before anyone decides."""


@dataclass(frozen=True, slots=True)
class Home:
    """The facts of a child, and who to call now."""

    facts: HomeFacts
    now: datetime
    care: Call | None = None

    def guards(self, contact_id: UUID | None) -> list[Guard]:
        """Guards on telling one person at home."""
        return rules.guards(self.facts, contact_id, self.now)

    def guards_of(self, contact_ids: Iterable[UUID]) -> list[Guard]:
        """Guards on telling any of them, each once."""
        guards = (guard for contact_id in contact_ids for guard in self.guards(contact_id))
        return list(dict.fromkeys(guards))

    def before_items(self) -> "Home":
        """Copy this without any chosen item."""
        return replace(self, facts=rules.before_items(self.facts))

    def of_item(self, item_id: UUID) -> "Home":
        """Guards that one of the requested items adds."""
        return replace(self, facts=rules.of_item(self.facts, item_id))

    def advised(self, concern_id: UUID, words: Iterable[Word]) -> "Home":
        """Copy this with new statements about a concern."""
        more = tuple(words)
        concerns = [
            replace(concern, words=[*concern.words, *more]) if concern.id == concern_id else concern
            for concern in self.facts.concerns
        ]
        return replace(self, facts=replace(self.facts, concerns=concerns))

    def harm_thought_of(self, concern_id: UUID) -> Guard:
        """The guard if the person who decides suspects harm at home themselves."""
        return rules.harm_at_home(
            next(concern for concern in self.facts.concerns if concern.id == concern_id)
        )

    @property
    def feared(self) -> frozenset[UUID]:
        """Contacts named as the source of harm."""
        return frozenset[UUID]().union(*(concern.feared for concern in self.facts.concerns))

    def check(self, guards: Sequence[Guard], *, reason: bool, second: bool) -> None:
        """Raise `ParentsGuarded` if one of these guards still needs something."""
        if held := rules.held(guards, reason=reason, second=second):
            raise self.refusal(held, reason=reason, second=second)

    def refusal(self, held: Sequence[Guard], *, reason: bool, second: bool) -> ParentsGuarded:
        """The refusal if home must not be told yet."""
        items = self.to_response(held, reason=reason, second=second)
        for item in items:
            item["until"] = item["until"] and written(item["until"])
        missing = {need for item in items for need in item["missing"]}
        give = [text for need, text in rules.GIVE.items() if need in missing]
        return ParentsGuarded(items, give, self.call)

    def to_response(
        self, guards: Iterable[Guard], *, reason: bool = False, second: bool = False
    ) -> list[dict[str, Any]]:
        """Build the answer for guards, each once; see `rules.readable`."""
        number = self.care.number if self.care else None
        return [
            {
                **rules.to_response(guard, number), "needs": list(guard.needs),
                "missing": guard.missing(reason=reason, second=second),
            }
            for guard in rules.readable(guards)
        ]  # fmt: skip

    @property
    def call(self) -> dict[str, str] | None:
        """Whom to call now."""
        return None if self.care is None else asdict(self.care)


async def home_of(
    work: UnitOfWork, child_id: UUID, items: Collection[UUID], *, beside: bool = True
) -> Home:
    """Load what decides about telling a child's home, for these concerns, decisions and records.

    With `beside` also every other open concern of the child and of confirmed siblings.
    """
    await work.session.flush()
    rows = await stored.home_facts(
        await work.driver(), access_filter(work.actor), partial(_keep_records, work.actor),
        child_id,
        items, beside=beside, today=work.today,
    )  # fmt: skip
    first = rows[0]
    calendar = calendar_from(first["number"], first["nation"], first["content"])
    facts = HomeFacts(
        concerns=[_concern(row) for row in rows if row["id"] is not None],
        check_id=first["check_id"] if beside else None,
        check_seen=bool(first["check_seen"]),
        is_afraid=beside and first["is_afraid"],
        privacy_id=first["privacy_id"] if beside else None,
        privacy_seen=bool(first["privacy_seen"]),
        asked_for_privacy=beside and first["asked_for_privacy"],
        own=calendar.categories,
    )
    return Home(facts, work.now, care_of(orjson.loads(first["care"])).at(calendar, work.now))


def _keep_records(actor: Actor, where: Conditions) -> None:
    if RECORD.permits(actor):
        RECORD.keep(actor, where, row="r")
    else:
        where.add("false")


async def parents_of(work: UnitOfWork, record: Mapping[str, Any]) -> Parents | None:
    """Whether homes may be told of an opened concern, and the guards.

    None for its reporter, and for people who do not read shares.
    """
    if "state" not in record or not policy.may(work.actor, Permission.SHARE_READ):
        return None
    concern_id = UUID(str(record["id"]))
    about = [UUID(str(child["id"])) for child in record["children"] if child["role"] in WHOSE_HOME]
    homes = [await home_of(work, child_id, [concern_id]) for child_id in about]
    items = [
        following(concern.categories, home.facts.own).parents
        for home in homes
        for concern in home.facts.concerns
        if concern.id == concern_id
    ]
    guards = [guard for home in homes for guard in home.to_response(home.guards(None))]
    return {
        "may_know": strictest(PARENTS, items) if items else None,
        "guards": [item for index, item in enumerate(guards) if item not in guards[:index]],
        "social_care": homes[0].call if homes else None,
        "vocabulary_status": DRAFT,
    }


def _concern(row: Any) -> ConcernFacts:
    return ConcernFacts(
        id=row["id"], categories=row["categories"], level=row["level"], source=row["source"],
        context=row["context"], place=row["place"], of_sibling=row["of_sibling"],
        is_seen=row["is_seen"], is_referred=row["is_referred"],
        enquiry_since=row["enquiry_since"], children=row["children"],
        words=[word_of(item) for item in orjson.loads(row["words"])],
        feared=frozenset([*row["feared"], *row["decided"]]),
        decided=frozenset(row["decided"]), since=row["since"].replace(second=0, microsecond=0),
        is_beside=row["is_beside"], items=frozenset(row["items"]),
    )  # fmt: skip


def word_of(word: Any, *, stands: bool = True) -> Word:
    """A statement by someone outside, as a decision stores it."""
    until = word.get("until") or word.get("wait_until")
    return Word(
        word["adviser"], word["says"], datetime.fromisoformat(word["at"]),
        datetime.fromisoformat(until) if until else None, word.get("stands", stands),
    )  # fmt: skip
