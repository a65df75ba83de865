"""Tasks that only tests ask for: slow, poisonous, impossible, deadly, and one that ticks."""

import asyncio
import os
import signal

from app.core.ids import NIL
from app.core.settings import Settings
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.jobs.alerts import ALERT_TASKS
from app.jobs.queue import build_queue
from app.jobs.runner import Backoff, JobImpossible, Run, Task, adapters_of
from app.jobs.worker import Pace, work_until_told

SECRET = "Persephone Quillfeather has a burn"
SCHEMA = """
create schema if not exists trial;
drop table if exists trial.effect;
create table trial.effect (
  id bigserial, job_id bigint, what text, pid int, at timestamptz default clock_timestamp());
grant usage on schema trial to public;
grant select, insert on trial.effect to public;
grant usage on sequence trial.effect_id_seq to public
"""


async def note(run: Run, what: str) -> None:
    """Leave an effect, committed like any handler's."""
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await (await work.driver()).write(
            "insert into trial.effect (job_id, what, pid) values ($1, $2, $3)",
            run.job_id, what, os.getpid(),
        )  # fmt: skip


async def slow(run: Run) -> None:
    """Begin, take a while, and leave one effect."""
    await note(run, "begun")
    await asyncio.sleep(float(run.args.get("seconds", 0)))
    await note(run, "done")


async def poison(run: Run) -> None:
    """Fail each time, in words that nobody else may read."""
    raise ValueError(SECRET)


async def impossible(run: Run) -> None:
    """Fail once and for all."""
    raise JobImpossible("there is no such thing")


async def deadly(run: Run) -> None:
    """Take the whole worker down."""
    await note(run, "begun")
    os.kill(os.getpid(), signal.SIGKILL)


async def tick(run: Run) -> None:
    """Leave a trace of each tick."""
    await note(run, f"tick {run.args['timestamp']}")


SOON = Backoff(attempts=3, first=0.05, longest=0.1)
SLOW = Task("trial.slow", slow, Backoff(attempts=20, first=0.05, longest=0.1))
POISON = Task("trial.poison", poison, SOON)
IMPOSSIBLE = Task("trial.impossible", impossible, SOON)
DEADLY = Task("trial.deadly", deadly, SOON)
TICK = Task("trial.tick", tick, SOON, every="* * * * * */2", queue="alerts")
TRIAL = (SLOW, POISON, IMPOSSIBLE, DEADLY)
PACE = Pace(
    poll=0.05, heartbeat=0.3, dead_after=1.0, rescue=0.2, tick=0.1, finish_within=10.0,
    pause_after_failure=0.1,
)  # fmt: skip


def main() -> None:
    """A worker in a process of its own; with TRIAL_TICKS it keeps the clock too."""
    tasks = (*ALERT_TASKS, *TRIAL, *([TICK] if os.environ.get("TRIAL_TICKS") else []))
    asyncio.run(work_until_told(build_queue(adapters_of(Settings()), tasks), PACE))
