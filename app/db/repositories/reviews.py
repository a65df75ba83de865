"""SQL for reviews: lists and one whole, by the sight of the concern or the child they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_sight import Sight, keep_out, visible_to
from app.db.session import Driver

CARD = """
select {sort} as sort_at, r.id, json_build_object(
  'id', r.id,
  'child', case when k.id is not null then json_build_object('id', k.id, 'name',
     coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
     coalesce(k.known_family_name, k.legal_family_name)) end,
  'concern', case when c.id is not null
                  then json_build_object('id', c.id, 'reference', c.reference) end,
  'confidentiality', coalesce(c.confidentiality, r.confidentiality),
  'owner', json_build_object('id', r.owner_id, 'name', o.name),
  'due_at', rfc3339(r.due_at),
  'every', case when r.every_count is not null
                then json_build_object('count', r.every_count, 'unit', r.every_unit) end,
  'state', case when r.ended_at is null then 'open' else 'ended' end,
  'set_at', rfc3339(r.set_at), 'done_at', rfc3339(r.done_at))::text as card
from review r
join staff o on o.school_id = $1 and o.id = r.owner_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
left join child k on k.school_id = $1 and k.id = r.child_id
where r.school_id = $1 and {where}
order by {sort} {direction}, r.id {direction} limit {limit}
"""
NOTES = """
select n.id, n.note, n.outcome, n.at, n.was_due_at, n.next_due_at, n.by_id, s.name as by_name
from review_note n join staff s on s.school_id = $1 and s.id = n.by_id
where n.school_id = $1 and n.review_id = $2 order by n.at, n.id
"""
BESIDE = """
select o.name as owner_name, b.name as set_by_name, c.reference,
       coalesce(c.confidentiality, r.confidentiality) as confidentiality,
       coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
       coalesce(k.known_family_name, k.legal_family_name) as child_name
from review r
join staff o on o.school_id = $1 and o.id = r.owner_id
join staff b on b.school_id = $1 and b.id = r.set_by
left join concern c on c.school_id = $1 and c.id = r.concern_id
left join child k on k.school_id = $1 and k.id = r.child_id
where r.school_id = $1 and r.id = $2
"""


@dataclass(frozen=True, slots=True)
class ReviewSight:
    """How far somebody sees reviews: of concerns, and of children in which classes."""

    concerns: Sight
    opens: bool
    classes: tuple[str, ...]
    """Of reviews of children the actor reaches."""
    cohort_only: bool
    seals: bool
    """Whether the actor reads class K5."""


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Which reviews a list shows."""

    ended: bool = False
    child_id: UUID | None = None
    concern_id: UUID | None = None
    owner_id: UUID | None = None
    due_before: datetime | None = None


def visible_reviews(sight: ReviewSight, where: Conditions) -> None:
    """Keep the reviews (alias `r`, with its concern `c` and child `k`) that may be seen."""
    actor = sight.concerns.actor
    keep_out(actor, where, "r.concern_id")
    if actor.conflicts.children:
        where.add(
            "(r.child_id is null or r.child_id <> all({}::uuid[]))", list(actor.conflicts.children)
        )
    of_concern = Conditions()
    of_concern.values = where.values
    visible_to(sight.concerns, of_concern)
    of_child = Conditions()
    of_child.values = where.values
    _children(sight, of_child)
    mine = where.place(actor.id)
    sealed = "" if sight.seals else "and coalesce(c.confidentiality, r.confidentiality) <> 'K5'"
    where.add(
        f"(r.owner_id = {mine} {sealed} or c.id is not null and {_kept(of_concern)} "
        f"or c.id is null and {_kept(of_child)})"
    )


def _kept(conditions: Conditions) -> str:
    return str(conditions).replace("{", "{{").replace("}", "}}")


def _children(sight: ReviewSight, where: Conditions) -> None:
    actor = sight.concerns.actor
    if not sight.opens:
        where.add("false")
        return
    ways: list[str] = []
    values: list[Any] = []
    own = list(sight.classes)
    if own and sight.cohort_only:
        ways.append(
            "r.confidentiality = any({}::text[]) and (k.year_group = any({}::text[]) "
            "or k.registration_group = any({}::text[]))"
        )
        values += [own, list(actor.cohort.year_groups), list(actor.cohort.registration_groups)]
    elif own:
        ways.append("r.confidentiality = any({}::text[])")
        values.append(own)
    for grant in actor.grants:
        if grant.child_id is not None:
            ways.append("r.child_id = {}::uuid and r.confidentiality = any({}::text[])")
            values += [grant.child_id, sorted({*own, *grant.classes})]
    where.add("(" + " or ".join(f"({way})" for way in ways) + ")" if ways else "false", *values)


async def page_of_reviews(
    driver: Driver, sight: ReviewSight, asked: ReviewFilter, paging: PageOf
) -> Sequence[Any]:
    """Cards as JSON texts: open ones by due time, ended ones newest first."""
    where = Conditions(sight.concerns.actor.school_id)
    where.add(f"r.ended_at is {'not ' if asked.ended else ''}null")
    plain: list[tuple[str, Any]] = [
        ("r.child_id = {}", asked.child_id),
        ("r.concern_id = {}", asked.concern_id),
        ("r.owner_id = {}", asked.owner_id),
        ("r.due_at < {}", asked.due_before),
    ]
    for condition, value in plain:
        if value is not None:
            where.add(condition, value)
    visible_reviews(sight, where)
    sort, direction = ("r.set_at", "desc") if asked.ended else ("r.due_at", "asc")
    if paging.after is not None:
        order = "<" if asked.ended else ">"
        where.add(
            f"({sort}, r.id) {order} ({{}}::timestamptz, {{}}::uuid)",
            paging.after.at, paging.after.id,
        )  # fmt: skip
    limit = where.place(paging.fetch)
    statement = CARD.format(where=where, sort=sort, direction=direction, limit=limit)
    return await driver.rows(statement, *where.values)


async def beside(driver: Driver, school_id: UUID, review_id: UUID) -> Any:
    """Names and references that are shown with a review that must exist."""
    return await driver.row(BESIDE, school_id, review_id)


async def notes_of(driver: Driver, school_id: UUID, review_id: UUID) -> Sequence[Any]:
    """Every look that was taken, oldest first."""
    return await driver.rows(NOTES, school_id, review_id)
