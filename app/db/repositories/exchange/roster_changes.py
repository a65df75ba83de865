"""SQL for the changes of a roster import: record by record, field by field, with the old values.

Written once the plan is made, and again when a held plan is approved. Read as the plan's pages,
and to undo the import.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Child, Enrolment, RosterChange, RosterImport, RosterLink
from app.db.new_ids import NEW_ID
from app.db.paging import Conditions
from app.db.session import Driver

CHILD_NOW = """jsonb_build_object(
  'legal_given_name', c.legal_given_name, 'legal_family_name', c.legal_family_name,
  'middle_names', c.middle_names, 'known_given_name', c.known_given_name,
  'known_family_name', c.known_family_name, 'date_of_birth', c.date_of_birth, 'sex', c.sex,
  'year_group', c.year_group, 'registration_group', c.registration_group,
  'roll_status', c.roll_status)"""
CHILD_THEN = """jsonb_build_object(
  'legal_given_name', s.given, 'legal_family_name', s.family, 'middle_names', s.middle,
  'known_given_name', s.known_given, 'known_family_name', s.known_family,
  'date_of_birth', s.date_of_birth, 'sex', s.sex, 'year_group', s.year_group,
  'registration_group', s.registration_group, 'roll_status', 'on_roll')"""
CONTACT_NOW = """jsonb_build_object(
  'name', c.name, 'email', c.email, 'phone', c.phone, 'kind', c.kind, 'valid_to', c.valid_to)"""
CONTACT_THEN = """jsonb_build_object(
  'name', s.name, 'email', s.email, 'phone', s.phone, 'kind', s.contact_kind, 'valid_to', null)"""
STAFF_NOW = "jsonb_build_object('name', c.name, 'phone', c.phone)"
STAFF_THEN = "jsonb_build_object('name', s.name, 'phone', s.phone)"

BETWEEN = """(
  select coalesce(jsonb_object_agg(f.field, jsonb_build_object(
    'old', {now} -> f.field, 'new', {then} -> f.field)), '{{}}'::jsonb)
  from unnest(s.fields) f(field) where f.field <> 'identifiers')"""
SORTED = """case when c.sort_name is distinct from s.sort_name
  then jsonb_build_object('sort_name', jsonb_build_object('old', c.sort_name, 'new', s.sort_name))
  else '{}'::jsonb end"""
FIRST = """(
  select jsonb_object_agg(e.key, jsonb_build_object('old', null, 'new', e.value))
  from jsonb_each({then}) e where e.value <> 'null'::jsonb)"""
LEFT = """jsonb_build_object('{field}', jsonb_build_object('old', {old}, 'new', {new}))"""

# Numbers that a child gets and loses, as one field.
NUMBERS = """
create temporary table staged_number on commit drop as
with added as (
  select s.position, coalesce(s.local_id, s.new_id) as id, x.system, x.value
  from (select position, system, value from staged_identifier
        union all select position, system, value from staged_account) x
  join staged_person s using (position)
  left join known_identifier i
    on i.child_id = s.local_id and i.system = x.system and i.value = x.value
  where s.kind = 'child' and s.fate in ('new', 'changed', 'accounts') and i.id is null),
ended as (
  select s.local_id as id, k.system, k.value
  from staged_identifier n
  join staged_person s on s.position = n.position and s.fate = 'changed'
  join known_identifier k on k.child_id = s.local_id and k.system = n.system
  where k.value <> n.value and k.replaceable
  union
  select k.child_id, k.system, k.value from known_account k where k.ends)
select coalesce(a.id, e.id) as id,
       jsonb_build_object(
         'identifiers', jsonb_build_object('old', e.value, 'new', a.value)) as field
from (select id, jsonb_agg(distinct jsonb_build_object('system', system, 'value', value)) as value
      from added group by id) a
full join (
  select id, jsonb_agg(distinct jsonb_build_object('system', system, 'value', value)) as value
  from ended group by id) e on e.id = a.id
"""

REASON = "case when s.returns then 'returned' else 'in_file' end"
GONE = """case when exists (
  select from staged_person p where p.source_id = l.source_id and p.kind = 'gone')
  then 'marked_deleted' else 'absent' end"""

ADD = f"""
with item as (
  select 'child' as kind, case s.fate when 'new' then 'new' else 'changed' end as change,
    coalesce(s.local_id, s.new_id) as record_id, coalesce(s.local_id, s.new_id) as child_id,
    s.source_id, s.line, s.year_group, s.sort_name, {REASON} as reason_code,
    case s.fate when 'new' then {FIRST.format(then=CHILD_THEN)}
      when 'changed' then {BETWEEN.format(now=CHILD_NOW, then=CHILD_THEN)} || {SORTED}
      else '{{}}'::jsonb end || coalesce(n.field, '{{}}'::jsonb) as fields
  from staged_person s
  left join child c on c.school_id = :school_id and c.id = s.local_id
  left join staged_number n on n.id = coalesce(s.local_id, s.new_id)
  where s.kind = 'child' and s.fate in ('new', 'changed', 'accounts')
  union all
  select distinct on (c.id) 'child', 'left', c.id, c.id, l.source_id, null::int, c.year_group,
    c.sort_name, {GONE},
    {LEFT.format(field="roll_status", old="c.roll_status", new="'left'")}
      || coalesce(n.field, '{{}}'::jsonb)
  from staged_leaver v
  join child c on c.school_id = :school_id and c.id = v.local_id and c.roll_status <> 'left'
  join roster_link l on l.school_id = :school_id and l.id = v.link_id
  left join staged_number n on n.id = c.id
  where v.kind = 'child' and v.ends
  union all
  select 'contact', s.fate, coalesce(s.local_id, s.new_id), s.child_id, s.source_id, s.line,
    null, null, {REASON},
    case s.fate when 'new' then {FIRST.format(then=CONTACT_THEN)}
      else {BETWEEN.format(now=CONTACT_NOW, then=CONTACT_THEN)} end
  from staged_contact s left join contact c on c.school_id = :school_id and c.id = s.local_id
  where s.fate in ('new', 'changed')
  union all
  select distinct on (c.id) 'contact', 'left', c.id, c.child_id, c.source_id, null, null, null,
    {GONE.replace("l.source_id", "c.source_id")},
    {LEFT.format(field="valid_to", old="c.valid_to", new="cast(:today as date)")}
  from staged_leaver v join contact c on c.school_id = :school_id and c.id = v.local_id
  where v.kind = 'contact' and v.ends
  union all
  select 'staff', s.fate, s.local_id, null, s.source_id, s.line, null, null, {REASON},
    case s.fate when 'new' then {FIRST.format(then=STAFF_THEN)}
      else {BETWEEN.format(now=STAFF_NOW, then=STAFF_THEN)} end
  from staged_person s left join staff c on c.school_id = :school_id and c.id = s.local_id
  where s.kind = 'staff' and s.fate in ('new', 'changed'))
insert into roster_change
  (school_id, id, import_id, position, kind, change, record_id, pupil_id, source_id, line,
   year_group, reason_code, fields)
select :school_id, {NEW_ID}, :import_id,
  row_number() over (order by i.kind = 'staff', coalesce(i.sort_name, k.sort_name, o.sort_name),
                     i.child_id, i.kind = 'contact', i.source_id),
  i.kind, i.change, i.record_id, i.child_id, i.source_id, i.line,
  case when i.kind <> 'staff' then coalesce(i.year_group, k.year_group, o.year_group) end,
  i.reason_code, i.fields
from item i
left join staged_person k
  on i.kind = 'contact' and k.kind = 'child' and coalesce(k.local_id, k.new_id) = i.child_id
left join child o on i.kind = 'contact' and o.school_id = :school_id and o.id = i.child_id
"""
YEARS = """
select v.year_group, v.change, sum(v.number)::int as number from (
  select c.year_group, c.change, count(*) as number from roster_change c
  where c.school_id = :school_id and c.import_id = :import_id and c.kind = 'child' group by 1, 2
  union all
  select s.year_group, 'unchanged', count(*) from staged_person s
  where s.kind = 'child' and s.fate = 'unchanged' group by 1) v
group by 1, 2 order by 1 nulls last, 2
"""
LISTED = """
select position, kind, change, record_id, pupil_id as child_id, source_id, line, year_group,
       reason_code, fields::text as fields, undone_at, kept
from roster_change where {where} order by position limit {limit}
"""
HAS_LATER = """
exists (
  select from roster_import o
  where o.school_id = {school} and o.source = i.source and o.state = 'applied'
    and (o.ended_at, o.id) > (i.ended_at, i.id)
    and exists (select from roster_change c where c.school_id = {school} and c.import_id = o.id))
"""
"""Whether a later import of the source of `i` was applied and changed something."""
LATER = f"""
select {HAS_LATER.format(school=":school_id")} from roster_import i
where i.school_id = :school_id and i.id = :import_id
"""
FROZEN_OF = """
select z.child_id from frozen_file z
where z.school_id = :school_id and z.undone_at is null and z.child_id = any(:ids)
"""
TEMPLATE = (
    "exists (select from {table} x where x.school_id = :school_id and x.{column} = c.id{but})"
)
OF_THE_ROSTER = frozenset({"child_identifier", "child_name_token", "enrolment", "contact"})
UNDECIDED = {
    "conflict": " and (x.import_id is null or x.state <> 'suggested' or x.ended_by is not null)",
    "task": " and x.kind <> 'conflict_check'",
}
"""Leaves out what no person wrote: a match that an import brought, and the question about it."""


def _worked_with() -> str:
    """SQL for the children referred to by a row that no roster writes."""
    asked = [
        TEMPLATE.format(
            table=table.name, column=key.column_keys[-1], but=UNDECIDED.get(table.name, "")
        )
        for table in Child.metadata.sorted_tables
        for key in table.foreign_key_constraints
        if key.referred_table.name == "child" and table.name not in OF_THE_ROSTER
    ]
    either = " or ".join(sorted(set(asked)))
    return (
        "select c.id from child c "
        f"where c.school_id = :school_id and c.id = any(:ids) and ({either})"
    )


REMOVE = "select tab, id from remove_roster_rows($1, $2::uuid[], $3::uuid[])"


class RosterChanges:
    """The changes of an import, within the work that plans, applies or undoes it."""

    def __init__(self, session: AsyncSession, school_id: UUID) -> None:
        self.session, self.school_id = session, school_id

    async def keep(self, import_id: UUID, today: date, forgotten: datetime) -> None:
        """Save the plan just compared, in place of an earlier one.

        Also deletes the changes of imports that ended before `forgotten`, which nobody can undo by
        then.
        """
        old = select(RosterImport.id).where(
            RosterImport.school_id == self.school_id, RosterImport.ended_at < forgotten
        )
        gone = or_(RosterChange.import_id == import_id, RosterChange.import_id.in_(old))
        await self.session.execute(
            delete(RosterChange).where(RosterChange.school_id == self.school_id, gone)
        )
        binds = {"school_id": self.school_id, "import_id": import_id, "today": today}
        await self.session.execute(text(NUMBERS))
        await self.session.execute(text("analyze staged_number"))
        await self.session.execute(text(ADD), binds)

    async def years(self, import_id: UUID) -> Sequence[RowMapping]:
        """Children of the plan by year group and change."""
        binds = {"school_id": self.school_id, "import_id": import_id}
        return (await self.session.execute(text(YEARS), binds)).mappings().all()

    async def leaving(self, import_id: UUID, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        """What the plan does to some of the children who leave, by child: codes and IDs only."""
        rows = await self.session.scalars(
            select(RosterChange).where(
                RosterChange.school_id == self.school_id, RosterChange.import_id == import_id,
                RosterChange.kind == "child", RosterChange.change == "left",
                RosterChange.pupil_id.in_(ids),
            )
        )  # fmt: skip
        return {
            row.pupil_id: {
                "source_id": row.source_id, "change": row.change, "reason_code": row.reason_code,
            }
            for row in rows if row.pupil_id is not None
        }  # fmt: skip

    async def has_later(self, import_id: UUID) -> bool:
        """Whether a later import of the same source builds on this one."""
        binds = {"school_id": self.school_id, "import_id": import_id}
        return bool(await self.session.scalar(text(LATER), binds))

    async def after(self, import_id: UUID, position: int, limit: int) -> Sequence[RosterChange]:
        """The next changes of an import after a position."""
        rows = await self.session.scalars(
            select(RosterChange)
            .where(
                RosterChange.school_id == self.school_id, RosterChange.import_id == import_id,
                RosterChange.position > position,
            )
            .order_by(RosterChange.position).limit(limit)
        )  # fmt: skip
        return rows.all()

    async def worked_with(self, ids: Sequence[UUID]) -> frozenset[UUID]:
        """The children with records that a person has written."""
        binds = {"school_id": self.school_id, "ids": list(ids)}
        return frozenset((await self.session.scalars(text(_worked_with()), binds)).all())

    async def beside(self, model: Any, ids: Sequence[UUID]) -> dict[UUID, list[Any]]:
        """Rows of some children, by child: enrolments, identifiers or contacts."""
        result: dict[UUID, list[Any]] = {}
        rows = await self.session.scalars(
            select(model)
            .where(model.school_id == self.school_id, model.child_id.in_(ids))
            .order_by(model.id)
            .with_for_update(key_share=True)
        )
        for row in rows:
            result.setdefault(row.child_id, []).append(row)
        return result

    async def stays_of(self, import_id: UUID, behind: UUID, limit: int) -> Sequence[Enrolment]:
        """The next stays that an import began or ended, in order of id."""
        rows = await self.session.scalars(
            select(Enrolment)
            .where(
                Enrolment.school_id == self.school_id, Enrolment.id > behind,
                or_(Enrolment.import_id == import_id, Enrolment.ended_import_id == import_id),
            )
            .order_by(Enrolment.id).limit(limit).with_for_update(key_share=True)
        )  # fmt: skip
        return rows.all()

    async def remove(
        self, import_id: UUID, *, stays: Sequence[UUID] = (), numbers: Sequence[UUID] = ()
    ) -> None:
        """Delete stays and numbers that an import added, and note the deleted rows."""
        driver: Driver = self.session.info["driver"]
        await self.session.flush()
        for row in await driver.rows(REMOVE, import_id, list(stays), list(numbers)):
            driver.written.rows.note(row["tab"], [str(row["id"])])

    async def frozen(self, ids: Sequence[UUID]) -> frozenset[UUID]:
        """The children whose record is frozen."""
        binds = {"school_id": self.school_id, "ids": list(ids)}
        return frozenset((await self.session.scalars(text(FROZEN_OF), binds)).all())

    async def links(self, source: str, ids: Sequence[UUID]) -> Sequence[RosterLink]:
        """The links of a source to some rows."""
        rows = await self.session.scalars(
            select(RosterLink).where(
                RosterLink.school_id == self.school_id, RosterLink.source == source,
                RosterLink.local_id.in_(ids),
            )
        )  # fmt: skip
        return rows.all()


async def changes_of(
    driver: Driver,
    school_id: UUID,
    import_id: UUID,
    behind: int,
    fetch: int,
    **asked: str | None,
) -> Sequence[Any]:
    """A page of an import's changes, in order; `asked` filters it by column."""
    where = Conditions(school_id, import_id, behind)
    where.add("school_id = $1 and import_id = $2 and position > $3")
    for name, value in asked.items():
        where.given(f"{name} = {{}}", value)
    limit = where.place(fetch)
    return await driver.rows(LISTED.format(where=where, limit=limit), *where.values)
