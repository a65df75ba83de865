"""SQL for the facts of relationships that decide who may know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.db.repositories.concern_facts import Pupil
from app.db.session import Driver


@dataclass(frozen=True, slots=True)
class RelationshipFacts:
    """How two children are connected, and the facts that decide who reaches them."""

    kind: str
    children: tuple[Pupil, Pupil]


RELATIONSHIPS = """
select r.id, r.kind, r.child_id, k.year_group, k.registration_group,
       r.other_child_id, o.year_group as other_year_group,
       o.registration_group as other_registration_group
from relationship r
join child k on k.school_id = $1 and k.id = r.child_id
join child o on o.school_id = $1 and o.id = r.other_child_id
where r.school_id = $1 and r.id = any($2::uuid[])
"""


async def relationships_of(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, RelationshipFacts]:
    """Read the deciding facts of relationships, by relationship id."""
    rows = await driver.rows(RELATIONSHIPS, school_id, list(ids)) if ids else ()
    return {
        row["id"]: RelationshipFacts(
            row["kind"],
            (
                Pupil(row["child_id"], row["year_group"], row["registration_group"]),
                Pupil(
                    row["other_child_id"], row["other_year_group"],
                    row["other_registration_group"],
                ),
            ),
        )
        for row in rows
    }  # fmt: skip
