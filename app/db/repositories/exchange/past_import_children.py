"""SQL for unmatched children in a plan: who may see them, and proposals."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

NAMES = """(exists (
  select from child k
  where k.school_id = $1 and k.id = any({related}::uuid[])
    and (strpos(lower({of}), lower(k.legal_family_name)) > 0
         or strpos(lower({of}), lower(k.known_family_name)) > 0)
    and (strpos(lower({of}), lower(k.legal_given_name)) > 0
         or strpos(lower({of}), lower(k.known_given_name)) > 0
         or strpos({of}, k.date_of_birth::text) > 0))
  or exists (
  select from child_identifier i
  where i.school_id = $1 and i.child_id = any({related}::uuid[])
    and i.value = split_part({of}, ':', 2)))
"""
"""Whether a reference may mean one of some children: by names, a name and birth date, or number."""
UNRELATED = (
    "not exists (select from jsonb_array_elements(r.children) c"
    " where (c->>'id')::uuid = any({related}::uuid[]))"
    " and not exists (select from unnest(r.unmatched) as u(reference) where "
    + NAMES.replace("{of}", "u.reference")
    + ")"
)
"""Whether a row is about none of some children."""
UNMATCHED = f"""
with naming as (
  select u.reference,
         r.confidentiality = any($4::text[])
           and {UNRELATED.replace("{related}", "$5")} as seen
  from past_row r cross join unnest(r.unmatched) as u(reference)
  where r.school_id = $1 and r.import_id = $2)
select c.id, c.reference, c.child_id, c.decided_at, count(*) as rows, bool_and(n.seen) as seen
from naming n
join past_child c on c.school_id = $1 and c.source = $3 and c.reference = n.reference
where c.id > $6 and ($8::uuid is null or c.id = $8)
group by c.id, c.reference, c.child_id, c.decided_at
having bool_and(n.seen) or $8 is not null order by c.id limit $7
"""
"""Only references whose every row the reader sees; one that is requested says whether it is so."""
PROPOSED = """
select k.id, k.legal_given_name, k.legal_family_name, k.known_given_name, k.known_family_name,
       k.year_group, k.date_of_birth
from child k
where k.school_id = $1 and k.merged_into is null
  and (lower(k.legal_family_name) = any($2::text[]) or lower(k.known_family_name) = any($2::text[]))
  and (lower(k.legal_given_name) = any($2::text[]) or lower(k.known_given_name) = any($2::text[])
       or k.date_of_birth = $3::date)
order by (k.date_of_birth = $3::date) desc nulls last, k.sort_name, k.id limit 5
"""


async def unmatched_of(
    driver: Driver,
    school_id: UUID,
    of: tuple[UUID, str],
    reader: tuple[Collection[str], Collection[UUID]],
    page: tuple[UUID, int],
) -> Sequence[Any]:
    """Unmatched references, each with its number of rows.

    `of` is the import and its system, `reader` the classes read and the children one is related to,
    `page` the id after which it begins, and how many.
    """
    classes, related = reader
    return await driver.rows(
        UNMATCHED, school_id, *of, sorted(classes), sorted(related), *page, None
    )


async def is_hidden(
    driver: Driver,
    school_id: UUID,
    of: tuple[UUID, str],
    reader: tuple[Collection[str], Collection[UUID]],
    row_id: UUID,
) -> bool:
    """Whether a reference's rows are hidden from this reader."""
    classes, related = reader
    nil = UUID(int=0)
    rows = await driver.rows(
        UNMATCHED, school_id, *of, sorted(classes), sorted(related), nil, 1, row_id
    )
    return any(not row["seen"] for row in rows)


async def proposed(
    driver: Driver, school_id: UUID, words: Sequence[str], born: Any
) -> Sequence[Any]:
    """Children with these names, those born on the day first."""
    return await driver.rows(PROPOSED, school_id, list(words), born)
