"""A worker's turn at a job: its changes count only while the job is still its own."""

from contextvars import ContextVar
from dataclasses import dataclass

from app.db.session import Driver

MINE = """
select true from procrastinate_jobs
where id = $1 and attempts = $2 and status = 'doing' for share
"""


class TakenOver(Exception):
    """Another worker has the job, or the job has ended: this attempt may change nothing more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at one job; `attempts` counts the earlier ones."""

    job_id: int
    attempts: int


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)


async def hold_turn(driver: Driver) -> None:
    """Hold the current job, if any, until this transaction ends. Raises `TakenOver`.

    A worker that takes over the job raises its number of attempts, after any commit under way. So
    either that commit comes first, or it finds another number and is refused.
    """
    turn = current_turn.get()
    if turn is not None and not await driver.value(MINE, turn.job_id, turn.attempts):
        raise TakenOver
