"""Whose turn it is: what a worker does for a job counts only while the job is still its own."""

from contextvars import ContextVar
from dataclasses import dataclass

from app.db.session import Driver

MINE = """
select true from procrastinate_jobs
where id = $1 and attempts = $2 and status = 'doing' for share
"""


class TakenOver(Exception):
    """The job was given to another worker, or has ended: this attempt may change nothing more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt at one job; `attempts` is how many there were before it."""

    job_id: int
    attempts: int


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)


async def hold_turn(driver: Driver) -> None:
    """Hold the job until this transaction ends, where there is one. Raises `TakenOver`.

    The worker that takes a job over raises its number of attempts, after any commit that is under
    way: either that commit came first, or it finds another number and is refused.
    """
    turn = current_turn.get()
    if turn is not None and not await driver.value(MINE, turn.job_id, turn.attempts):
        raise TakenOver
