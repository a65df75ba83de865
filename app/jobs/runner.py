"""What a job works with, and how often it is tried again."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job as QueuedJob

from app.core import clock
from app.core.settings import Settings
from app.core.words import Actor
from app.db.session import Database
from app.domain import nouns  # noqa: F401 - registers every kind
from app.integrations.antivirus import Antivirus, antivirus_from_url
from app.integrations.mail import Mail, mail_from_url
from app.integrations.storage import Storage, storage_from_url

SPREAD = 0.5
"""By how much of itself a wait may be shorter, so that what failed together does not come again
together."""


class JobImpossible(Exception):
    """Trying again cannot help: the job ends here. Its text names nobody."""


class TryLater(Exception):
    """Part of the job could not be done now. Its text names nobody."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """What every job of one process shares."""

    settings: Settings
    database: Database
    mail: Mail
    storage: Storage
    antivirus: Antivirus | None = None

    @property
    def mail_domain(self) -> str:
        """The right side of our message ids."""
        return parseaddr(self.settings.mail_from)[1].rpartition("@")[2]


def adapters_of(settings: Settings) -> Adapters:
    """The real adapters, as the settings say. Raises ValueError for a setting that cannot be."""
    return Adapters(
        settings=settings,
        database=Database(
            settings.database_url.get_secret_value(),
            pool=settings.database_pool,
            pool_wait=settings.database_pool_wait,
            statement_cache=settings.statement_cache,
            application_name="cairn worker",
        ),
        mail=mail_from_url(settings.mail_url, settings.mail_from),
        storage=storage_from_url(settings.storage_url),
        antivirus=antivirus_from_url(settings.antivirus_url),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at one job. `args` holds ids only."""

    adapters: Adapters
    queue: App
    args: Mapping[str, Any]
    job_id: int = 0

    def id(self, name: str) -> UUID:
        """An id from the job's row. Raises `JobImpossible` where there is none."""
        try:
            return UUID(str(self.args[name]))
        except (KeyError, ValueError):
            raise JobImpossible(f"the job has no usable {name}") from None

    @property
    def actor(self) -> Actor:
        """Cairn itself, in the school of the job's row."""
        return Actor.system(self.id("school_id"))


class Backoff(BaseRetryStrategy):
    """Waits twice as long each time, up to a limit; gives up after so many attempts."""

    def __init__(self, attempts: int, *, first: float = 5, longest: float = 600) -> None:
        self._attempts = attempts
        self._first = first
        self._longest = longest

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        """When to try again, or None. What a shutdown cut off goes on at once elsewhere."""
        if not isinstance(exception, Exception):
            return RetryDecision(retry_at=clock.now())
        if isinstance(exception, JobImpossible) or self.is_spent(job.attempts):
            return None
        return RetryDecision(retry_at=clock.now() + self.wait_after(job.attempts))

    def is_spent(self, attempts: int) -> bool:
        """Whether the attempt after this many earlier ones was the last."""
        return attempts + 1 >= self._attempts

    def wait_after(self, attempts: int) -> timedelta:
        """How long to wait, a little differently for each job."""
        part = secrets.SystemRandom().uniform(1 - SPREAD, 1)
        return timedelta(seconds=self.seconds_after(attempts) * part)

    def seconds_after(self, attempts: int) -> float:
        """The longest wait after this many earlier attempts."""
        return min(self._first * 2.0 ** min(attempts, 30), self._longest)


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: its name in the rows, what it does, how it is retried, and when it runs.

    `every` is a cron line for jobs that nobody asks for; they wait in `queue`. `run` has to be
    idempotent: a worker that dies after its last step and before its row is closed runs it again.
    """

    name: str
    run: Callable[[Run], Awaitable[None]]
    retry: Backoff
    every: str | None = None
    queue: str = "default"
