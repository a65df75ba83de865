"""Forgets nonces and used ID tokens once they are too old to be shown again."""

from app.core.ids import NIL
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.jobs.runner import Backoff, Run, Task


async def forget_proofs(run: Run) -> None:
    """Delete proofs that have expired: they would be refused as too old."""
    async with open_work(run.adapters.database, Actor.system(NIL)) as work:
        await work.federation.forget_proofs(work.now)


FORGET_PROOFS = Task("proofs.forget", forget_proofs, Backoff(attempts=5), every="50 3 * * *")
