"""`python -m bench plans`: the plans of real statements, in a large school and an ordinary one."""

import argparse
import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr
from sqlalchemy import event

from app.api.runtime import Runtime
from app.core import clock
from app.core.settings import Settings
from app.core.words import Actor
from app.db.reading import open_reading
from app.db.unit_of_work import UnitOfWork
from app.main import build_app, build_runtime
from bench import build
from bench.plans import building
from bench.plans.asking import ASKS, IN_SCHOOL, OVER_SCHOOLS, Ask, filled
from bench.plans.building import Place
from bench.plans.plans import Ran, ran_from
from bench.plans.report import report

FOLDER = Path("var/bench")
RESULTS = Path(__file__).parents[1] / "RESULTS.md"
HEADING = "# What lists cost in a large school"
MODES = ("force_custom_plan", "force_generic_plan")
"""With the values, as the first calls of a connection; without, as a busy one ends up."""
SCHOOLS = {"large": "School 1", "ordinary": "School 2"}
TRUST = "no school: the trust"


def main(arguments: list[str]) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m bench plans", description=__doc__)
    parser.add_argument("--only", help="only what has this in its title")
    parser.add_argument("--keep", action="store_true", help="use the rows of the run before")
    parser.add_argument("--show", action="store_true", help="print the flagged plans whole")
    parser.add_argument("--print-only", action="store_true", help="do not write RESULTS.md")
    asked = parser.parse_args(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = build.start_server(say)
    try:
        if not asked.keep:
            build.fresh_copy(server, build.FULL, say)
            building.add_rows(build.owner_url(server), build.APP_ROLE, say)
        bench = PlanBench(build.owner_url(server), build.app_url(server), asked.only or "")
        bench.run()
    finally:
        server.stop()
    text = report(HEADING, bench.found)
    print(text)
    if bench.failures:
        raise SystemExit("\n".join(bench.failures))
    if asked.show:
        _show(bench.found)
    if not asked.print_only:
        before, _, old = RESULTS.read_text().partition(HEADING)
        after = old.partition("\n# ")[2]
        kept = f"\n# {after}" if after else ""
        RESULTS.write_text(f"{before.rstrip()}\n\n{text.rstrip()}\n{kept}")


def say(line: str) -> None:
    """Show progress."""
    print(f"  {line}", flush=True)


def _show(found: Mapping[str, Mapping[str, list[Ran]]]) -> None:
    for title, by_school in found.items():
        for ran in by_school.get("large", ()):
            if ran.excess > 0:
                print(f"\n=== {title}: {ran.buffers} buffers, {ran.answered} rows\n{ran.text}")
                print(json.dumps(ran.plan, indent=1))


@dataclass(slots=True)
class Watcher:
    """Keeps what the server tells of every statement that is run on connections of a pool."""

    ran: list[Ran] = field(default_factory=list)

    def on(self, runtime: Runtime) -> None:
        """Listen on every connection that will be made."""
        event.listen(runtime.database.engine.sync_engine, "connect", self._made)

    def _made(self, connection: Any, _record: object) -> None:
        connection.driver_connection.add_log_listener(self._told)

    def _told(self, _connection: object, message: Any) -> None:
        if (found := ran_from(message.message)) is not None:
            self.ran.append(found)

    async def taken(self) -> list[Ran]:
        """What was run since the last call."""
        for _ in range(3):
            await asyncio.sleep(0)
        ran, self.ran = self.ran, []
        return ran


class PlanBench:
    """One run; `found` has by title and school what was run."""

    def __init__(self, owner_url: str, app_url: str, only: str) -> None:
        self.owner_url = owner_url
        self.only = only
        self.settings = Settings(
            database_url=SecretStr(app_url),
            keys_dir=FOLDER.absolute() / "keys",
            storage_url=(FOLDER.absolute() / "attachments").as_uri(),
            address_requests_per_minute=0,
            account_requests_per_minute=0,
            log_level="error",
        )
        self.places = {
            name: Place(owner_url, title) for name, title in {**SCHOOLS, "trust": TRUST}.items()
        }
        self.found: dict[str, dict[str, list[Ran]]] = {}
        self.failures: list[str] = []
        self.watcher = Watcher()

    def run(self) -> None:
        """Ask everything with both kinds of plan."""
        for mode in MODES:
            building.plan_as(self.owner_url, build.APP_ROLE, mode)
            asyncio.run(self._ask_all(mode))

    async def _ask_all(self, mode: str) -> None:
        runtime = build_runtime(self.settings)
        self.watcher.on(runtime)
        transport = httpx.ASGITransport(
            build_app(self.settings, runtime), raise_app_exceptions=False
        )
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://plans") as client:
                for ask in self._wanted(ASKS):
                    say(f"{mode}: {ask.title}")
                    await self._ask(runtime, client, ask)
            await self._work(runtime, mode)
        finally:
            await runtime.drain()
            await runtime.database.close()

    def _wanted(self, asks: Iterable[Ask]) -> list[Ask]:
        return [ask for ask in asks if self.only in ask.title]

    async def _ask(self, runtime: Runtime, client: httpx.AsyncClient, ask: Ask) -> None:
        for name, place in self.places.items():
            token = self._token(runtime, place, ask.who)
            if token is None:
                continue
            path = filled(ask.path, place.things)
            headers = {"Authorization": f"Bearer {token}"}
            await self.watcher.taken()
            body = json.loads(filled(json.dumps(ask.body), place.things)) if ask.body else None
            if body:
                answer = await client.post(path, headers=headers, json=body)
            else:
                answer = await client.get(path, headers=headers)
            if not answer.is_success:
                self.failures.append(f"{ask.title}: {answer.status_code} {answer.text}")
                continue
            await self._keep(ask.title, name)
            told = answer.json()
            following = told.get("next") if isinstance(told, dict) else None
            if isinstance(following, str) and "cursor" not in path and "changes" not in path:
                if body:
                    more = {**body, "cursor": following}
                    answer = await client.post(path, headers=headers, json=more)
                else:
                    joint = "&" if "?" in path else "?"
                    answer = await client.get(f"{path}{joint}cursor={following}", headers=headers)
                if not answer.is_success:
                    self.failures.append(f"{ask.title}, page 2: {answer.text}")
                await self._keep(ask.title, name)

    async def _keep(self, title: str, school: str) -> None:
        by_school = self.found.setdefault(title, {})
        by_school.setdefault(school, []).extend(await self.watcher.taken())

    def _token(self, runtime: Runtime, place: Place, who: str) -> str | None:
        now = clock.now()
        if who in place.keys:
            key = place.keys[who]
            return runtime.tokens.issue(
                sub=key, sid=key, org=place.id, role="service_key", amr=(), auth_time=now,
                scope=("alert:intake", "attendance:send", "referral:answer"),
            )  # fmt: skip
        if who not in place.people:
            return None
        account, session = place.people[who]
        return runtime.tokens.issue(
            sub=account, sid=session, org=place.id, role=who, scope=("cairn",),
            amr=("pwd", "otp"), auth_time=now,
        )  # fmt: skip

    async def _work(self, runtime: Runtime, mode: str) -> None:
        for title, job in IN_SCHOOL.items():
            if self.only in title:
                say(f"{mode}: {title}")
                for name in SCHOOLS:
                    work = UnitOfWork(runtime.database, Actor.system(self.places[name].id))
                    await self.watcher.taken()
                    try:
                        await work.begin()
                        await job(work)
                        await work.save()
                    except Exception as error:
                        self.failures.append(f"{title}: {error!r}")
                    finally:
                        await work.close()
                    await self._keep(title, name)
        for title, look in OVER_SCHOOLS.items():
            if self.only in title:
                await self.watcher.taken()
                async with open_reading(runtime.database, Actor.system(UUID(int=0))) as reading:
                    await look(reading)
                await self._keep(title, "large")
