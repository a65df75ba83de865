"""SQL for transfers, incoming transfers, locks, keys and requests."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.db import one_at_a_time
from app.db.cards import name_in_sql
from app.db.models import (
    FileLock,
    ReceivedAttachment,
    ReceivedRecord,
    Transfer,
    TransferEvent,
    TransferKey,
    TransferPacket,
)
from app.db.models.sharing.transfers import SAME_CHILD
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

NAME = """
coalesce(c.known_given_name, c.legal_given_name) || ' '
  || coalesce(c.known_family_name, c.legal_family_name)
"""
TRANSFERS = f"""
select t.id, t.reference, t.child_id, {NAME} as child_name, t.reason_code, t.destination_kind,
       t.destination->>'name' as destination_name, t.state, t.addendum_to, t.owner_id,
       {name_in_sql("t.owner_id")} as owner_name, t.due_at,
       t.prepared_at, t.packed_at, t.sent_at, t.ended_at
from transfer t join child c on c.school_id = $1 and c.id = t.child_id
where t.school_id = $1 and {{where}} order by t.prepared_at desc, t.id desc limit {{limit}}
"""
INCOMING = f"""
select t.id, t.reference, t.sender->>'name' as sender_name, t.about->>'name' as child_name,
       t.about->>'date_of_birth' as date_of_birth, t.about->>'upn' as upn, t.size, t.state,
       t.is_addendum, t.child_id, t.owner_id,
       {name_in_sql("t.owner_id")} as owner_name, t.due_at, t.sent_at, t.received_at, t.ended_at
from incoming_transfer t
where t.school_id = $1 and {{where}} order by t.received_at desc, t.id desc limit {{limit}}
"""
REQUESTS = f"""
select t.id, t.direction, t.child_id, t.other->>'name' as school_name, t.other_school_id,
       t.about->>'name' as child_name, t.about->>'date_of_birth' as date_of_birth,
       t.about->>'upn' as upn, t.note, t.state, t.answer, t.transfer_id, t.owner_id,
       {name_in_sql("t.owner_id")} as owner_name, t.due_at,
       t.made_at, t.answered_at, t.ended_at
from file_request t
where t.school_id = $1 and {{where}} order by t.made_at desc, t.id desc limit {{limit}}
"""
FILES = """
select f.id, f.format, f.origin::text as origin, f.manifest_sha256, f.received_at, f.records,
       f.attachments, s.id as accepted_by_id, s.name as accepted_by
from received_file f join staff s on s.school_id = $1 and s.id = f.accepted_by
where f.school_id = $1 and f.child_id = $2 order by f.received_at, f.id
"""
RECORDS = """
select t.id, t.number, t.kind, t.confidentiality, t.occurred_at, t.occurred_precision,
       t.recorded_at, t.origin, t.reference, t.summary
from received_record t join child k on k.school_id = $1 and k.id = t.child_id
where t.school_id = $1 and {where} order by t.position limit 5000
"""
DESTINATIONS = """
select d.id, d.name, d.urn, d.local_authority from transfer_destinations($1, $2, $3) d
"""
LEAVERS = """
select c.id as child_id, e.valid_to as left_on, e.leaving_reason
from child c
join lateral (
  select case when count(x.id) > 0 then max(x.valid_to) else (
           select (max(f.at) at time zone 'Europe/London')::date from fact_change f
           where f.school_id = $1 and f.noun_id = c.id and c.roll_status = 'left'
             and f.after->>'roll_status' = 'left') end as valid_to,
         coalesce(bool_or(x.valid_to is null or x.valid_to > $2::date), false) as here,
         (array_agg(x.leaving_reason order by x.valid_to desc nulls last))[1] as leaving_reason
  from enrolment x where x.school_id = $1 and x.child_id = c.id) e
  on e.here is false and e.valid_to is not null
where c.school_id = $1 and c.merged_into is null
  and exists (select from chronology_entry k where k.school_id = $1 and k.child_id = c.id)
  and not exists (select from transfer t where t.school_id = $1 and t.child_id = c.id
                  and t.addendum_to is null
                  and (t.ended_at is null or t.prepared_at::date >= e.valid_to - 90))
limit 200
"""
"""Children who have left and have a file that nobody has begun to send.

A child without any stay left on the day on which a person said so.
"""
SIBLINGS = f"""
select c.id as child_id, {NAME} as child_name, r.kind as relationship, c.roll_status,
       exists (select from chronology_entry e where e.school_id = $1 and e.child_id = c.id)
         as has_file,
       (select t.id from transfer t where t.school_id = $1 and t.child_id = c.id
          and t.ended_at is null and t.addendum_to is null) as transfer_id,
       (select max(x.valid_to) from enrolment x where x.school_id = $1 and x.child_id = c.id)
         as left_on
from relationship r
join child c on c.school_id = $1
  and c.id = case when r.child_id = $2 then r.other_child_id else r.child_id end
where r.school_id = $1 and (r.child_id = $2 or r.other_child_id = $2)
  and r.kind in ('sibling', 'half_sibling', 'step_sibling', 'adoptive_sibling', 'foster_sibling',
                 'twin', 'household') and (r.valid_to is null or r.valid_to > $3::date)
order by c.sort_name, c.id
"""
KNOWN_SIGNER = """
select exists (select from incoming_transfer t where t.school_id = $1 and t.state = 'accepted'
               and t.signer->>'thumbprint' = $2
               and (coalesce(t.sender->>'urn', '') in ('', $3::text) or $3::text = '')
               and lower(coalesce(t.sender->>'name', '')) = lower($4::text))
"""
CONFLICTS_OF = f"""
select distinct on (x.staff_id) x.staff_id, x.kind, x.reason, x.state
from incoming_transfer t
join child k on k.school_id = $1 and k.id <> $3 and {SAME_CHILD}
join conflict x on x.school_id = $1 and x.child_id = k.id and x.ended_at is null
  and x.state <> 'suggested'
where t.school_id = $1 and t.id = $2
  and not exists (select from conflict y where y.school_id = $1 and y.child_id = $3
                  and y.staff_id = x.staff_id and y.ended_at is null)
order by x.staff_id, x.created_at
"""
"""People locked out from a child the file may be about, but not from the child it is matched to."""
ALIKE = f"""
select k.id from (select $2::jsonb as about) t
join child k on k.school_id = $1 and {SAME_CHILD} order by k.id limit 20
"""
UPN = """
select i.child_id from child_identifier i
where i.school_id = $1 and i.system = 'upn' and i.value = $2 and i.valid_to is null limit 1
"""
HAS_PACKET = """
select t.id from incoming_transfer t
where t.school_id = $1 and t.state <> 'rejected'
  and (t.sha256 = $2 or t.signer->>'packet_id' = $3 or t.manifest_sha256 = $4) limit 1
"""
NAMES = "select s.id, s.name from staff s where s.school_id = $1 and s.id = any($2::uuid[])"
OPEN_ACTIONS = """
select a.id from action a where a.school_id = $1 and a.concern_id = any($2::uuid[])
  and a.state = 'open' order by a.id
"""
OPEN_REVIEWS = """
select r.id from review r where r.school_id = $1 and r.ended_at is null
  and (r.child_id = $2 or r.concern_id = any($3::uuid[])) order by r.id
"""
OPEN_CASES = """
select t.id from concern_case t where t.school_id = $1 and t.ended_at is null and t.child_id = $2
order by t.id
"""
PLANNED_MEETINGS = """
select m.id from meeting m where m.school_id = $1 and m.ended_at is null and m.child_id = $2
order by m.id
"""
OPEN_DRAFTS = """
select s.id from share s where s.school_id = $1 and s.child_id = $2 and s.state = 'draft'
  and s.ended_at is null order by s.id
"""
OPEN_REFERRAL_DRAFTS = """
select r.id from referral r where r.school_id = $1 and r.child_id = $2 and r.state = 'draft'
  and r.ended_at is null and r.duty_of is null order by r.id
"""
"""A report that is somebody's own duty in law is not ours to stop."""


async def hold_keys(driver: Driver, school_id: UUID) -> None:
    """Wait for any transaction that is making this school's keys."""
    await one_at_a_time.hold(driver, "transfer_key", school_id)


async def current_key(session: AsyncSession, school_id: UUID) -> TransferKey | None:
    """The keys in use, or None."""
    rows = await session.scalars(
        select(TransferKey).where(
            TransferKey.school_id == school_id, TransferKey.retired_at.is_(None)
        )
    )
    return rows.one_or_none()


async def all_keys(session: AsyncSession, school_id: UUID) -> Sequence[TransferKey]:
    """Every key pair, newest first."""
    rows = await session.scalars(
        select(TransferKey)
        .where(TransferKey.school_id == school_id)
        .order_by(TransferKey.made_at.desc(), TransferKey.id.desc())
    )
    return rows.all()


async def packet_of(session: AsyncSession, transfer: Transfer) -> TransferPacket | None:
    """The packet of a transfer; None until it is made."""
    rows = await session.scalars(
        select(TransferPacket).where(
            TransferPacket.school_id == transfer.school_id,
            TransferPacket.id == transfer.packet_id,
        )
    )
    return rows.one_or_none()


async def events_of(
    session: AsyncSession, school_id: UUID, resource_id: UUID
) -> Sequence[TransferEvent]:
    """The events of a transfer, an incoming one or a request, oldest first."""
    rows = await session.scalars(
        select(TransferEvent)
        .where(TransferEvent.school_id == school_id, TransferEvent.thing_id == resource_id)
        .order_by(TransferEvent.recorded_at, TransferEvent.id)
    )
    return rows.all()


async def lock_row(session: AsyncSession, school_id: UUID, child_id: UUID) -> FileLock | None:
    """The lock of a child's file, itself locked until the end of the work."""
    rows = await session.scalars(
        _lock_of(school_id, child_id)
        .with_for_update(of=FileLock, key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.one_or_none()


async def lock_seen(session: AsyncSession, school_id: UUID, child_id: UUID) -> FileLock | None:
    """The lock of a child's file, for reading only."""
    return (await session.scalars(_lock_of(school_id, child_id))).one_or_none()


def _lock_of(school_id: UUID, child_id: UUID) -> Select[FileLock]:
    return select(FileLock).where(
        FileLock.school_id == school_id,
        FileLock.child_id == child_id,
        FileLock.unlocked_at.is_(None),
    )


async def open_transfer(session: AsyncSession, school_id: UUID, child_id: UUID) -> Transfer | None:
    """The open transfer of a child's file, not an addendum."""
    rows = await session.scalars(
        select(Transfer).where(
            Transfer.school_id == school_id,
            Transfer.child_id == child_id,
            Transfer.ended_at.is_(None),
            Transfer.addendum_to.is_(None),
        )
    )
    return rows.one_or_none()


async def page(
    driver: Driver,
    school_id: UUID,
    keep: Callable[[Conditions], None],
    statement: str,
    at: str,
    filters: Mapping[str, Any],
    asked: PageOf,
) -> Sequence[Any]:
    """A page of one of the lists, newest first; `keep` limits it to what the reader sees."""
    where = Conditions(school_id)
    where.add("t.school_id = $1")
    keep(where)
    for column, value in filters.items():
        where.given(f"t.{column} = {{}}", value)
    limit = where.page(asked, f"t.{at}")
    return await driver.rows(statement.format(where=where, limit=limit), *where.values)


async def files_of(driver: Driver, school_id: UUID, child_id: UUID) -> Sequence[Any]:
    """The files that came with a child."""
    return await driver.rows(FILES, school_id, child_id)


async def records_of(driver: Driver, where: Conditions) -> Sequence[Any]:
    """Received records (alias `t`) that `where` keeps, without their content."""
    return await driver.rows(RECORDS.format(where=where), *where.values)


async def attachments_of(
    session: AsyncSession, record: ReceivedRecord
) -> Sequence[ReceivedAttachment]:
    """The files that came with a record."""
    rows = await session.scalars(
        select(ReceivedAttachment)
        .where(
            ReceivedAttachment.school_id == record.school_id,
            ReceivedAttachment.record_id == record.id,
        )
        .order_by(ReceivedAttachment.path)
    )
    return rows.all()


async def destinations(driver: Driver, asked: PageOf, q: str | None) -> Sequence[Any]:
    """Other schools of this server by name or URN: one row more than the page shows."""
    after = asked.after.id if asked.after else None
    return await driver.rows(DESTINATIONS, q, after, asked.fetch)


async def leavers(driver: Driver, school_id: UUID, day: date) -> Sequence[Any]:
    """Children who have left and whose file nobody has begun to send."""
    return await driver.rows(LEAVERS, school_id, day)


async def siblings(driver: Driver, school_id: UUID, child_id: UUID, now: datetime) -> Sequence[Any]:
    """Siblings and others of the household, and whether they have a file."""
    return await driver.rows(SIBLINGS, school_id, child_id, clock.day_of(now))


async def knows_signer(
    driver: Driver, school_id: UUID, thumbprint: str, sender: Mapping[str, Any]
) -> bool:
    """Whether a file with this signing key was accepted before from the same school (urn, name)."""
    urn, name = sender.get("urn"), sender.get("name")
    return bool(await driver.value(KNOWN_SIGNER, school_id, thumbprint, urn or "", name or ""))


async def child_by_upn(driver: Driver, school_id: UUID, upn: str | None) -> UUID | None:
    """The child with this UPN, or None."""
    value: UUID | None = await driver.value(UPN, school_id, upn) if upn else None
    return value


async def conflicts_of(
    driver: Driver, school_id: UUID, incoming_id: UUID, child_id: UUID
) -> Sequence[Any]:
    """Conflicts with children the file may be about that its matched child lacks."""
    return await driver.rows(CONFLICTS_OF, school_id, incoming_id, child_id)


async def children_like(driver: Driver, school_id: UUID, about: Mapping[str, Any]) -> list[UUID]:
    """Children here with the UPN, or the name and date of birth, of a file."""
    return await ids_of(driver, ALIKE, school_id, orjson.dumps(about).decode())


async def has_packet(
    driver: Driver, school_id: UUID, sha256: str, packet_id: str, manifest_sha256: str
) -> UUID | None:
    """The incoming transfer with this packet, in whatever encoding of its bytes, or None."""
    value: UUID | None = await driver.value(
        HAS_PACKET, school_id, sha256, packet_id, manifest_sha256
    )
    return value


async def names_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of members of staff."""
    rows = await driver.rows(NAMES, school_id, list(ids)) if ids else ()
    return {row["id"]: row["name"] for row in rows}


async def ids_of(driver: Driver, statement: str, school_id: UUID, *values: Any) -> list[UUID]:
    """The ids that one of the statements above finds."""
    return [row["id"] for row in await driver.rows(statement, school_id, *values)]


AWAITED = """
select r.id from file_request r
where r.school_id = $1 and r.state = 'open' and r.direction = 'made' and r.child_id = $2
  and (r.other_school_id = $3 or r.other_school_id is null and $3::uuid is null)
order by r.id
"""
REQUEST_OF = "select r.id from file_request r where r.school_id = $1 and r.counterpart_id = $2"


async def request_of(driver: Driver, school_id: UUID, counterpart_id: UUID) -> UUID | None:
    """The request here that mirrors one of another school, or None."""
    value: UUID | None = await driver.value(REQUEST_OF, school_id, counterpart_id)
    return value
