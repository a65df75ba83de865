"""A term of alerts in one school: `python -m bench.term`, and what its inboxes hold at the end.

A school on a clock of its own is driven through the API: teachers report, add and do what they
are asked, the ladder climbs, mail goes out, and leads work through their inboxes. The figures are
in docs/alerts.md. Assumptions are the constants and `Plan`.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.core import clock
from app.core.settings import Settings
from app.core.words import Role
from app.db.embedded import ephemeral
from app.db.migrate import migrate
from app.integrations.mail import Message
from app.jobs.alerts import SEND_ALERT, send_digests_of
from app.jobs.queue import build_queue
from app.jobs.runner import Run
from app.main import build_app, build_runtime
from tests.api.record.test_concerns import a_triage, raise_one, step
from tests.jobs.climbing import fresh, tick
from tests.transfers import adapters_of
from tests.world import Api, Person, School, World

LONDON = ZoneInfo("Europe/London")
SITTINGS = (time(8, 40), time(12, 30), time(16, 0))
"""When the lead on duty works through the whole inbox; the others look at noon alone."""
LOOKS = tuple(time(hour, minute) for hour in range(7, 19) for minute in (0, 30))
"""When the ladder and the mail are looked at; a worker looks every few seconds."""
URGENCIES = {"immediate_danger": 0.02, "today": 0.23, "routine": 0.75}
ADDED, ASSIGNED, ACTED = 0.2, 0.15, 0.5
"""How many reports are added to the next day, go to another lead, and bring a teacher an action."""
AT_ONCE, DONE_IN_TIME = 0.6, 0.85
"""How often a lead triages at the first reading, and something is done, told or closed in time."""
REASON = "Read at the end of the week."
TO_READ = ("concern_raised", "concern_assigned", "concern_urgent", "overdue")
NEEDED = """
select a.id, a.kind,
  case when d.id is not null then d.ended_at is null and d.due_at <= %s
       when a.kind = 'concern_raised' then c.state = 'raised'
       when a.action_id is not null then x.state = 'open' and x.owner_id = a.recipient_id
       when a.kind in ('concern_assigned', 'concern_joined')
         then c.ended_at is null and c.owner_id = a.recipient_id
       else c.ended_at is null end as needed
from alert a
left join concern c on c.id = a.concern_id
left join action x on x.id = a.action_id
left join deadline d on d.id = a.deadline_id
where a.recipient_id = %s and a.acknowledged_at is null and a.ended_at is null
"""
UNHEARD = """
select c.id from concern c where c.school_id = %s and c.state = 'raised'
  and not exists (select from alert a where a.concern_id = c.id
    and a.recipient_id = %s and (a.ended_at is null or a.acknowledged_at is not null))
"""
"""Reports nobody has read of which a lead's inbox holds nothing: there must be none."""


def points_at(card: dict[str, Any], kind: str) -> bool:
    """Whether an alert is about a record of a kind."""
    return (card.get("about") or {}).get("kind") == kind


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how large and how busy."""

    first: date
    weeks: int = 12
    pupils: int = 1_000
    teachers: int = 60
    a_day: float = 5
    """Reports on a school day."""
    seed: int = 7


@dataclass(slots=True)
class Inbox:
    """What one lead had of the term."""

    told: int
    """Alerts that they got."""
    never_read: int
    """Those that they never acknowledged: all of them stayed in the inbox before."""
    waiting: int
    stale: int
    """Waiting, though nothing about it needs them any more."""
    unheard: int
    """What needs them and is not there."""


@dataclass(slots=True)
class Outcome:
    """What the term came to."""

    reports: int
    inboxes: list[Inbox]
    mails: list[int]
    """Of each lead on each school day."""
    urgent: int

    @property
    def p99(self) -> int:
        """Mails that a lead's day stays below, ninety-nine days of a hundred."""
        return sorted(self.mails)[max(0, round(len(self.mails) * 0.99) - 1)]


@dataclass(slots=True)
class Counted:
    """A mail server that counts."""

    sent: list[tuple[str, datetime, str]] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        """Take it."""
        self.sent.append((message.to, clock.now(), message.subject))


class Term:
    """One school's term."""

    def __init__(self, world: World, school: School, leads: list[Person], plan: Plan) -> None:
        self.world, self.school, self.leads, self.plan = world, school, leads, plan
        self.chance = random.Random(plan.seed)
        self.mail = Counted()
        self.teachers: list[Person] = []
        self.pupils: list[UUID] = []
        self.later: list[tuple[datetime, Any]] = []
        self.reports = 0

    async def run(self) -> Outcome:
        """Play every day, and measure."""
        begins = self.at(self.plan.first, time(7, 0)) - timedelta(days=1)
        with clock.frozen(begins):
            self.teachers = [
                await self.school.person(Role.STAFF) for _ in range(self.plan.teachers)
            ]
            self.pupils = [await self.school.child() for _ in range(self.plan.pupils)]
        days = [self.plan.first + timedelta(n) for n in range(self.plan.weeks * 7 - 2)]
        for day in days:
            await self.day(day)
        with clock.frozen(self.at(days[-1], time(16, 30))):
            return self.measure([day for day in days if day.weekday() < 5])

    def at(self, day: date, hour: time) -> datetime:
        """A local time."""
        return datetime.combine(day, hour, LONDON).astimezone(UTC)

    async def day(self, day: date) -> None:
        """What happens on a day, in its order."""
        due: list[tuple[datetime, Any]] = []
        if day.weekday() < 5:
            for _ in range(int(self.plan.a_day) + (self.chance.random() < self.plan.a_day % 1)):
                minute = self.chance.randrange(8 * 60 + 30, 16 * 60 + 20)
                due.append((self.at(day, time(minute // 60, minute % 60)), self.report))
            due += [(self.at(day, hour), self.sit) for hour in SITTINGS]
        ends = self.at(day, time(23, 59))
        due += [one for one in self.later if one[0] <= ends]
        self.later = [one for one in self.later if one[0] > ends]
        due += [(self.at(day, hour), self.look) for hour in LOOKS]
        for moment, act in sorted(due, key=lambda one: one[0]):
            with clock.frozen(moment):
                await act()
                await self.look()

    async def look(self) -> None:
        """Ring what is due, mail what is urgent, and gather the rest where its hour has come."""
        await tick(self.world, self.school)
        adapters = replace(adapters_of(self.world), mail=self.mail)
        queue, school_id = build_queue(adapters, ()), str(self.school.id)
        for (alert,) in self.world.sql(
            "select id from alert where school_id = %s and mail = 'at_once' and sent_at is null "
            "and ended_at is null and acknowledged_at is null", self.school.id,
        ):  # fmt: skip
            args = {"school_id": school_id, "alert_id": str(alert)}
            await SEND_ALERT.run(Run(adapters, queue, args))
        await send_digests_of(Run(adapters, queue, {}), self.school.id)

    async def report(self) -> None:
        """A teacher reports; some add to it the next morning."""
        teacher = self.chance.choice(self.teachers)
        (soon,) = self.chance.choices(list(URGENCIES), list(URGENCIES.values()))
        told = await raise_one(
            fresh(self.world, teacher), self.chance.choice(self.pupils), immediacy=soon,
            categories=["neglect"],
        )  # fmt: skip
        self.reports += 1
        if self.chance.random() < ADDED:
            self.plan_next(9, lambda: self.add(teacher, told["id"]))

    def plan_next(self, hour: int, act: Any, days: int = 1) -> None:
        """Something for a school day to come."""
        day = clock.now().astimezone(LONDON).date() + timedelta(days)
        while day.weekday() > 4:
            day += timedelta(1)
        self.later.append((self.at(day, time(hour, self.chance.randrange(60))), act))

    async def add(self, teacher: Person, concern: str) -> None:
        """The reporter remembers more, in two sentences."""
        for text in ("It was after the break.", "A friend was there."):
            body = {"kind": "addition", "text": text, "reason": "I remember."}
            await fresh(self.world, teacher).post(f"/v1/concerns/{concern}/amendments", body)

    async def sit(self) -> None:
        """The lead on duty works through the inbox; the others look at noon, all on Friday."""
        now = clock.now().astimezone(LONDON)
        on_duty = self.leads[now.date().toordinal() % len(self.leads)]
        for lead in self.leads:
            if lead is on_duty or now.time() == SITTINGS[1]:
                await self.work_through(lead)
        if now.weekday() == 4 and now.time() == SITTINGS[2]:
            for lead in self.leads:
                await self.read_news(lead)

    async def work_through(self, lead: Person) -> None:
        """Each matter once: a concern is read, what is one's own is done."""
        api = fresh(self.world, lead)
        cards = (await api.get("/v1/alerts?state=open&limit=100")).json()["items"]
        for card in cards:
            if points_at(card, "action"):
                await self.chase(api, card, lead)
            elif card["kind"] in ("concern_assigned", "concern_joined"):
                await api.post(f"/v1/alerts/{card['id']}/acknowledge")
            elif card["kind"] in TO_READ and points_at(card, "concern"):
                await self.take_on(api, card["about"]["id"])

    async def chase(self, api: Api, card: dict[str, Any], lead: Person) -> None:
        """Their own action is done; of a teacher's they promise to see to it."""
        action = (await api.get(card["about"]["path"])).json()
        if action["owner_id"] == str(lead.id):
            await self.finish(api, action["id"])
        else:
            await api.post(f"/v1/alerts/{card['id']}/acknowledge")

    async def take_on(self, api: Api, concern: str) -> None:
        """Read it, judge it now or when it is due, and end what has been open for too long."""
        state = (await api.get(f"/v1/concerns/{concern}")).json()["state"]
        if state == "raised":
            await step(api, concern, "acknowledge")
            if self.chance.random() >= AT_ONCE:
                return
            state = "acknowledged"
        if state == "acknowledged":
            await self.judge(api, concern)
        elif state in ("triaged", "in_progress"):
            await self.close(api, concern)

    async def close(self, api: Api, concern: str) -> None:
        """It is settled."""
        body = {"outcome": "no_further_action", "reason": "Settled with home."}
        await step(api, concern, "close", body)

    async def judge(self, api: Api, concern: str) -> None:
        """Triage, mostly for the first lead, and half the time with something for a teacher."""
        mine = self.chance.choice(self.leads) if self.chance.random() < ASSIGNED else self.leads[0]
        days = self.chance.randrange(5, 15)
        due = self.at(clock.now().date() + timedelta(days), time(15))
        body = a_triage(mine.id, 2, due_at=due.isoformat(), primary_category="neglect")
        if self.chance.random() < DONE_IN_TIME:
            body["tell_reporter"] = "Home and school have a plan. Thank you."
        if (await step(api, concern, "triage", body)).status_code != 200:
            return
        if self.chance.random() < DONE_IN_TIME:
            self.plan_next(10, lambda: self.close(fresh(self.world, mine), concern), days - 3)
        if self.chance.random() < ACTED:
            teacher = self.chance.choice(self.teachers)
            due = self.at(clock.now().date() + timedelta(days=3), time(15))
            command = {"what": "Call home.", "owner_id": str(teacher.id), "due_at": due.isoformat()}
            made = await api.post(f"/v1/concerns/{concern}/actions", command)
            days = 1 if self.chance.random() < DONE_IN_TIME else 5
            action = made.json().get("id")
            if action is not None:
                self.plan_next(
                    14, lambda: self.finish(fresh(self.world, teacher), action), days
                )  # fmt: skip

    async def finish(self, api: Api, action: str) -> None:
        """Do it, where it is open still."""
        read = await api.get(f"/v1/actions/{action}")
        if read.status_code == 200 and read.json()["state"] == "open":
            await api.post(
                f"/v1/actions/{action}/complete", {"outcome": "Spoke with home."},
                version=read.headers["etag"].strip('"'),
            )  # fmt: skip

    async def read_news(self, lead: Person) -> None:
        """What asks nothing is acknowledged together, with a reason."""
        api = fresh(self.world, lead)
        cards = (await api.get("/v1/alerts?state=open&limit=100")).json()["items"]
        news = [card["id"] for card in cards if card["kind"] not in (*TO_READ, "concern_joined")
                and not points_at(card, "action")]  # fmt: skip
        if news:
            body = {"alert_ids": news, "reason": REASON}
            await api.post("/v1/alerts/acknowledgements", body)

    def measure(self, days: list[date]) -> Outcome:
        """Trays against what the tables say is needed, and mails by lead and school day."""
        counted = Counter((to, at.astimezone(LONDON).date()) for to, at, _ in self.mail.sent)
        leads = {lead.email for lead in self.leads}
        return Outcome(
            self.reports,
            [self.inbox(lead) for lead in self.leads],
            [counted[lead.email, day] for lead in self.leads for day in days],
            sum(subject.startswith("Urgent") for to, _, subject in self.mail.sent if to in leads),
        )

    def inbox(self, lead: Person) -> Inbox:
        """One lead's."""
        ((told, never_read),) = self.world.sql(
            "select count(*), count(*) filter (where acknowledged_at is null) from alert "
            "where recipient_id = %s", lead.id,
        )  # fmt: skip
        waiting = self.world.sql(NEEDED, clock.now(), lead.id)
        unheard = self.world.sql(UNHEARD, self.school.id, lead.id)
        stale = [row for row in waiting if not row[2]]
        return Inbox(told, never_read, len(waiting), len(stale), len(unheard))


async def play(world: World, plan: Plan) -> Outcome:
    """A school of three leads, played through a term."""
    with clock.frozen(datetime.combine(plan.first, time(5), UTC) - timedelta(days=2)):
        school = await world.a_school((Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER))
        leads = [school[Role.DSL], school[Role.DEPUTY_DSL], await school.person(Role.DEPUTY_DSL)]
    return await Term(world, school, leads, plan).run()


def said(outcome: Outcome, plan: Plan) -> str:
    """The figures in words."""
    lines = [
        f"{plan.weeks} weeks, {plan.pupils} pupils, {outcome.reports} reports, 3 leads",
        f"mails to a lead on a school day: median {statistics.median(outcome.mails):g}, "
        f"p99 {outcome.p99}, most {max(outcome.mails)}; urgent in all {outcome.urgent}",
    ]
    for number, inbox in enumerate(outcome.inboxes, 1):
        lines.append(
            f"lead {number}: told {inbox.told}, never acknowledged {inbox.never_read}, "
            f"waiting {inbox.waiting}, stale {inbox.stale}, missing {inbox.unheard}"
        )
    return "\n".join(lines)


async def main(plan: Plan) -> None:
    """Make a server of its own, play, and print."""
    with ephemeral() as server, tempfile.TemporaryDirectory() as folder:
        urls = World.new_database(server.admin_url, migrate)
        settings = Settings(
            database_url=urls[1], keys_dir=Path(folder) / "keys",
            checkpoint_file=Path(folder) / "checkpoints", storage_url=f"file://{folder}/files",
            mail_url=f"file://{folder}/mail", base_url="http://cairn.test", unsafe_database=True,
            unsafe_passwords=True, unsafe_addresses=True, log_level="error",
            address_requests_per_minute=0, account_requests_per_minute=0,
        )  # fmt: skip
        with clock.frozen(datetime.combine(plan.first, time(), UTC) - timedelta(days=2)):
            runtime = build_runtime(settings)
            world = World(build_app(settings, runtime), runtime, owner_url=urls[0])
        print(said(await play(world, plan), plan))
        await runtime.drain()
        await runtime.database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.term", description=__doc__)
    parser.add_argument("--weeks", type=int, default=12)
    parser.add_argument("--pupils", type=int, default=1_000)
    parser.add_argument("--a-day", type=float, default=5)
    asked = parser.parse_args()
    asyncio.run(
        main(Plan(date(2026, 9, 7), asked.weeks, asked.pupils, a_day=asked.a_day))
    )  # fmt: skip
