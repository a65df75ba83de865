"""How long `cairn audit verify` takes for a record of so many rows: `python -m bench.rows 1000000`.

Makes a server of its own, writes rows of one table with their entries of the row trail by SQL,
seals them, and checks log and rows. With `unsealed` behind the number only the rows are checked.
"""

# ruff: noqa: S608 - the statement is joined from constants

import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import psycopg
from sqlalchemy.engine import make_url

from app.core.ids import new_id
from app.core.words import Actor
from app.db.embedded import ephemeral
from app.db.migrate import migrate
from app.db.reading import open_reading
from app.db.repositories.access.audit_seals import ROWS
from app.db.row_trace import hashed
from app.db.session import Database
from app.domain.access.audit_seals.queries import check_reading
from app.domain.access.row_hashes.queries import differing_rows
from app.formats.trail_log.notes import PublicKey
from app.jobs.sealing import Sealing
from tests.doubles import MemoryCheckpoints, MemorySealKeys

T = TypeVar("T")

FILL = """
insert into attendance_mark (school_id, id, child_id, day, session, mark, explained, marked_at,
  received_at)
select %(school)s, gen_random_uuid(), gen_random_uuid(), date '2020-01-01' + (n %% 2000), 'am',
  'present', false, now(), now()
from generate_series(1, %(number)s) n
"""
TRACE = f"""
insert into row_trail (school_id, id, at, actor_id, actor_role, verb, noun, details)
select t.school_id, gen_random_uuid(), now(), gen_random_uuid(), 'system', 'rows.written', 'rows',
  jsonb_build_object('attendance_mark', jsonb_build_object(t.id::text,
    encode(sha256(convert_to({hashed("attendance_mark", "t")}, 'UTF8')), 'base64')))
from attendance_mark t
"""


async def main(number: int, *, sealed: bool) -> None:
    """Fill, seal, check, and print seconds of each."""
    with ephemeral() as server:
        admin = make_url(server.admin_url)
        with psycopg.connect(server.admin_url, autocommit=True) as connection:
            connection.execute("create database rows")
        owner = admin.set(database="rows").render_as_string(False)
        app = make_url(owner).set(username="rows_app", password="x").render_as_string(False)
        migrate(owner, app)
        school = new_id()
        with psycopg.connect(owner, autocommit=True, options="-c timezone=UTC") as connection:
            connection.execute("set session_replication_role = replica")
            connection.execute(FILL, {"school": school, "number": number})
            connection.execute(TRACE)
            connection.execute("analyze")
        database, keys = Database(app, pool=2), MemorySealKeys()
        if sealed:
            await timed("sealed", Sealing(database, keys, MemoryCheckpoints()).once())
        public = {key.name: PublicKey(key.name, key.public) for key in keys.published()}
        async with open_reading(database, Actor.system(school), one_moment=True) as reading:
            if sealed:
                checking = check_reading(reading, school, ROWS, public, {})
                checked = await timed("log checked", checking)
                assert (checked.check.size, checked.check.findings) == (number, [])
            await timed("rows checked", none_of(differing_rows(reading, school)))
        await database.close()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{number} rows, at most {used} MB")


async def none_of(rows: AsyncIterator[object]) -> None:
    """That nothing is found."""
    assert [one async for one in rows] == []


async def timed(what: str, work: Awaitable[T]) -> T:
    """The answer of some work, and how long it took."""
    begun = time.perf_counter()
    answer = await work
    print(f"{what}: {time.perf_counter() - begun:.1f} s", flush=True)
    return answer


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sealed="unsealed" not in sys.argv))
