"""SQL for sharing exceptions: a child's open pathways, and the exceptions in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.session import Driver

EXCEPTED = """
with latest as (
  select max(s.last_event_at) as at
  from concern_child cc
  join self_harm s on s.school_id = $1 and s.id = cc.id and s.state <> 'closed'
  join concern c on c.school_id = $1 and c.id = cc.id and c.ended_at is null
  where cc.school_id = $1 and cc.child_id = $2 and cc.role in ('subject', 'harmed')
)
select latest.at,
       array(select l.mark from sharing_exception l
             where l.school_id = $1 and l.child_id = $2 and l.agreed_at > latest.at
               and l.ended_at is null and l.until > $3) as marks
from latest
"""
OF_CHILD = """
select l.id, l.child_id, l.contact_id, k.name as contact_name, l.mark, l.asked_by,
       a.name as asked_by_name, l.asked_at, l.asked_reason, l.agreed_by, b.name as agreed_by_name,
       l.agreed_at, l.agreed_reason, l.until, l.ended_at, l.ended_by, e.name as ended_by_name,
       l.end_reason, l.version
from sharing_exception l
join contact k on k.school_id = $1 and k.id = l.contact_id
join staff a on a.school_id = $1 and a.id = l.asked_by
left join staff b on b.school_id = $1 and b.id = l.agreed_by
left join staff e on e.school_id = $1 and e.id = l.ended_by
where l.school_id = $1 and l.child_id = $2 and ($3::uuid is null or l.id = $3)
order by l.asked_at desc, l.id desc
"""


@dataclass(frozen=True, slots=True)
class Excepted:
    """Time of the latest event on a child's open pathways, and the marks excepted since."""

    since: datetime | None
    marks: frozenset[str]


async def excepted(driver: Driver, school_id: UUID, child_id: UUID, now: datetime) -> Excepted:
    """A child's exceptions now in force. The latest event ends every earlier one."""
    row = await driver.row(EXCEPTED, school_id, child_id, now)
    assert row is not None  # noqa: S101 - an aggregate always answers
    return Excepted(row["at"], frozenset(row["marks"]))


async def of_child(
    driver: Driver, school_id: UUID, child_id: UUID, sharing_exception_id: UUID | None = None
) -> Sequence[Any]:
    """A child's sharing exceptions, or one of them, newest first, with their signatories."""
    return await driver.rows(OF_CHILD, school_id, child_id, sharing_exception_id)
