"""SQL for pathway facts and earlier decisions that matter when parents are to be informed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.repositories.sharing.snapshot_pathways import is_about
from app.db.session import Driver

FACTS = f"""
with steps as (
  select s.verb, s.at, s.recorded_at, s.id, s.details from self_harm_step s
  where s.school_id = $1 and s.concern_id = $2 and {is_about("$3::uuid")}),
decided as (
  select r.id, r.recorded_at, r.content from safety_record r
  where r.school_id = $1 and r.concern_id = $2 and r.child_id = $3 and r.kind = 'parents_decision'
    and not exists (select from safety_record n
                    where n.school_id = $1 and n.supersedes_id = r.id))
select exists (select from steps s
               where s.verb = 'emergency' and s.details->'reason_codes' ? 'swallowed') as swallowed,
       (select s.at from steps s where s.verb = 'with_adult'
          and not exists (select from steps l
                          where (l.recorded_at, l.id) > (s.recorded_at, s.id)
                            and l.verb = any($4::text[]))
        order by s.recorded_at desc, s.id desc limit 1) as with_adult_since,
       (select d.id from decided d
        where d.content->'rows' ? 'row_6'
           or jsonb_array_length(coalesce(d.content->'source_of_harm', '[]')) > 0
        order by d.recorded_at desc, d.id desc limit 1) as harm_decided,
       array(select distinct x.value::uuid from decided d
             cross join jsonb_array_elements_text(coalesce(d.content->'source_of_harm', '[]')) x)
         as held_back
"""
NOT_WITH_ADULT = (
    "without_adult", "emergency", "left_safely", "stayed_with_plan", "settled", "closed",
)  # fmt: skip
"""Steps after which it is not known that an adult is with the pupil."""


@dataclass(frozen=True, slots=True)
class PathwayFacts:
    """Records of emergency help, of the adult with the pupil, and of earlier decisions."""

    swallowed: bool
    with_adult_since: datetime | None
    harm_decided: UUID | None
    """The newest decision that says harm may come from home."""
    held_back: frozenset[UUID]
    """Contacts named by a decision as its possible source."""


async def pathway_facts(
    driver: Driver, school_id: UUID, concern_id: UUID, child_id: UUID
) -> PathwayFacts:
    """The facts of one concern about one child."""
    row: Any = await driver.row(FACTS, school_id, concern_id, child_id, list(NOT_WITH_ADULT))
    return PathwayFacts(
        row["swallowed"], row["with_adult_since"], row["harm_decided"], frozenset(row["held_back"])
    )
