"""What has to hold at the end, asked of the database as its owner."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from app.cli.doctor import inconsistent_in
from bench.soak.load import Ledger
from bench.soak.post import Post
from bench.soak.town import LEADS, School

WAITING = """
select count(*) from procrastinate_jobs
where status in ('todo', 'doing') and task_name like any(array['alert.%', 'access.%'])
"""
PAIRS = """
select c.id::text || ' ' || p.id::text, exists (
  select from alert a where a.school_id = c.school_id and a.concern_id = c.id
    and a.recipient_id = p.id and a.kind = 'concern_raised')
from concern c cross join unnest(%(leads)s::uuid[]) p(id)
where c.school_id = %(school)s
"""
OF_A_PERSON = "select id from alert where school_id = %(school)s and recipient_id = %(person)s"
ALERTS = """
select a.id, s.email, a.sent_at is not null,
       1 + (select count(*) from trail t
            where t.school_id = a.school_id and t.noun_id = a.id and t.verb = 'alert.rang'),
       c.reference, a.created_at
from alert a join staff s on s.school_id = a.school_id and s.id = a.recipient_id
left join concern c on c.school_id = a.school_id and c.id = a.concern_id
where a.mail = 'at_once'
  and (a.sent_at is not null or a.ended_at is null and a.acknowledged_at is null)
"""
"""What is mailed at once: the rest waits for a digest, and what was read or has ended before a

worker came to it is not mailed."""
STORY = """
select json_build_object('id', a.id, 'kind', a.kind, 'created', a.created_at, 'rung', a.rung_at,
  'sent', a.sent_at, 'acknowledged', a.acknowledged_at,
  'trail', (select json_agg(json_build_array(t.verb, t.at) order by t.at)
            from trail t where t.school_id = a.school_id and t.noun_id = a.id),
  'jobs', (select json_agg(json_build_array(j.id, j.task_name, j.status, j.attempts))
           from procrastinate_jobs j
           where j.args->>'alert_id' = a.id::text or j.args->>'concern_id' = a.concern_id::text))
from alert a where a.id = %(id)s
"""
KEPT = {
    "concerns": "select id from concern",
    "acknowledged": "select id from concern where acknowledged_at is not null",
    "triaged": "select id from concern where triaged_at is not null",
    "actions": "select id from action",
    "alerts": "select id from alert where acknowledged_at is not null",
    "pathways": "select id from self_harm",
    "accompanied": "select concern_id from self_harm_step where verb = 'with_adult'",
}
OWING = """
select count(*), count(*) filter (where not exists (
  select from task t where t.school_id = h.school_id and t.concern_id = h.id))
from self_harm h
"""


@dataclass(frozen=True)
class Finding:
    """One promise: how often it was tried, and where it did not hold."""

    promise: str
    tried: int
    missed: int
    example: str = ""


def waiting(owner_url: str) -> int:
    """How many alerts are still to be mailed."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(WAITING).fetchone()
    return int(row[0]) if row else 0


def overlooked(owner_url: str) -> list[tuple[Any, ...]]:
    """Open things without owner or clock, in any school."""
    with psycopg.connect(owner_url, connect_timeout=3) as connection:
        return list(inconsistent_in(connection))


def findings(owner_url: str, ledger: Ledger, post: Post, schools: list[School]) -> list[Finding]:
    """Everything but the ladder and the seals."""
    with psycopg.connect(owner_url) as connection:
        return [
            _writes(connection, ledger),
            _invented(connection, ledger),
            *_alerts(connection, schools, post),
            _counted(connection, "no job came to nothing", (
                "select (select count(*) from procrastinate_jobs), "
                "(select count(*) from failed_job)"
            )),
            _counted(connection, "no job is left running", (
                "select count(*), count(*) filter (where status = 'doing') "
                "from procrastinate_jobs"
            )),
            _counted(connection, "every pathway owes its steps", OWING),
            _counted(connection, "no reference twice", (
                "select count(*), count(*) - count(distinct (school_id, reference)) from concern"
            )),
        ]  # fmt: skip


def _writes(connection: Any, ledger: Ledger) -> Finding:
    tried, lost = 0, list[str]()
    for name, statement in KEPT.items():
        told = set(getattr(ledger, name))
        kept = {str(row[0]) for row in connection.execute(statement).fetchall()}
        tried += len(told)
        lost += [f"{name} {id_}" for id_ in told - kept]
    return Finding("no acknowledged write lost", tried, len(lost), lost[0] if lost else "")


def _invented(connection: Any, ledger: Ledger) -> Finding:
    kept = {str(row[0]) for row in connection.execute(KEPT["concerns"]).fetchall()}
    extra = sorted(kept - set(ledger.concerns) - ledger.unanswered)
    return Finding("no concern nobody raised", len(kept), len(extra), extra[0] if extra else "")


def _alerts(connection: Any, schools: list[School], post: Post) -> Iterator[Finding]:
    pairs: list[tuple[str, bool]] = []
    for school in schools:
        values = {"school": school.id, "leads": [one.id for one in school.those(*LEADS)]}
        pairs += connection.execute(PAIRS, values).fetchall()
    rows = connection.execute(ALERTS).fetchall()
    yield pairs_found(pairs)
    lost = [
        id_
        for id_, email, sent, _, reference, created_at in rows
        if not sent or not post.carried(str(id_), email, reference, created_at)
    ]
    told = [_story(connection, id_, post) for id_ in lost]
    yield Finding("no alert unmailed", len(rows), len(lost), told[0] if told else "")
    twice = [str(row[0]) for row in rows if post.ids_too_many(str(row[0]), row[3])]
    yield Finding("no message under two ids", len(rows), len(twice), twice[0] if twice else "")


def _story(connection: Any, alert_id: Any, post: Post) -> str:
    """What became of an alert that was not mailed."""
    (row,) = connection.execute(STORY, {"id": alert_id}).fetchone()
    return f"{row} mailed as {[letter.id for letter in post.first_in(str(alert_id))]}"


def pairs_found(pairs: Sequence[tuple[str, bool]]) -> Finding:
    """Each concern with each lead, and whether there is an alert."""
    missing = [pair for pair, alerted in pairs if not alerted]
    return Finding(
        "every concern alerted every lead", len(pairs), len(missing), missing[0] if missing else ""
    )


def alerts_of(owner_url: str, school_id: object, person_id: object) -> set[str]:
    """The alerts in somebody's inbox."""
    values = {"school": school_id, "person": person_id}
    with psycopg.connect(owner_url) as connection:
        return {str(row[0]) for row in connection.execute(OF_A_PERSON, values).fetchall()}


def streamed(inboxes: Sequence[tuple[set[str], Mapping[str, set[str]]]]) -> list[Finding]:
    """Alerts of those who listen to the stream, held against what the stream told them."""
    tried = sum(len(kept) for kept, _ in inboxes)
    unheard = sorted(id_ for kept, heard in inboxes for id_ in kept if not heard.get(id_))
    invented = sorted(id_ for kept, heard in inboxes for id_ in heard if id_ not in kept)
    twice = sorted(id_ for _, heard in inboxes for id_, ids in heard.items() if len(ids) > 1)
    return [
        Finding(promise, tried, len(missed), missed[0] if missed else "")
        for promise, missed in (
            ("every alert told by the stream", unheard),
            ("no alert told that nobody keeps", invented),
            ("no alert told under two event ids", twice),
        )
    ]


def _counted(connection: Any, promise: str, statement: str) -> Finding:
    tried, missed = connection.execute(statement).fetchone()
    return Finding(promise, int(tried), int(missed))
