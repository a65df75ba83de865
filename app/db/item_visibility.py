"""SQL for the items of a share or a referral, for lists that show that it exists."""

from collections.abc import Callable

from app.db.facts import Facts
from app.db.models.sharing.shares import FROM_ITEMS, OF_DECISION
from app.db.paging import Places
from app.db.visibility import Atom, Columns, Reader, Sql

SEALED = f"""
(select true from {{items}}
 left join lateral (select x.id, x.child_id, x.concern_id from decision x
                    where made.kind = 'decision' and x.school_id = $1 and x.id = made.id
                    limit 1) d on true
 left join lateral (select x.confidentiality from child_status x
                    where made.kind = 'status' and x.school_id = $1 and x.id = made.id
                    limit 1) s on true
 left join lateral (select x.concern_id, x.confidentiality from safety_record x
                    where made.kind = 'record' and x.school_id = $1 and x.id = made.id
                    limit 1) r on true
 left join lateral (select x.id, x.confidentiality from concern x
                    where x.school_id = $1
                      and x.id = case made.kind when 'concern' then made.id
                                   when 'decision' then d.concern_id else r.concern_id end
                    limit 1) c on true
 where coalesce(c.confidentiality, s.confidentiality, r.confidentiality,
                case when d.id is not null then {OF_DECISION} end) in ('K5', 'K6')
   and (c.id is null or c.id <> all({{concerns}}::uuid[])
        and not coalesce((select true from concern_child cc
                          where cc.school_id = $1 and cc.id = c.id
                            and cc.child_id = any({{children}}::uuid[]) limit 1), false)) limit 1)
"""  # noqa: S608 - constants alone


def has_sealed_item(reader: Reader, at: Columns, values: Places) -> Sql:
    """It contains an item of class K5 that the reader neither reads nor was granted."""
    if at.items is None or (reader.by_role and "K5" in reader.rights.classes):
        return False
    granted = [grant for grant in reader.actor.grants if "K5" in grant.classes]
    return SEALED.format(
        items=FROM_ITEMS.format(items=at.items),
        concerns=values.place([item.concern_id for item in granted if item.concern_id]),
        children=values.place(
            [item.child_id for item in granted if item.child_id and not item.concern_id]
        ),
    )


def for_opening(holds: Callable[[Reader, Facts], bool]) -> Atom:
    """An atom that lets a reader open a row. It adds no row to a list and removes none."""

    def unless(_reader: Reader, _at: Columns, _values: Places) -> Sql:
        raise TypeError("asked of one row, not of a list")

    return Atom(holds, lambda _reader, _at, _values: False, unless)
