"""The twin: the leanest Python that reads and writes the same rows, without the promises.

Starlette and asyncpg only: JSON made by the database, the same policies under the same role, the
same rows in one durable transaction. No sign-in, no checks, no log, no description: it shows what
the work itself costs.
"""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

SCOPE = "select set_config('app.school_id', $1, true), set_config('app.account_id', $2, true)"

LIST = """
select json_build_object('items', coalesce(json_agg(row order by at desc, id desc), '[]'))::text
from (
  select c.recorded_at as at, c.id, json_build_object(
    'id', c.id, 'reference', c.reference, 'state', c.state, 'immediacy', c.immediacy,
    'level', c.level, 'level_label', c.level_label, 'primary_category', c.primary_category,
    'confidentiality', c.confidentiality, 'recorded_at', c.recorded_at,
    'occurred_at', c.occurred_at, 'due_at', c.due_at,
    'waiting_for_signature', c.pending is not null,
    'owner', json_build_object('id', c.owner_id, 'name', o.name),
    'reporter', json_build_object('id', c.reporter_id, 'name', r.name),
    'children', (
      select json_agg(json_build_object('id', k.id, 'role', cc.role,
        'name', k.legal_given_name || ' ' || k.legal_family_name,
        'year_group', k.year_group, 'registration_group', k.registration_group)
        order by cc.position)
      from concern_child cc join child k on k.school_id = $1 and k.id = cc.child_id
      where cc.school_id = $1 and cc.id = c.id)) as row
  from (select * from concern where school_id = $1 and ended_at is null
        order by recorded_at desc, id desc limit $2) c
  join staff r on r.school_id = $1 and r.id = c.reporter_id
  join staff o on o.school_id = $1 and o.id = c.owner_id) rows
"""

CHRONOLOGY = """
with page as materialized (
  select * from chronology_entry where school_id = $1 and child_id = $2
  order by occurred_at desc, id desc limit $3)
select json_build_object('items', coalesce(json_agg(row order by at desc, id desc), '[]'))::text
from (
  select p.occurred_at as at, p.id, json_build_object(
    'id', p.id, 'kind', p.kind, 'concern_id', p.concern_id, 'about', json_build_object(
      'kind', p.kind, 'id', p.thing_id, 'path', '/v1/' || p.kind || 's/' || p.thing_id),
    'occurred_at', p.occurred_at, 'occurred_precision', p.occurred_precision,
    'recorded_at', p.recorded_at, 'late', p.late, 'significant', p.significant,
    'author', json_build_object('id', p.author_id, 'name', w.name, 'role', p.author_role),
    'reference', c.reference, 'state', coalesce(a.state, c.state), 'level', c.level,
    'category', c.primary_category, 'child_role', mine.role,
    'summary', coalesce(d.question, a.what, co.text, told.told), 'child_said', told.child_said,
    'decision', d.decision, 'reason', coalesce(d.reason, a.reason),
    'outcome', coalesce(a.outcome, c.outcome), 'others', others.roles) as row
  from page p
  join staff w on w.school_id = $1 and w.id = p.author_id
  left join concern c on c.school_id = $1 and c.id = p.concern_id
  left join concern_child mine on mine.school_id = $1 and mine.id = p.concern_id
                              and mine.child_id = p.child_id
  left join decision d on p.kind = 'decision' and d.school_id = $1 and d.id = p.thing_id
  left join action a on p.kind = 'action' and a.school_id = $1 and a.id = p.thing_id
  left join comment co on p.kind = 'comment' and co.school_id = $1 and co.id = p.thing_id
  left join lateral (
    select string_agg(s.text, E'\\n' order by s.position) filter (where s.kind <> 'child_said')
             as told,
           string_agg(s.text, E'\\n' order by s.position) filter (where s.kind = 'child_said')
             as child_said
    from account_statement s
    where p.kind = 'concern' and s.school_id = $1 and s.concern_id = p.thing_id) told on true
  left join lateral (
    select json_agg(json_build_object('role', x.role) order by x.position) as roles
    from concern_child x
    where x.school_id = $1 and x.id = p.concern_id and x.child_id <> p.child_id) others on true
  ) rows
"""

TRACE = """
insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id, child_id)
values ($1, $2, $3, $4, 'dsl', 'chronology.read', 'chronology', $5, $5)
"""

RAISE = """
with doc as materialized (select $3::jsonb as d),
leads as (
  select m.staff_id from membership m
  where m.school_id = $1 and m.role in ('dsl', 'deputy_dsl') order by m.created_at),
number as (
  insert into reference_counter (school_id, kind, year, last) values ($1, 'C', $6, 1)
  on conflict (school_id, kind, year) do update set last = reference_counter.last + 1
  returning reference_number(last, secret) as text),
added as (
  insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
    occurred_precision, place, source, immediacy, reported_categories, told_already, parents_told,
    state, confidentiality, primary_category, categories, owner_id, due_at, due_rule, changed_at)
  select $1, $4, 'C-' || $6 || '-' || number.text, $2, $5,
    (d->>'occurred_at')::timestamptz, d->>'occurred_precision', d->>'place', d->>'source',
    d->>'immediacy', '{not_sure}', '[]', d->'parents_told', 'raised', 'K3', 'not_sure',
    '{not_sure}', (select staff_id from leads limit 1), $7, 'acknowledge', $5
  from doc, number
  returning id, reference, occurred_at),
children as (
  insert into concern_child (school_id, id, child_id, role, position)
  select $1, $4, (k->>'child_id')::uuid, k->>'role', n
  from doc, jsonb_array_elements(d->'children') with ordinality as x(k, n)),
statements as (
  insert into account_statement (school_id, id, concern_id, position, kind, text, prompted_by)
  select $1, ($8::uuid[])[n], $4, n, k->>'kind', k->>'text', k->>'prompted_by'
  from doc, jsonb_array_elements(d->'account') with ordinality as x(k, n)),
entries as (
  insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision,
    recorded_at, late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
  select $1, ($9::uuid[])[n], (k->>'child_id')::uuid, added.occurred_at,
    d->>'occurred_precision', $5, false, 'concern', $4, $4, 'K3', $2, 'staff'
  from doc, added, jsonb_array_elements(d->'children') with ordinality as x(k, n)),
step as (
  insert into concern_event (school_id, id, concern_id, verb, at, by_id, by_role, to_state)
  values ($1, $10, $4, 'raised', $5, $2, 'staff', 'raised')),
alerts as (
  insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, matter_id, created_at)
  select $1, gen_random_uuid(), staff_id, 'concern_raised', false, $4, $4, $5 from leads),
traced as (
  insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id, child_id,
    after_hash)
  select $1, $11, $5, $2, 'staff', 'concern.raised', 'concern', $4,
    (d->'children'->0->>'child_id')::uuid, $12 from doc),
kept as (
  insert into idempotency_key (school_id, actor_id, key, fingerprint, status, headers, body,
    created_at)
  select $1, $2, $13, $14, 201, '{}', convert_to(reference, 'UTF8'), $5 from added),
job as (
  insert into procrastinate_jobs (queue_name, task_name, priority, args)
  values ('alerts', 'alert.send', 50, jsonb_build_object('concern_id', $4::uuid, 'school_id', $1)))
select reference from added
"""


async def list_concerns(request: Request) -> Response:
    """The newest open concerns of a school."""
    school, account = request.headers["x-school"], request.headers["x-account"]
    limit = int(request.query_params["limit"])
    pool: asyncpg.Pool[Any] = request.app.state.pool
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.fetchrow(SCOPE, school, account)
        body = await connection.fetchval(LIST, school, limit)
    return Response(body, media_type="application/json")


async def read_chronology(request: Request) -> Response:
    """The newest entries of a child, and a trace of the reading."""
    school, account = request.headers["x-school"], request.headers["x-account"]
    child, limit = request.path_params["child_id"], int(request.query_params["limit"])
    pool: asyncpg.Pool[Any] = request.app.state.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchrow(SCOPE, school, account)
        body = await connection.fetchval(CHRONOLOGY, school, child, limit)
        await connection.execute(TRACE, school, uuid7(), datetime.now(UTC), account, child)  # noqa: TID251
    return Response(body, media_type="application/json")


async def raise_concern(request: Request) -> Response:
    """A concern with everything that hangs on it, in one statement."""
    school, account = request.headers["x-school"], request.headers["x-account"]
    body = await request.body()
    command = orjson.loads(body)
    digest = hashlib.sha256(body)
    now = datetime.now(UTC)  # noqa: TID251
    concern_id = uuid7()
    pool: asyncpg.Pool[Any] = request.app.state.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchrow(SCOPE, school, account)
        reference = await connection.fetchval(
            RAISE, school, account, body.decode(), concern_id, now, now.year,
            now + timedelta(days=1), [uuid7() for _ in command["account"]],
            [uuid7() for _ in command["children"]], uuid7(), uuid7(), digest.hexdigest(),
            request.headers["idempotency-key"], digest.digest(),
        )  # fmt: skip
    content = orjson.dumps({"id": str(concern_id), "reference": reference})
    return Response(content, 201, media_type="application/json")


async def _keep_settings(_connection: Any) -> None:
    """Nothing is set beyond a transaction, so nothing has to be reset between two of them."""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the pool, as large as the other server's."""
    url = os.environ["TWIN_DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=8, max_size=8, reset=_keep_settings) as pool:
        app.state.pool = pool
        yield


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/concerns", list_concerns),
        Route("/children/{child_id}/chronology", read_chronology),
        Route("/concerns", raise_concern, methods=["POST"]),
    ],
)
