"""Reads every part of a child's file, for the packet that follows the child."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.db.session import Driver

SEVERAL = "(select count(*) > 1 from concern_child n where n.school_id = $1 and n.id = c.id)"
CONTENTS = f"""
select 'concern' as kind, c.id, c.id as concern_id, c.confidentiality, {SEVERAL} as several,
       c.reference, c.state, c.ended_at is null as is_open, 0::bigint as size, null::text as items,
       null::text as kept
from concern c join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where c.school_id = $1 and c.confidentiality <> 'K6'
union all
select 'attachment', a.id, c.id, c.confidentiality, {SEVERAL}, c.reference, c.state, false,
       coalesce(a.stripped_size, a.size)::bigint, null, a.state
from attachment a join concern c on c.school_id = $1 and c.id = a.concern_id
join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where a.school_id = $1 and c.confidentiality <> 'K6'
union all
select 'action', a.id, c.id, c.confidentiality, {SEVERAL}, c.reference, c.state,
       a.state = 'open', 0, null, null
from action a join concern c on c.school_id = $1 and c.id = a.concern_id
join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where a.school_id = $1 and c.confidentiality <> 'K6'
union all
select 'status', s.id, null, s.confidentiality, false, null, s.kind, s.valid_to is null,
       0, null, null
from child_status s where s.school_id = $1 and s.child_id = $2
union all
select 'decision', d.id, null, null, false, null, d.kind, false, 0, null, null
from decision d where d.school_id = $1 and d.child_id = $2 and d.concern_id is null
union all
select 'record', r.id, r.concern_id, coalesce(c.confidentiality, r.confidentiality), false,
       c.reference, r.kind, false, 0, null, null
from safety_record r left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and r.child_id = $2 and c.confidentiality is distinct from 'K6'
union all
select 'meeting', m.id, m.concern_id, coalesce(c.confidentiality, m.confidentiality), false,
       c.reference, m.state, m.ended_at is null, 0, null, null
from meeting m left join concern c on c.school_id = $1 and c.id = m.concern_id
where m.school_id = $1 and m.child_id = $2 and c.confidentiality is distinct from 'K6'
union all
select 'share', s.id, null, null, false, s.reference, s.state, s.ended_at is null, 0, s.items::text,
       null
from share s where s.school_id = $1 and s.child_id = $2 and s.snapshot_id is not null
union all
select 'referral', r.id, r.concern_id, null, false, r.reference, r.state, r.ended_at is null, 0,
       r.items::text, null
from referral r where r.school_id = $1 and r.child_id = $2 and r.state <> 'draft'
union all
select 'received_record', r.id, null, r.confidentiality, false, r.reference, r.kind, false,
       coalesce((select sum(x.size) from received_attachment x
                 where x.school_id = $1 and x.record_id = r.id), 0)::bigint, null,
       null
from received_record r where r.school_id = $1 and r.child_id = $2
union all
select 'past_entry', e.id, null, e.confidentiality, false, null, e.kind,
       e.open and e.taken_up_at is null,
       coalesce((select coalesce(f.stripped_size, f.size) from past_file f
                 where f.school_id = $1 and f.id = e.id), 0)::bigint,
       null, null
from past_entry e where e.school_id = $1 and e.child_id = $2
  and not exists (select from child_status s where s.school_id = $1 and s.id = e.id)
"""
ENTRIES = """
select e.id, e.kind, e.thing_id, e.concern_id, e.occurred_at, e.recorded_at, e.significant
from chronology_entry e where e.school_id = $1 and e.child_id = $2
  and not coalesce((select true from concern c where c.school_id = $1 and c.id = e.concern_id
                    and c.confidentiality = 'K6' limit 1), false)
order by e.occurred_at, e.id
"""
FRONT = """
select c.legal_given_name, c.legal_family_name, c.middle_names, c.known_given_name,
       c.known_family_name, c.date_of_birth, c.sex, c.gender_identity, c.pronouns, c.year_group,
       c.registration_group, c.first_language, c.ethnicity, c.sen_provision, c.address,
       o.name as school, o.urn, o.laestab, o.local_authority
from child c join organisation o on o.id = c.school_id where c.school_id = $1 and c.id = $2
"""
IDENTIFIERS = """
select i.system, i.value, i.valid_from, i.valid_to from child_identifier i
where i.school_id = $1 and i.child_id = $2 and not i.suppressed order by i.system, i.created_at
"""
CONTACTS = """
select k.kind, k.name, k.organisation, k.email, k.phone, k.address, k.language,
       k.parental_responsibility, k.lives_with, k.contact_allowed, k.restriction,
       k.court_orders::text as court_orders, k.may_be_told, k.may_be_told_reason,
       k.confirmed::text as confirmed,
       k.alleged_source_of_harm, k.priority, k.valid_from, k.valid_to
from contact k where k.school_id = $1 and k.child_id = $2 order by k.priority nulls last, k.id
"""
ENROLMENTS = """
select e.valid_from, e.valid_to, e.leaving_reason from enrolment e
where e.school_id = $1 and e.child_id = $2 order by e.valid_from, e.id
"""
LINKED = """
select r.id, r.kind, r.valid_from, r.valid_to,
       case when r.child_id = $2 then r.other_child_id else r.child_id end as other_id
from relationship r
where r.school_id = $1 and (r.child_id = $2 or r.other_child_id = $2)
  and r.confirmed_at is not null
order by r.id
"""
CONCERN_FACTS = """
select c.id, c.alleged_source_of_harm, c.immediacy, c.reported_categories,
       c.told_already::text as told_already, c.parents_told::text as parents_told,
       c.level, c.level_label, c.acknowledged_at, c.triaged_at, c.ended_at, c.reporter_id
from concern c where c.school_id = $1 and c.id = any($2::uuid[])
"""
MARK_DETAILS = """
select m.concern_id, m.position, m.details::text as details from body_mark m
where m.school_id = $1 and m.child_id = $2 and m.concern_id = any($3::uuid[])
order by m.concern_id, m.position
"""
COMMENTS = """
select c.concern_id, c.text, c.author_id, c.recorded_at from comment c
where c.school_id = $1 and c.concern_id = any($2::uuid[]) order by c.recorded_at, c.id
"""
STEPS = """
select e.concern_id, e.verb, e.at, e.by_id, e.by_role, e.from_state, e.to_state, e.reason
from concern_event e where e.school_id = $1 and e.concern_id = any($2::uuid[])
order by e.at, e.id
"""
ATTACHMENTS = """
select a.id, a.concern_id, a.file_name, a.content_type, a.description, a.added_by, a.recorded_at,
       coalesce(a.stripped_key, a.key) as key, coalesce(a.stripped_size, a.size) as size,
       coalesce(a.stripped_sha256, a.sha256) as sha256
from attachment a where a.school_id = $1 and a.id = any($2::uuid[]) order by a.recorded_at, a.id
"""
STATUSES = """
select s.id, s.kind, s.detail, s.valid_from, s.valid_to, s.end_reason, s.source, s.evidence,
       s.lead_agency, s.worker::text as worker, s.review_due, s.confidentiality, s.added_by,
       s.created_at
from child_status s where s.school_id = $1 and s.id = any($2::uuid[])
"""
MEETINGS = """
select m.id, m.kind, m.starts_at, m.place, m.invited::text as invited, m.state, m.cancel_reason,
       coalesce(c.confidentiality, m.confidentiality) as confidentiality, m.set_by, m.set_at
from meeting m left join concern c on c.school_id = $1 and c.id = m.concern_id
where m.school_id = $1 and m.id = any($2::uuid[])
"""
MINUTES = """
select n.meeting_id as of_id, n.held_at, n.people::text as people, n.papers::text as papers,
       n.result, n.decisions, n.dissent::text as dissent, n.reason, n.by_id, n.at
from meeting_minute n where n.school_id = $1 and n.meeting_id = any($2::uuid[]) order by n.at, n.id
"""
SHARES = """
select s.id, s.reference, s.recipient::text as recipient, s.recipient_kind, s.purpose,
       s.purpose_detail, s.lawful_basis, s.state, s.drafted_at, s.ended_at, n.sha256, n.made_at,
       n.content
from share s join snapshot n on n.school_id = $1 and n.id = s.snapshot_id
where s.school_id = $1 and s.id = any($2::uuid[])
"""
REFERRALS = """
select r.id, r.reference, r.kind, r.urgency, r.state, r.outcome, r.drafted_at, r.sent_at,
       r.ended_at, r.agency_reference, a.name as agency, a.kind as agency_kind,
       a.phone as agency_phone, n.sha256, n.made_at, n.content
from referral r
join agency a on a.school_id = $1 and a.id = r.agency_id
left join snapshot n on n.school_id = $1 and n.id = r.snapshot_id
where r.school_id = $1 and r.id = any($2::uuid[])
"""
SHARE_EVENTS = """
select e.share_id as of_id, e.kind, e.at, e.by_id, e.route, e.text from share_event e
where e.school_id = $1 and e.share_id = any($2::uuid[]) order by e.at, e.id
"""
REFERRAL_EVENTS = """
select e.referral_id as of_id, e.kind, e.at, e.by_id, e.route, e.text from referral_event e
where e.school_id = $1 and e.referral_id = any($2::uuid[]) order by e.at, e.id
"""
RECEIVED_FILES = """
select f.id, f.format, f.origin::text as origin, f.manifest_sha256, f.received_at
from received_file f where f.school_id = $1 and f.child_id = $2 order by f.received_at, f.id
"""
RECEIVED_RECORDS = """
select r.id, r.file_id, r.number, r.kind, r.confidentiality, r.occurred_at, r.occurred_precision,
       r.recorded_at, r.origin, r.reference, r.summary, r.content::text as content
from received_record r where r.school_id = $1 and r.id = any($2::uuid[])
order by r.file_id, r.position
"""
PAST_ENTRIES = """
select e.id, e.kind, e.child_role, e.source, e.confidentiality, e.occurred_at,
       e.occurred_unit, e.occurred_about, e.recorded_at, e.author_name, e.author_role,
       e.source_categories, e.categories, e.text, e.details::text as details, e.open, e.significant,
       e.withdrawn::text as withdrawn, e.redacted, e.imported_at
from past_entry e
where e.school_id = $1 and e.id = any($2::uuid[]) order by e.occurred_at, e.id
"""
PAST_FILES = """
select f.id, f.file_name, f.content_type, null::text as description,
       coalesce(f.stripped_key, f.key) as key, coalesce(f.stripped_size, f.size) as size,
       coalesce(f.stripped_sha256, f.sha256) as sha256
from past_file f join past_entry e on e.school_id = $1 and e.id = f.id
where f.school_id = $1 and f.id = any($2::uuid[]) and f.state = 'available'
  and e.together_id is null
order by f.id
"""
"""Files of this child alone: others could reveal something about another child."""
RECEIVED_ATTACHMENTS = """
select a.record_id, a.path, a.file_name, a.content_type, a.size, a.sha256, a.key, a.description
from received_attachment a
where a.school_id = $1 and a.record_id = any($2::uuid[]) and a.state = 'available'
order by a.record_id, a.path
"""
STAFF = """
select s.id, s.name, s.job_title from staff s where s.school_id = $1 and s.id = any($2::uuid[])
"""
EARLIER = """
select p.entries from transfer x
join transfer_packet p on p.school_id = $1 and p.transfer_id = x.id
where x.school_id = $1 and (x.id = $2 or x.addendum_to = $2) and x.id <> $3
  and x.state not in ('cancelled', 'rejected')
"""
OF_ADULTS = """
select true from chronology_entry e
join concern c on c.school_id = $1 and c.id = e.concern_id and c.confidentiality = 'K6'
where e.school_id = $1 and (e.id = any($2::uuid[]) or e.id = any(array(
  select unnest(p.entries) from transfer_packet p where p.school_id = $1 and p.id = $3)))
limit 1
"""
PACKED = """
select distinct unnest(array[e.thing_id, e.concern_id]) as id from transfer_packet p
join chronology_entry e on e.school_id = $1 and e.id = any(p.entries)
where p.school_id = $1 and p.id = $2
"""
AROUND = """
select c.id, c.legal_given_name, c.legal_family_name, c.date_of_birth,
       (select i.value from child_identifier i where i.school_id = $1 and i.child_id = c.id
          and i.system = 'upn' and i.valid_to is null and not i.suppressed limit 1) as upn,
       o.name as school, o.urn
from child c join organisation o on o.id = c.school_id where c.school_id = $1 and c.id = $2
"""
SCHOOL = "select o.id, o.name, o.urn, o.local_authority, o.kind from organisation o where o.id = $1"


async def contents(driver: Driver, school_id: UUID, child_id: UUID) -> Sequence[Any]:
    """Everything in a child's file: kind, id, class, and whether it is about several children."""
    return await driver.rows(CONTENTS, school_id, child_id)


async def rows_of(driver: Driver, statement: str, school_id: UUID, *values: Any) -> Sequence[Any]:
    """Run one of the statements above."""
    return await driver.rows(statement, school_id, *values)


async def front_of(driver: Driver, school_id: UUID, child_id: UUID) -> Any:
    """The columns of the front sheet: the child's and the school's."""
    return await driver.row(FRONT, school_id, child_id)


async def about(driver: Driver, school_id: UUID, child_id: UUID) -> dict[str, Any]:
    """What identifies the child to another school before it has accepted anything."""
    row: Any = await driver.row(AROUND, school_id, child_id)
    return {
        "name": f"{row['legal_given_name']} {row['legal_family_name']}",
        "date_of_birth": row["date_of_birth"] and row["date_of_birth"].isoformat(),
        "upn": row["upn"],
        "school": {"name": row["school"], "urn": row["urn"]},
    }


async def school_card(driver: Driver, school_id: UUID) -> dict[str, Any] | None:
    """The scope's school; None for a trust or no organisation."""
    row: Any = await driver.row(SCHOOL, school_id)
    return dict(row) if row is not None and row["kind"] == "school" else None


async def earlier_entries(
    driver: Driver, school_id: UUID, first: UUID, but: UUID
) -> frozenset[UUID]:
    """Chronology entries already sent with a transfer and its addenda, except one of them."""
    rows = await driver.rows(EARLIER, school_id, first, but)
    return frozenset(id_ for row in rows for id_ in row["entries"])


async def tells_of_adults(
    driver: Driver, school_id: UUID, packet_id: UUID | None, entries: Sequence[UUID] = ()
) -> bool:
    """Whether a packet, or these entries, has a concern now in the adult register."""
    return bool(await driver.value(OF_ADULTS, school_id, list(entries), packet_id))


async def packed(driver: Driver, school_id: UUID, packet_id: UUID | None) -> frozenset[UUID]:
    """IDs of all that a packet holds: its records and their concerns."""
    rows = await driver.rows(PACKED, school_id, packet_id)
    return frozenset(row["id"] for row in rows if row["id"] is not None)


def plain(row: Mapping[str, Any], *json: str) -> dict[str, Any]:
    """A row as plain values; the named columns hold JSON text."""
    result = dict(row)
    for name in json:
        result[name] = orjson.loads(result[name]) if result[name] is not None else None
    return result
