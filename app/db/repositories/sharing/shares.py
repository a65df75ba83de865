"""SQL for agencies, shares and referrals, and every part of a snapshot."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import and_, func, select, union_all

from app.db.cards import name_in_sql
from app.db.former import FORMER_NAMES
from app.db.models import (
    AccountStatement,
    Agency,
    Amendment,
    Attachment,
    ReferralEvent,
    ShareEvent,
    Snapshot,
    SnapshotFile,
    Staff,
)
from app.db.models.record.concerns import kind_of_statement
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import Repository
from app.db.repositories.shared_items import ABOUT, Chosen
from app.db.repositories.sharing.shared_files import OF_CONCERNS
from app.db.repositories.sharing.snapshot_pathways import PATHWAY_STEPS, PATHWAYS
from app.db.session import Driver

ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
AGENCY_STATE = "case when a.retired_at is null then 'active' else 'retired' end"
AGENCIES = f"""
select a.id, a.name, a.kind, a.local_authority, a.route, a.phone, a.out_of_hours_phone, a.email,
       {AGENCY_STATE} as state, a.retired_at, a.created_at
from agency a where {{where}} order by a.created_at desc, a.id desc limit {{limit}}
"""
AGENCY = f"""
select a.id, a.name, a.kind, a.local_authority, a.phone, a.out_of_hours_phone, a.email, a.address,
       a.route, {AGENCY_STATE} as state, a.retired_at, a.created_at, a.changed_at, a.version,
       a.webhook_url, a.form_variants::text as form_variants
from agency a where a.school_id = $1 and a.id = $2
"""
SHARES = f"""
select t.id, t.reference, t.child_id,
       coalesce(c.known_given_name, c.legal_given_name) || ' '
         || coalesce(c.known_family_name, c.legal_family_name) as child_name,
       t.recipient_kind, t.purpose, t.state, t.owner_id,
       {name_in_sql("t.owner_id")} as owner_name, t.due_at, t.drafted_at, t.ended_at,
       t.items::text as items
from share t join child c on c.school_id = $1 and c.id = t.child_id
where t.school_id = $1 and {{where}} order by t.drafted_at desc, t.id desc limit {{limit}}
"""
REFERRALS = f"""
select t.id, t.reference, t.child_id,
       coalesce(c.known_given_name, c.legal_given_name) || ' '
         || coalesce(c.known_family_name, c.legal_family_name) as child_name,
       t.kind, t.agency_id, a.name as agency_name, t.urgency, t.state, t.outcome, t.owner_id,
       {name_in_sql("t.owner_id")} as owner_name,
       t.due_at, t.due_rule, t.drafted_at, t.sent_at, t.ended_at,
       (t.state <> 'draft' and t.approvals = '[]'::jsonb) as approval_owed,
       t.items::text as items, t.concern_id
from referral t
join child c on c.school_id = $1 and c.id = t.child_id
join agency a on a.school_id = $1 and a.id = t.agency_id
where t.school_id = $1 and {{where}} order by t.drafted_at desc, t.id desc limit {{limit}}
"""

CHILD = """
select c.legal_given_name, c.legal_family_name, c.middle_names, c.known_given_name,
       c.known_family_name, c.date_of_birth, o.name as school, o.phone as school_phone
from child c join organisation o on o.id = c.school_id
where c.school_id = $1 and c.id = $2
"""
OTHERS = f"""
select c.id, c.legal_given_name, c.legal_family_name, c.middle_names, c.known_given_name,
       c.known_family_name,
       coalesce((select array_agg(i.value) from child_identifier i
                 where i.school_id = $1 and i.child_id = c.id), '{{}}') as identifiers,
       ({FORMER_NAMES}) as former
from child c
join (select near.id, min(near.place) as place
      from (select cc.child_id as id,
                   coalesce(array_position($3::uuid[], cc.id), 500000) * 1000 + cc.position as place
            from ({ABOUT.format(ids="$3::uuid[] || $4::uuid[] || $6::uuid[]")}) told
            join concern_child cc on cc.school_id = $1 and cc.id = told.id
            union all
            select p.former_child_id, 900000000
            from concern_correction p
            where p.school_id = $1 and p.concern_id = any($3::uuid[])
              and p.former_child_id is not null
            union all
            select case when r.child_id = $2 then r.other_child_id else r.child_id end, 1000000000
            from relationship r
            where r.school_id = $1 and (r.child_id = $2 or r.other_child_id = $2)
            union all
            select also.child_id, 1500000000
            from meeting m
            join meeting also on also.school_id = $1 and also.together_id = m.together_id
            where m.school_id = $1 and m.child_id = $2
            union all
            select o.child_id, 1500000000
            from past_entry e
            join past_entry o on o.school_id = $1 and o.together_id = e.together_id
            where e.school_id = $1 and e.child_id = $2
            union all
            select named.id[1]::uuid, 2000000000
            from safety_record r
            cross join regexp_matches(
              r.content::text, '"([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"', 'gi'
            ) named (id)
            where r.school_id = $1 and r.id = any($6::uuid[])) near
      where near.id <> $2 group by near.id) around on around.id = c.id
where c.school_id = $1
order by around.place, c.id
"""
CONCERNS = """
select c.id, c.reference, c.reporter_id, c.recorded_at, c.occurred_at, c.occurred_precision,
       c.place, c.context, c.source, c.primary_category, c.categories, c.state, c.outcome,
       c.confidentiality
from concern c where c.school_id = $1 and c.id = any($3::uuid[])
"""
CHILDREN = """
select cc.id as concern_id, cc.child_id, cc.role
from concern_child cc where cc.school_id = $1 and cc.id = any($3::uuid[])
order by cc.id, cc.position
"""
STATEMENTS = f"""
select a.id, a.concern_id, {kind_of_statement("a")} as kind, a.text, a.prompted_by, a.told_by,
       a.basis
from account_statement a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.concern_id, a.position
"""
AMENDMENTS = """
select a.id, a.concern_id, a.kind, a.text, a.author_id, a.recorded_at
from amendment a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.concern_id, a.recorded_at, a.id
"""
MARKS = """
select m.concern_id, m.view, m.x, m.y, m.region, m.size_mm, m.colour, m.shape, m.explanation
from body_mark m where m.school_id = $1 and m.child_id = $2 and m.concern_id = any($3::uuid[])
order by m.concern_id, m.position
"""
DECISIONS = """
select d.id, d.concern_id, d.kind, d.question, d.decision, d.reason, d.decided_by, d.decided_at,
       c.reporter_id, c.state
from decision d
left join concern c on c.school_id = $1 and c.id = d.concern_id
where d.school_id = $1 and (d.concern_id = any($3::uuid[]) or d.id = any($4::uuid[]))
order by d.decided_at, d.id
"""
ACTIONS = """
select a.id, a.concern_id, a.what, a.state, a.outcome, a.owner_id, a.due_at
from action a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.set_at, a.id
"""
STATUSES = """
select s.id, s.kind, s.detail, s.valid_from, s.valid_to, s.lead_agency, s.confidentiality
from child_status s where s.school_id = $1 and s.child_id = $2 and s.id = any($5::uuid[])
"""
RECORDS = """
select r.id, r.kind as record, r.content::text as content, r.summary, r.occurred_at,
       r.occurred_precision, r.recorded_at, r.late, r.by_id, r.reason, r.post_event,
       r.supersedes_id is not null as amends,
       exists (select from safety_record l where l.school_id = $1 and l.supersedes_id = r.id)
         as amended_since, c.state
from safety_record r
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and r.child_id = $2 and r.id = any($6::uuid[])
"""
STAFF = """
select s.id, s.name, s.job_title from staff s where s.school_id = $1 and s.id = any($2::uuid[])
"""
MATERIAL: Mapping[str, str] = {
    "child": CHILD,
    "others": OTHERS,
    "concerns": CONCERNS,
    "children": CHILDREN,
    "statements": STATEMENTS,
    "amendments": AMENDMENTS,
    "marks": MARKS,
    "decisions": DECISIONS,
    "actions": ACTIONS,
    "statuses": STATUSES,
    "records": RECORDS,
    "pathways": PATHWAYS,
    "pathway_steps": PATHWAY_STEPS,
    "kept_files": OF_CONCERNS,
}
"""All read school, child, concerns, decisions, statuses and records: `$1` to `$6`."""
WHOLE_MATERIAL = "select " + ",\n".join(
    f"(select coalesce(json_agg(part), '[]') from ({rows}) part)::text as {name}"
    for name, rows in MATERIAL.items()
)
"""Every part in one statement, each as a JSON array in the part's own order."""
TYPES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        (
            "id",
            "concern_id",
            "child_id",
            "reporter_id",
            "author_id",
            "decided_by",
            "owner_id",
            "by_id",
            "begun_by",
        ),
        UUID,
    ),
    **dict.fromkeys(
        (
            "recorded_at",
            "occurred_at",
            "decided_at",
            "due_at",
            "at",
            "begun_at",
            "last_event_at",
            "settled_at",
        ),
        datetime.fromisoformat,
    ),
    **dict.fromkeys(("date_of_birth", "valid_from", "valid_to"), date.fromisoformat),
    **dict.fromkeys(("x", "y"), float),
}
"""Types of material columns that JSON does not have."""

BESIDE_SHARE = """
select c.legal_given_name, c.legal_family_name, c.known_given_name, c.known_family_name,
       n.sha256, n.made_at, octet_length(n.content) as size,
       l.id as link_id, l.made_at as link_made_at, l.expires_at as link_expires_at,
       l.code_route as link_code_route, l.code_mac is null as link_code_used,
       l.wrong_codes as link_wrong_codes, l.locked_at as link_locked_at,
       l.mailed_at as link_mailed_at, l.code_asked_at as link_code_asked_at,
       l.address is not null as link_by_mail,
       (select json_object_agg(k.id, k.address) from recipient_link k
        where k.school_id = $1 and k.share_id = s.id and k.address is not null)::text as addresses
from share s
join child c on c.school_id = $1 and c.id = s.child_id
left join snapshot n on n.school_id = $1 and n.id = s.snapshot_id
left join recipient_link l on l.school_id = $1 and l.share_id = s.id and l.ended_at is null
where s.school_id = $1 and s.id = $2
"""
BESIDE_REFERRAL = """
select c.legal_given_name, c.legal_family_name, c.known_given_name, c.known_family_name,
       a.name as agency_name, n.sha256, n.made_at, n.made_by, octet_length(n.content) as size,
       (select json_object_agg(k.id, k.address) from recipient_link k
        where k.school_id = $1 and k.referral_id = r.id and k.address is not null)::text
         as addresses
from referral r
join child c on c.school_id = $1 and c.id = r.child_id
join agency a on a.school_id = $1 and a.id = r.agency_id
left join snapshot n on n.school_id = $1 and n.id = r.snapshot_id
where r.school_id = $1 and r.id = $2
"""


class SharingRepository(Repository):
    """Finds, locks and adds shares, referrals, agencies and snapshots."""

    async def text_lengths(self, concerns: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
        """The number of characters in each statement and amendment, by concern."""
        texts = [
            select(model.concern_id, model.id, func.char_length(model.text).label("length")).where(
                model.school_id == self.school_id, model.concern_id.in_(concerns)
            )
            for model in (AccountStatement, Amendment)
        ]
        lengths: dict[UUID, dict[UUID, int]] = {}
        for row in await self.session.execute(union_all(*texts)):
            lengths.setdefault(row.concern_id, {})[row.id] = row.length
        return lengths

    async def share_events(self, share_id: UUID) -> Sequence[ShareEvent]:
        """The events of a share, oldest first."""
        rows = await self.session.scalars(
            select(ShareEvent)
            .where(ShareEvent.school_id == self.school_id, ShareEvent.share_id == share_id)
            .order_by(ShareEvent.recorded_at, ShareEvent.id)
        )
        return rows.all()

    async def referral_events(self, referral_id: UUID) -> Sequence[ReferralEvent]:
        """The events of a referral, oldest first."""
        rows = await self.session.scalars(
            select(ReferralEvent)
            .where(
                ReferralEvent.school_id == self.school_id,
                ReferralEvent.referral_id == referral_id,
            )
            .order_by(ReferralEvent.recorded_at, ReferralEvent.id)
        )
        return rows.all()

    async def frozen_file(self, snapshot_id: UUID, number: int) -> tuple[SnapshotFile, str] | None:
        """A file of a snapshot, and the present state of its attachment; or None."""
        result = await self.session.execute(
            select(SnapshotFile, Attachment.state)
            .join(
                Attachment,
                and_(
                    Attachment.school_id == self.school_id,
                    Attachment.id == SnapshotFile.attachment_id,
                ),
            )
            .where(
                SnapshotFile.school_id == self.school_id,
                SnapshotFile.snapshot_id == snapshot_id,
                SnapshotFile.number == number,
            )
        )
        row = result.one_or_none()
        return None if row is None else (row[0], row[1])

    async def staff_names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of members of staff."""
        result = await self.session.execute(
            select(Staff.id, Staff.name).where(
                Staff.school_id == self.school_id, Staff.id.in_(list(ids))
            )
        )
        return {row.id: row.name for row in result}

    async def sealed_agencies(self) -> Sequence[Agency]:
        """Agencies with a sealed secret, locked."""
        rows = await self.session.scalars(
            select(Agency)
            .where(Agency.school_id == self.school_id, Agency.webhook_secret.is_not(None))
            .with_for_update(of=Agency, key_share=True)
        )
        return rows.all()

    async def first_agency(self, kind: str) -> Agency | None:
        """The agency of a kind that the school has had longest, of those in use."""
        rows = await self.session.scalars(
            select(Agency)
            .where(
                Agency.school_id == self.school_id,
                Agency.kind == kind,
                Agency.retired_at.is_(None),
            )
            .order_by(Agency.created_at, Agency.id)
            .limit(1)
        )
        return rows.one_or_none()

    async def snapshot(self, snapshot_id: UUID) -> Snapshot:
        """A snapshot that must exist."""
        snapshot = await self.find(Snapshot, snapshot_id)
        assert snapshot is not None  # noqa: S101 - a foreign key says so
        return snapshot


async def agencies_of(
    driver: Driver, school_id: UUID, kind: str | None, *, state: str, asked: PageOf
) -> Sequence[Any]:
    """A page of agencies, newest first."""
    where = Conditions(school_id)
    where.add("a.school_id = $1")
    where.add("a.retired_at is not null" if state == "retired" else "a.retired_at is null")
    where.given("a.kind = {}", kind)
    return await _page(driver, AGENCIES, where, asked, "a.created_at", "a.id")


async def agency_of(driver: Driver, school_id: UUID, agency_id: UUID) -> Any:
    """One agency, or None."""
    return await driver.row(AGENCY, school_id, agency_id)


async def shares_of(
    driver: Driver, where: Conditions, filters: Mapping[str, Any], asked: PageOf
) -> Sequence[Any]:
    """A page of the shares that `where` keeps, newest first; filters: child_id, state."""
    return await _files(driver, SHARES, where, filters, asked)


async def referrals_of(
    driver: Driver, where: Conditions, filters: Mapping[str, Any], asked: PageOf
) -> Sequence[Any]:
    """The same for referrals; filters: child_id, agency_id, kind, state."""
    return await _files(driver, REFERRALS, where, filters, asked)


async def _files(
    driver: Driver, statement: str, where: Conditions, filters: Mapping[str, Any], asked: PageOf
) -> Sequence[Any]:
    for column in ("child_id", "agency_id", "kind", "state"):
        if filters.get(column) is not None:
            where.add(f"t.{column} = {{}}", filters[column])
    return await _page(driver, statement, where, asked, "t.drafted_at", "t.id")


async def material_of(
    driver: Driver, school_id: UUID, child_id: UUID, chosen: Chosen, people: Sequence[UUID]
) -> dict[str, Sequence[Any]]:
    """Every row of a snapshot about one child, by part; also the names of these `people`."""
    whole: Any = await driver.row(WHOLE_MATERIAL, school_id, child_id, *chosen.values)
    rows = {name: [_typed(row) for row in orjson.loads(whole[name])] for name in MATERIAL}
    named = {
        *people,
        *(row["reporter_id"] for row in rows["concerns"]),
        *(row["author_id"] for row in rows["amendments"]),
        *(row["decided_by"] for row in rows["decisions"]),
        *(row["reporter_id"] for row in rows["decisions"] if row["reporter_id"]),
        *(row["owner_id"] for row in rows["actions"]),
        *(row["by_id"] for row in rows["records"]),
        *(row["begun_by"] for row in rows["pathways"]),
        *(row["by_id"] for row in rows["pathway_steps"] if row["by_id"]),
        *(id_ for row in rows["records"] for id_ in _ids_in(orjson.loads(row["content"]))),
    }
    return {**rows, "staff": await driver.rows(STAFF, school_id, sorted(named))}


def _ids_in(value: Any) -> Iterator[UUID]:
    """Every id in the content of a record, of any kind; staff among them get names."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name.endswith("_id") and isinstance(item, str) and ID.fullmatch(item):
                yield UUID(item)
            yield from _ids_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _ids_in(item)


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: TYPES[name](value) if value is not None and name in TYPES else value
        for name, value in row.items()
    }


async def beside(driver: Driver, statement: str, school_id: UUID, id_: UUID) -> Any:
    """Names and the snapshot shown with a share or a referral that must exist."""
    return await driver.row(statement, school_id, id_)


async def _page(
    driver: Driver, statement: str, where: Conditions, asked: PageOf, at: str, id_: str
) -> Sequence[Any]:
    if asked.after is not None:
        after: tuple[datetime, UUID] = (asked.after.at, asked.after.id)
        where.add(f"({at}, {id_}) < ({{}}, {{}})", *after)
    limit = where.place(asked.fetch)
    return await driver.rows(statement.format(where=where, limit=limit), *where.values)
