"""SQL for a concern that moves to the adult register: everything written about it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson

from app.db.models.sharing.shares import MENTIONED
from app.db.repositories.duty.open_things import about_concern
from app.db.session import Driver

PARTS = {
    "children": "select x.child_id, x.role from concern_child x "
    "where x.school_id = $1 and x.id = $2 order by x.position",
    "account": "select x.id, x.kind, x.text, x.prompted_by, x.told_by, x.basis "
    "from account_statement x where x.school_id = $1 and x.concern_id = $2 order by x.position",
    "body_map": "select x.child_id, x.view, x.x, x.y, x.region, x.size_mm, x.colour, x.shape, "
    "x.explanation, x.details from body_mark x where x.school_id = $1 and x.concern_id = $2 "
    "order by x.position",
    "amendments": "select x.statement_id, x.kind, x.text, x.reason, x.told_already, x.author_id, "
    "rfc3339(x.recorded_at) as recorded_at from amendment x "
    "where x.school_id = $1 and x.concern_id = $2 order by x.recorded_at, x.id",
    "comments": "select x.text, x.author_id, rfc3339(x.recorded_at) as recorded_at "
    "from comment x where x.school_id = $1 and x.concern_id = $2 order by x.recorded_at, x.id",
    "decisions": "select x.question, x.decision, x.reason, x.decided_by as author_id, "
    "rfc3339(x.recorded_at) as recorded_at from decision x "
    "where x.school_id = $1 and x.concern_id = $2 order by x.recorded_at, x.id",
    "actions": "select x.what, x.outcome, x.reason, x.set_by as author_id, "
    "rfc3339(x.set_at) as recorded_at from action x "
    "where x.school_id = $1 and x.concern_id = $2 order by x.set_at, x.id",
    "questions": "select 'Asked the reporter: ' || x.text as text, x.asked_by as author_id, "
    "rfc3339(x.asked_at) as recorded_at from concern_question x "
    "where x.school_id = $1 and x.concern_id = $2 "
    "union all select 'The reporter answered: ' || x.answer, c.reporter_id, "
    "rfc3339(x.answered_at) from concern_question x "
    "join concern c on c.school_id = $1 and c.id = $2 "
    "where x.school_id = $1 and x.concern_id = $2 and x.answer is not null order by 3",
    "minutes": "select x.result, x.decisions, x.dissent, x.reason, "
    "x.by_id as author_id, rfc3339(x.at) as recorded_at from meeting_minute x "
    "join meeting m on m.school_id = $1 and m.id = x.meeting_id "
    "where x.school_id = $1 and m.concern_id = $2 order by x.at, x.id",
    "meetings": "select x.kind, rfc3339(x.starts_at) as starts_at, x.place, x.invited, "
    "x.set_by as author_id, rfc3339(x.set_at) as recorded_at from meeting x "
    "where x.school_id = $1 and x.concern_id = $2 and x.ended_at is null order by x.set_at, x.id",
    "events": "select x.verb, x.reason, x.by_id as author_id, rfc3339(x.at) as recorded_at "
    "from concern_event x where x.school_id = $1 and x.concern_id = $2 and x.reason is not null "
    "order by x.at, x.id",
    "attachments": "select x.id, x.file_name, x.sha256 from attachment x "
    "where x.school_id = $1 and x.concern_id = $2 order by x.recorded_at, x.id",
    "unmatched": "select x.told->>'name' as name, x.told->>'year_group' as year_group, "
    "x.told->>'description' as description from unmatched_child x "
    "where x.school_id = $1 and x.id = $2",
}
SAID = "select json_build_object({})::text as said".format(
    ", ".join(
        f"'{name}', coalesce((select json_agg(p) from ({part}) p), '[]')"
        for name, part in PARTS.items()
    )
)
READABLE = f"""
select 'recipient_link' as noun from recipient_link l
join share t on t.school_id = $1 and t.id = l.share_id
where l.school_id = $1 and l.ended_at is null and $2 = any({MENTIONED})
"""
"""A share whose recipient can still open it, although it needs nothing more."""
RECORD = "select id from safety_record where school_id = $1 and concern_id = $2 limit 1"


async def said_of(driver: Driver, school_id: UUID, concern_id: UUID) -> dict[str, Any]:
    """Everything written about a concern, part by part, oldest first."""
    content: dict[str, Any] = orjson.loads(await driver.value(SAID, school_id, concern_id))
    return content


async def has_safety_record(driver: Driver, school_id: UUID, concern_id: UUID) -> bool:
    """Whether the concern has a safety record."""
    return await driver.value(RECORD, school_id, concern_id) is not None


async def has_open(driver: Driver, school_id: UUID, concern_id: UUID, but: Collection[str]) -> bool:
    """Whether an open record, of any kind except these, hangs on the concern or mentions it."""
    statement = f"select o.noun from ({about_concern(but)} union all {READABLE}) o limit 1"
    return await driver.value(statement, school_id, concern_id) is not None
