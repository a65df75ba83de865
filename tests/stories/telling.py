"""Tells a story at a school, day by day: what people say, what rings, and what anybody reads."""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import orjson

from app.core import clock
from app.core.words import Role
from app.domain.duty.hand_over.commands import settle_school
from app.domain.record.actions.commands import remind
from app.domain.record.relationships.commands import LOOK
from app.domain.safety.bereavement_dates.commands import look_after
from app.domain.safety.linked_concerns.commands import find_linked_concerns
from app.domain.safety.support_services.commands import ask_for_checks
from app.integrations.mail import mail_from_url
from app.jobs.alerts import send_digests_of
from app.jobs.queue import build_queue
from app.jobs.runner import Run
from tests.api.linking import long_here
from tests.api.record.test_concerns import step
from tests.check_ins import keep
from tests.inconsistency import find_inconsistent
from tests.jobs.climbing import fresh, tick
from tests.jobs.working import Sink
from tests.routes import api_routes
from tests.transfers import adapters_of, work_off
from tests.world import Api, Person, School, World

FIRST = date(2027, 1, 11)
"""The first day of a story: a Monday in winter time, long before any holiday."""
SATURDAY = 5
LOOKED_AT = (time(8), time(12, 5), time(16, 5))
"""When the jobs that look through a school run on weekdays that a story passes over."""
JOBS = (find_linked_concerns, look_after, remind, settle_school, ask_for_checks)
MAILS = ("alert.send", "alert.send_one", LOOK)
PUBLIC = (
    "/v1/vocabularies", "/v1/problems", "/v1/clock-rules", "/v1/deadlines", "/v1/permissions",
    "/v1/referral-kinds", "/v1/support-services", "/v1/events", "/v1/auth", "/v1/scim",
    "/v1/schools", "/v1/concerns/categories",
)  # fmt: skip
"""Tables of the program, and the stream of what `/v1/changes` lists."""
GRADES = (
    "risk_level", "risk level", "risk_score", "high risk", "low risk", "at risk", "likelihood",
    "severity_score", "percent", "_score", '"score', '"band', '"rank', "red flag",
)  # fmt: skip
"""What would grade a child: in no answer, and in no mail."""
READ = "alert:concern_being_handled"
"""What a reporter hears of a note of their own."""
REACHED = """
with asked as (select %s::uuid as school, %s::uuid as child)
select a.recipient_id, 'alert:' || a.kind from asked, alert a
where a.school_id = school and (
  exists (select from concern_child c where c.school_id = a.school_id and c.id = a.concern_id
          and c.child_id = asked.child)
  or exists (select from task t where t.school_id = a.school_id and t.id = a.thing_id
             and t.child_id = asked.child))
union select who, 'task:' || t.kind from asked, task t, unnest(array[t.owner_id, t.cover_id]) who
where t.school_id = school and t.child_id = asked.child and t.ended_at is null
union select who, 'check_in' from asked, check_in c, unnest(array[c.owner_id, c.cover_id]) who
where c.school_id = school and c.child_id = asked.child and c.ended_at is null
"""
"""Whom anything about a child has reached: alerts ever, tasks and check-ins that are open."""
Who = Role | Person


class Story:
    """A story at one school. Days are counted from 1, as stories count them."""

    def __init__(self, world: World, school: School, sink: Sink, first: date = FIRST) -> None:
        self.world = world
        self.school = school
        self.sink = sink
        self.first = first
        self._clock = ExitStack()
        self._lists = sorted(
            route.path
            for method, route in api_routes(world.application.app)
            if method == "get"
            and route.path.startswith("/v1/")
            and not route.path.startswith(PUBLIC)
            and route.path.replace("{child_id}", "").count("{") == 0
        )

    def starts(self, first: str) -> None:
        """Begin on another day."""
        self.first = date.fromisoformat(first)
        self.set_clock(self.moment(1, "08:00"))

    def __enter__(self) -> Self:
        long_here(self.world, self.school)
        self.set_clock(self.moment(1, "08:00"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clock.close()

    def moment(self, day: int, hour: str) -> datetime:
        """A school time of a day as a UTC moment."""
        on = self.first + timedelta(days=day - 1)
        at = datetime.combine(on, time.fromisoformat(hour), ZoneInfo("Europe/London"))
        return at.astimezone(UTC)

    def set_clock(self, moment: datetime) -> None:
        """Stop the clock at a moment, without living through what lies between."""
        self._clock.close()
        self._clock.enter_context(clock.frozen(moment))

    async def day(self, day: int, hour: str) -> datetime:
        """Live on to a time of a day: whatever falls due on the way rings when it is due."""
        target = self.moment(day, hour)
        assert target >= clock.now(), "stories go forward"
        while (ahead := self._ahead(target)) is not None:
            self.set_clock(ahead)
            await self.ring()
        self.set_clock(target)
        await self.ring()
        return target

    def at(self, text: str) -> datetime:
        """A moment as the API writes it."""
        return datetime.fromisoformat(text)

    async def skip(self, day: int, hour: str) -> datetime:
        """Go on to a time of a day past which nothing waits: what is due then rings then."""
        target = self.moment(day, hour)
        assert target >= clock.now(), "stories go forward"
        self.set_clock(target)
        await self.ring()
        return target

    def _ahead(self, target: datetime) -> datetime | None:
        """The next moment before the target at which something of the school happens."""
        now = clock.now()
        ((rings,),) = self.world.sql(
            "select min(next_at) from deadline where school_id = %s and ended_at is null "
            "and next_at > %s",
            self.school.id, now,
        )  # fmt: skip
        moments = [
            datetime.combine(now.date() + timedelta(days=more), at, ZoneInfo("Europe/London"))
            for more in range(4)
            if (now + timedelta(days=more)).weekday() < SATURDAY
            for at in LOOKED_AT
        ]
        ahead = [one.astimezone(UTC) for one in moments if one > now]
        return min((one for one in (rings, *ahead) if one and one < target), default=None)

    async def ring(self) -> None:
        """Ring what is due, run every job that looks through the school, and send its mails."""
        await tick(self.world, self.school)
        await keep(self.world, self.school)
        for job in JOBS:
            async with self.world.work(self.school.id) as work:
                await job(work)
        await self.post()

    async def post(self) -> None:
        """Send the mails that wait, and look for linked concerns where that was asked for."""
        settings = self.world.runtime.settings
        mail = mail_from_url(f"smtp://127.0.0.1:{self.sink.port}", settings.mail_from)
        await work_off(self.world, self.school, only=MAILS, mail=mail)
        adapters = replace(adapters_of(self.world), mail=mail)
        await send_digests_of(Run(adapters, build_queue(adapters, ()), {}), self.school.id)

    def person(self, who: Who) -> Person:
        """Somebody of the school."""
        return self.school[who] if isinstance(who, Role) else who

    def api(self, who: Who) -> Api:
        """The API as somebody who has just signed in."""
        return fresh(self.world, self.person(who))

    def sign_in(self) -> None:
        """Sign everybody in now, for helpers of other tests that speak as them."""
        for person in self.school.people.values():
            fresh(self.world, person)
            person.token = self.world.token_of(person)

    async def read(self, who: Who, path: str) -> Any:
        """What somebody reads at a path."""
        answer = await self.api(who).get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def does(self, who: Who, path: str, body: Any = None, **options: Any) -> Any:
        """What comes of something that somebody posts."""
        answer = await self.api(who).post(path, body, **options)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def on(self, who: Who, path: str, verb: str, body: Any = None) -> Any:
        """What comes of a verb on something, at the version that was just read."""
        api = self.api(who)
        version = (await api.get(path)).headers["etag"].strip('"')
        answer = await api.post(f"{path}/{verb}", body, version=version)
        assert answer.is_success, (path, verb, answer.text)
        return answer.json()

    async def says(self, who: Who, child: UUID | str, words: str, **fields: Any) -> dict[str, Any]:
        """Somebody writes down about a child what they saw or heard: the receipt."""
        children = [{"child_id": str(child)}, *fields.pop("others", [])]
        body = {"children": children, "account": [{"text": words}]} | fields
        made: dict[str, Any] = await self.does(who, "/v1/concerns", body)
        await self.post()
        return made

    async def step(self, who: Who, concern: str, verb: str, body: Any = None) -> dict[str, Any]:
        """Somebody takes a step on a concern at its present version."""
        answer: httpx.Response = await step(self.api(who), concern, verb, body)
        assert answer.is_success, (verb, answer.text)
        done: dict[str, Any] = answer.json()
        return done

    async def hours(self, **fields: Any) -> None:
        """Change the calendar of the school, which nobody has changed before."""
        path = f"/v1/schools/{self.school.id}/calendar"
        answer = await self.api(Role.SCHOOL_ADMIN).patch(path, fields, version=0)
        assert answer.is_success, answer.text

    async def reads(self, who: Who, concern: str, until: tuple[int, str]) -> None:
        """A lead reads a note, and will look again by a day."""
        await self.step(who, concern, "acknowledge")
        body = {
            "level": 1, "primary_category": "mental_health",
            "owner_id": str(self.person(who).id), "due_at": self.moment(*until).isoformat(),
            "reason": "The tutor keeps an eye on it and says how it goes.",
        }  # fmt: skip
        await self.step(who, concern, "triage", body)

    async def owed(self, concern: str) -> dict[str, tuple[datetime, str]]:
        """Open tasks of a concern by kind: when each is due and whose it is."""
        rows = await self.items(Role.DSL, f"/v1/tasks?concern_id={concern}")
        return {
            one["kind"]: (datetime.fromisoformat(one["due_at"]), one["owner"]["id"]) for one in rows
        }

    async def items(self, who: Who, path: str) -> list[dict[str, Any]]:
        """All rows of a list that fits on one page."""
        joint = "&" if "?" in path else "?"
        page = await self.read(who, f"{path}{joint}limit=200")
        assert not page.get("next_cursor"), "more rows than a page holds"
        found: list[dict[str, Any]] = page["items"]
        return found

    async def inbox(self, who: Who) -> list[dict[str, Any]]:
        """Alerts of somebody that wait, newest first."""
        return await self.items(who, "/v1/alerts?state=open")

    async def tasks(self, who: Who, child: UUID | str | None = None) -> list[dict[str, Any]]:
        """Open tasks that somebody has or stands in for."""
        about = f"&child_id={child}" if child else ""
        return await self.items(who, f"/v1/tasks?mine=true{about}")

    async def task_kinds(self, who: Who, child: UUID | str | None = None) -> set[str]:
        """Kinds of open tasks that somebody has."""
        return {one["kind"] for one in await self.tasks(who, child)}

    def surfaced(self, who: Who, child: UUID | str) -> set[str]:
        """What about a child has reached somebody: `alert:kind`, `task:kind`, `check_in`."""
        return {what for person, what in self._reached(child) if person == self.person(who).id}

    def told(self, child: UUID | str) -> set[Role]:
        """Roles of the school that anything about a child has reached, apart from a reporter

        who hears that their own note was read.
        """
        people = {person for person, what in self._reached(child) if what != READ}
        return {role for role, one in self.school.people.items() if one.id in people}

    def _reached(self, child: UUID | str) -> set[tuple[UUID, str]]:
        rows = self.world.sql(REACHED, self.school.id, str(child))
        return {(person, what) for person, what in rows if person}

    async def everything(self, who: Who, *children: UUID | str) -> dict[str, str]:
        """All that somebody can read: lists, what is kept of children, concerns and tasks in full,

        and mails. By where it stands.
        """
        api = self.api(who)
        found: dict[str, str] = {}
        paths = [path for path in self._lists if "{" not in path]
        paths += [
            path.format(child_id=child) for child in children for path in self._lists if "{" in path
        ]
        for path in paths:
            found |= await self._page(api, path)
        for path in self._of_rows(found):
            found |= await self._page(api, path)
        for place, mail in enumerate(self.mails(who)):
            found[f"mail {place}"] = f"{mail.items()} {mail.get_content()}"
        return found

    async def _page(self, api: Api, path: str) -> dict[str, str]:
        answer = await api.get(path)
        return {path: answer.text} if answer.status_code == 200 else {}

    def _of_rows(self, found: Mapping[str, str]) -> list[str]:
        """Where the rows of what was found are opened."""
        paths: list[str] = []
        for noun in (
            "concerns",
            "tasks",
            "linked-concerns",
            "monitoring-alerts",
            "reviews",
            "meetings",
            "cases",
        ):
            rows = _rows(found.get(f"/v1/{noun}"))
            paths += [f"/v1/{noun}/{row['id']}" for row in rows]
            if noun == "concerns":
                paths += [f"/v1/concerns/{row['id']}/comments" for row in rows]
                paths += [f"/v1/concerns/{row['id']}/history" for row in rows]
        return paths

    def mails(self, who: Who) -> list[EmailMessage]:
        """Mails that reached somebody."""
        return self.sink.to(self.person(who).email)

    async def everybody(self, *children: UUID | str) -> dict[str, str]:
        """All that all roles of the school can read, by role and where it stands."""
        return {
            f"{role} {path}": text
            for role in self.school.people
            for path, text in (await self.everything(role, *children)).items()
        }

    async def whole(self) -> bool:
        """Whether everything open of the school has its owner and clock."""
        async with self.world.work(self.school.id) as work:
            return not await find_inconsistent(await work.driver(), self.school.id)

    def rung(self, thing: UUID | str) -> list[tuple[datetime, str, set[Role]]]:
        """When each rung of a thing's clock rang, its name, and the roles that were told."""
        rows = self.world.sql(
            "select at, details->>'name', details->'recipients' from trail where school_id = %s "
            "and verb in ('deadline.missed', 'deadline.climbed') and noun_id in "
            "(select id from deadline where thing_id = %s) order by seq",
            self.school.id, str(thing),
        )  # fmt: skip
        by_id = {str(person.id): role for role, person in self.school.people.items()}
        return [(at, name, {by_id[one] for one in told if one in by_id}) for at, name, told in rows]


def _rows(text: str | None) -> Sequence[dict[str, Any]]:
    return orjson.loads(text)["items"] if text else ()


DRAWN = re.compile(r"[0-9a-z_=-]{20,}")
"""Ids and tokens: by chance one has any short word in it, such as "dad"."""


def where(texts: Mapping[str, str], *words: str) -> dict[str, list[str]]:
    """In which texts some words stand; short ones are not looked for in ids and tokens."""
    found: dict[str, list[str]] = {}
    for place, text in texts.items():
        whole = text.lower()
        spoken = DRAWN.sub(" ", whole)
        said = [one for one in words if one.lower() in (spoken if len(one) < 6 else whole)]
        if said:
            found[place] = said
    return found


def readers(texts: Mapping[str, str], *words: str) -> set[str]:
    """Who of everybody can read any of some words, by role."""
    return {place.split()[0] for place in where(texts, *words)}
