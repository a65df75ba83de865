"""Delivers webhooks, in every worker: relays what is new, sends what is due, notes the result.

Nothing waits in memory: a worker that dies loses nothing, and what it was sending is sent again,
under the same id, once its claim has run out.
"""

import asyncio
import contextlib
import random
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.core import clock
from app.core.ids import NIL
from app.core.settings import Settings
from app.core.targets import Reach
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.repositories.exchange import webhook_deliveries as stored
from app.db.repositories.exchange.events import horizon
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.webhook_deliveries.commands import (
    Claimed,
    EndpointResult,
    note,
    process_endpoint,
)
from app.domain.exchange.webhooks.commands import SPONSOR_LEFT, delete_old, disable
from app.domain.exchange.webhooks.rules import Outcome
from app.domain.people.second_factors.rules import Vault
from app.formats import standard_webhooks
from app.integrations import vault as vaults
from app.integrations.webhook_sender import Answer, HttpSender, WebhookSender
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools

log = structlog.get_logger()

AT_ONCE, AT_ONCE_FOR_SCHOOL = 64, 16
"""Attempts of one process that run at the same time: in all, and for one school."""
MOST_LOOKS = 20
"""Pages of the trail relayed for one endpoint before the next endpoint's turn."""


@dataclass(slots=True)
class Delivering:
    """The deliverer of one process."""

    database: Database
    vault: Vault
    sender: WebhookSender
    running: set[asyncio.Task[None]] = field(default_factory=set)
    _busy: Counter[UUID] = field(default_factory=Counter)
    _started: int = 0
    _since: int | None = None
    _waiting: set[UUID] = field(default_factory=set)
    _last: UUID = NIL
    """The school that had its turn last: the next look begins behind it."""

    async def once(self) -> int:
        """One look at every school, and every attempt that it led to; how many."""
        started = await self.start_due()
        await self.drain()
        return started

    async def start_due(self) -> int:
        """Relay and claim for every school with something to do, and begin what was claimed."""
        started = 0
        now = clock.now()
        async with open_reading(self.database, Actor.system(NIL)) as reading:
            oldest, _ = await horizon(reading.driver)
            since = None if self._since is None or oldest < self._since else self._since
            schools = await stored.schools_with_work(reading.driver, since, now)
        self._waiting.update(schools)
        self._since = oldest
        for school_id in sorted(self._waiting, key=lambda item: (item <= self._last, item)):
            if len(self.running) >= AT_ONCE:
                break
            self._last = school_id
            self._waiting.discard(school_id)
            try:
                started += await self._look_at(school_id)
            except Exception as error:
                self._waiting.add(school_id)
                log.error("webhooks.not_relayed", school=str(school_id), exc_info=error)
        return started

    async def drain(self) -> None:
        """Wait for the attempts that run."""
        while self.running:
            await asyncio.wait(tuple(self.running))

    async def _look_at(self, school_id: UUID) -> int:
        """Look at the endpoints; the school stays owed a look where one was not done with."""
        async with open_reading(self.database, Actor.system(school_id)) as reading:
            endpoints = await stored.endpoints_due(reading.driver, school_id, reading.now)
        began = self._started
        for endpoint in endpoints:
            if not await self._process_endpoint(school_id, endpoint):
                self._waiting.add(school_id)
        return self._started - began

    async def _process_endpoint(self, school_id: UUID, webhook_id: UUID) -> bool:
        """Relay and claim for an endpoint, and begin what was claimed; whether that was all."""
        for _ in range(MOST_LOOKS):
            async with open_work(self.database, Actor.system(school_id)) as work:
                endpoint_result: EndpointResult = await process_endpoint(
                    work, webhook_id, self.vault, self._free(school_id)
                )
            if endpoint_result.is_orphaned:
                async with open_work(self.database, Actor.system(school_id)) as work:
                    await disable(work, webhook_id, SPONSOR_LEFT)
            for claimed in endpoint_result.claimed:
                self._start(school_id, claimed)
            if not endpoint_result.more:
                return not endpoint_result.is_held
        return False

    def _free(self, school_id: UUID) -> int:
        """How many attempts may begin for a school: a slow one holds up no other."""
        return min(AT_ONCE - len(self.running), AT_ONCE_FOR_SCHOOL - self._busy[school_id])

    def _start(self, school_id: UUID, claimed: Claimed) -> None:
        task = asyncio.create_task(self._attempt(school_id, claimed))
        self.running.add(task)
        self._started += 1
        self._busy[school_id] += 1
        task.add_done_callback(lambda done: self._ended(done, school_id))

    def _ended(self, task: asyncio.Task[None], school_id: UUID) -> None:
        self.running.discard(task)
        self._busy[school_id] -= 1
        if not self._busy[school_id]:
            del self._busy[school_id]

    async def _attempt(self, school_id: UUID, claimed: Claimed) -> None:
        """Send and note. What cannot be noted is sent again when the claim has run out."""
        try:
            began = clock.now()
            message_id = str(claimed.event_id)
            headers = {
                "webhook-id": message_id,
                "webhook-timestamp": str(int(began.timestamp())),
                "webhook-signature": standard_webhooks.signatures(
                    claimed.keys, message_id, began, claimed.body
                ),
            }
            answer = await self.sender.send(claimed.url, headers, claimed.body.encode())
            chance = random.random()  # noqa: S311 - jitter
            async with open_work(self.database, Actor.system(school_id)) as work:
                await note(work, claimed, outcome_of(answer), began, chance)
        except Exception as error:
            log.error("webhooks.attempt_lost", delivery=str(claimed.delivery_id), exc_info=error)


def outcome_of(answer: Answer) -> Outcome:
    """What came of an attempt, in the domain's words."""
    return Outcome(answer.status, answer.code, answer.milliseconds, answer.retry_after)


def reach_of(settings: Settings) -> Reach:
    """Where webhooks may go."""
    return Reach.of(
        settings.webhook_allowed_networks, settings.webhook_ports, local=settings.unsafe_addresses
    )


def delivering_of(settings: Settings, database: Database) -> Delivering:
    """The deliverer as the settings say."""
    return Delivering(database, vaults.Vault(settings.keys_dir), HttpSender(reach_of(settings)))


async def keep_delivering(stop: asyncio.Event, delivering: Delivering, seconds: float) -> None:
    """Deliver until told to stop, then let running attempts end.

    Where an attempt ends there may be another to begin, so that the next look comes at once.
    """
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            try:
                await delivering.start_due()
            except Exception as error:
                log.error("webhooks.not_delivered", exc_info=error)
            await asyncio.wait(
                {stopping, *delivering.running}, timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )  # fmt: skip
    finally:
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stopping
        await delivering.drain()


async def forget(run: Run) -> None:
    """Forget deliveries of more than 90 days ago."""
    database = run.adapters.database

    async def act(school_id: UUID) -> None:
        more = True
        while more:
            async with open_work(database, Actor.system(school_id)) as work:
                more = await delete_old(work)

    await over_schools(run, await _schools(database), act)


async def _schools(database: Database) -> list[UUID]:
    async with open_reading(database, Actor.system(NIL)) as reading:
        return await stored.schools_with_webhooks(reading.driver)


FORGET = Task("webhooks.forget", forget, Backoff(attempts=5), every="50 3 * * *")
WEBHOOK_TASKS = (FORGET,)
