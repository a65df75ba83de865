"""Nobody is overlooked, whatever happens: random people, holidays, crashes, jumps, leavers.

One machine drives one school through the API and the workers' own functions, on the real
database, with the clock moved. After every step each open thing has one clock at its due time;
after every full tick it has a live owner, and whatever is overdue has been told to somebody.
"""

import asyncio
import gc
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.core import clock
from app.core.words import Actor, Role
from app.db.reading import open_reading
from app.domain.common.owners.queries import ownerless
from app.domain.duty.hand_over.commands import settle_school
from app.formats.calendars import bank_holidays
from app.jobs.ladder import ring_everywhere
from tests.api.record.test_concerns import a_body, a_triage
from tests.crashing import Crash, crashing_after
from tests.inconsistency import find_inconsistent
from tests.sampling import examples
from tests.world import EVERY_ROLE, Api, Person, School, World

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
LONGEST_CLIMB = timedelta(days=25)
"""From four days of silence over every rung of the slowest ladder, with Christmas between."""
EXPECTED = {200, 201, 202, 204, 400, 403, 404, 409, 412, 422, 428}
"""Every answer but a failure of ours: the machine asks for impossible things too."""
WATCHERS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
IMMEDIACIES = st.sampled_from(("immediate_danger", "today", "routine"))
PLACES = st.integers(0, 10_000)


OWNERS_GONE = """
with owned as (
  select school_id, 'concern' as noun, id, owner_id, id as concern_id from concern
  where ended_at is null
  union all
  select school_id, 'action', id, owner_id, concern_id from action where state = 'open')
select o.noun, o.id from owned o
join staff s on s.school_id = o.school_id and s.id = o.owner_id
join account c on c.id = s.id
where o.school_id = %s and (
  s.suspended_at is not null or s.removed_at is not null or c.disabled_at is not null
  or not exists (select from membership m where m.school_id = o.school_id and m.staff_id = s.id
                   and m.valid_from <= %s and coalesce(m.valid_to > %s, true))
  or exists (select from conflict x
             join concern_child k on k.school_id = x.school_id and k.id = o.concern_id
             where x.school_id = o.school_id and x.staff_id = s.id and x.ended_at is null
               and x.state <> 'suggested'
               and (x.concern_id = o.concern_id or x.child_id = k.child_id)))
"""
"""Open casework whose owner is not here or must not see it, in words of the tests' own."""
TOLD = """
select d.noun, d.ladder, d.due_at, d.next_at, d.rung,
  (select count(*) from alert a
   join staff s on s.school_id = a.school_id and s.id = a.recipient_id
   join account c on c.id = s.id
   where a.school_id = d.school_id and a.deadline_id = d.id and a.round = d.round
     and s.suspended_at is null and c.disabled_at is null
     and exists (select from membership m
                 where m.school_id = a.school_id and m.staff_id = s.id
                   and m.valid_from <= %s and coalesce(m.valid_to > %s, true))) as told
from deadline d where d.school_id = %s and d.ended_at is null and d.due_at <= %s
"""
TOLD_IN_CONFLICT = """
select a.kind, x.kind from alert a
join deadline d on d.school_id = a.school_id and d.id = a.deadline_id and d.noun = 'concern'
join conflict x on x.school_id = a.school_id and x.staff_id = a.recipient_id
  and x.ended_at is null and x.state <> 'suggested'
join concern_child k on k.school_id = d.school_id and k.id = d.thing_id and k.child_id = x.child_id
where a.school_id = %s and a.rung_at = %s and a.kind = 'overdue'
"""


class Overlooked(RuleBasedStateMachine):
    """One school; `world` and `loop` are set by the test before the machine runs."""

    world: World
    loop: asyncio.AbstractEventLoop
    happened: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.concerns: list[str] = []
        self.actions: list[str] = []
        self.gone: set[UUID] = set()
        self.settled = False

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the loop of the tests."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def teardown(self) -> None:
        try:
            if self.concerns:
                self.wait_until_somebody_has_acknowledged()
        finally:
            self.stack.close()

    def wait_until_somebody_has_acknowledged(self) -> None:
        """Whoever is left looks at their inbox: then whatever is overdue gets to one of them.

        Where nobody left may see it, the administrators have been told that somebody is needed.
        """
        attentive = [
            one for one in self.people
            if one.id not in self.gone and one.role in (*WATCHERS, Role.SCHOOL_ADMIN)
        ]  # fmt: skip
        waiting: list[Any] = []
        self.stack.enter_context(clock.shifted(timedelta(days=4)))
        begun = clock.now()  # nobody had to look at anything before
        for _ in range(60):
            self.tick(0)
            self.has_told_somebody_of_whatever_is_overdue()
            for person in attentive:
                self.acknowledge_all(person, 100)
            waiting = self.world.sql(
                """
                select d.noun, d.rule_id, d.due_at, d.next_at, d.rung from deadline d
                where d.school_id = %s and d.ended_at is null and d.due_at <= %s
                  and d.acknowledged_at is null
                  and not exists (select from alert a
                                  where a.school_id = d.school_id and a.deadline_id = d.id
                                    and a.kind in ('nobody_to_tell', 'appointment_needed')
                                    and a.acknowledged_at is not null)
                order by d.next_at
                """,
                self.school.id, clock.now(),
            )  # fmt: skip
            if not waiting:
                self.happened.add("acknowledged in the end")
                return
            assert clock.now() - max(waiting[0][2], begun) < LONGEST_CLIMB, waiting[0]
            wait = max(waiting[0][3] - clock.now(), timedelta())
            self.stack.enter_context(clock.shifted(wait))
        raise AssertionError(f"nobody has acknowledged: {waiting}")

    @initialize()
    def found_a_school(self) -> None:
        self.stack.enter_context(clock.frozen(MONDAY))
        self.school: School = self.do(self.world.a_school(EVERY_ROLE))
        self.people: list[Person] = [
            *self.school.people.values(),
            *(self.do(self.school.person(role)) for role in (Role.DSL, Role.DEPUTY_DSL)),
        ]
        self.children = [self.do(self.school.child(f"Child{n}", "Vale")) for n in range(3)]
        for place, immediacy in enumerate(("immediate_danger", "today", "routine")):
            self.raise_concern(0, place, immediacy)

    def pick(self, place: int, things: list[Any]) -> Any:
        return things[place % len(things)]

    def api(self, person: Person) -> Api:
        """The API as somebody whose session lasts as long as their role does."""
        self.world.sql(
            "update auth_session set expires_at = %s, auth_time = %s where id = %s",
            clock.now() + timedelta(hours=12), clock.now(), person.session_id,
        )  # fmt: skip
        return self.world.as_token(self.world.token_of(person))

    def ask(self, person: Person, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """One request; whatever it answers, it is no failure of ours."""
        options = {**how, **({"json": body} if body is not None else {})}
        answer = self.do(self.api(person).request(method, path, **options))
        assert answer.status_code in EXPECTED | {401}, (method, path, answer.text)
        self.settled = False
        if answer.status_code < 300:
            self.happened.add(path.rsplit("/", 1)[-1] if method == "POST" else method)
        return answer

    def step(self, person: Person, path: str, verb: str, body: Any = None) -> Any:
        """A step of a record at its present version, where the person sees it."""
        read = self.ask(person, "GET", path)
        if read.status_code != 200 or "etag" not in read.headers:
            return read
        tag = read.headers["etag"].strip('"')
        return self.ask(person, "POST", f"{path}/{verb}", body, version=tag)

    @rule(place=PLACES, child=PLACES, immediacy=IMMEDIACIES)
    def raise_concern(self, place: int, child: int, immediacy: str) -> None:
        body = a_body(self.pick(child, self.children), immediacy=immediacy)
        answer = self.ask(self.pick(place, self.people), "POST", "/v1/concerns", body)
        if answer.status_code == 201:
            self.concerns.append(answer.json()["id"])

    def lead(self, place: int) -> Person:
        watchers = [one for one in self.people if one.role in WATCHERS]
        return watchers[place % len(watchers)]

    @precondition(lambda self: self.concerns)
    @rule(who=PLACES, which=PLACES)
    def acknowledge(self, who: int, which: int) -> None:
        self.step(self.lead(who), f"/v1/concerns/{self.pick(which, self.concerns)}", "acknowledge")

    @precondition(lambda self: self.concerns)
    @rule(
        who=PLACES, which=PLACES, owner=PLACES,
        confidentiality=st.sampled_from(("K2", "K3", "K4", "K5")),
    )  # fmt: skip
    def triage(self, who: int, which: int, owner: int, confidentiality: str) -> None:
        body = a_triage(self.pick(owner, self.people).id, confidentiality=confidentiality)
        self.step(self.lead(who), f"/v1/concerns/{self.pick(which, self.concerns)}", "triage", body)

    @precondition(lambda self: self.concerns)
    @rule(who=PLACES, which=PLACES, owner=PLACES, hours=st.integers(1, 72))
    def add_action(self, who: int, which: int, owner: int, hours: int) -> None:
        due = (clock.now() + timedelta(hours=hours)).isoformat()
        body = {"what": "Ring home", "owner_id": str(self.pick(owner, self.people).id)}
        path = f"/v1/concerns/{self.pick(which, self.concerns)}/actions"
        answer = self.ask(self.lead(who), "POST", path, body | {"due_at": due})
        if answer.status_code == 201:
            self.actions.append(answer.json()["id"])

    @precondition(lambda self: self.actions)
    @rule(who=PLACES, which=PLACES)
    def complete_action(self, who: int, which: int) -> None:
        path = f"/v1/actions/{self.pick(which, self.actions)}"
        self.step(self.pick(who, self.people), path, "complete", {"outcome": "Done."})

    @precondition(lambda self: self.concerns)
    @rule(who=PLACES, which=PLACES, verb=st.sampled_from(("close", "withdraw", "countersign")))
    def end_concern(self, who: int, which: int, verb: str) -> None:
        bodies = {
            "close": {"outcome": "explained", "reason": "All is well."},
            "withdraw": {"reason": "The wrong child."},
            "countersign": {"agree": True, "reason": "I agree."},
        }
        path = f"/v1/concerns/{self.pick(which, self.concerns)}"
        self.step(self.lead(who), path, verb, bodies[verb])

    @precondition(lambda self: len(self.concerns) > 1)
    @rule(who=PLACES, which=PLACES, into=PLACES)
    def merge(self, who: int, which: int, into: int) -> None:
        body = {"into": self.pick(into, self.concerns), "reason": "The same event."}
        self.step(self.lead(who), f"/v1/concerns/{self.pick(which, self.concerns)}", "merge", body)

    @rule(who=PLACES, days=st.integers(1, 10))
    def be_away(self, who: int, days: int) -> None:
        today = clock.now().date()
        person = self.pick(who, [one for one in self.people if one.role in WATCHERS])
        body = {
            "away_id": str(person.id), "valid_from": today.isoformat(),
            "valid_to": (today + timedelta(days=days)).isoformat(), "covered_by_ids": [],
            "uncovered_reason": "It cannot be helped.",
        }  # fmt: skip
        self.ask(self.school[Role.SCHOOL_ADMIN], "POST", "/v1/cover", body)

    @rule(who=PLACES, child=PLACES)
    def have_a_conflict(self, who: int, child: int) -> None:
        body = {
            "child_id": str(self.pick(child, self.children)), "reason": "A cousin of mine.",
        }  # fmt: skip
        self.ask(self.pick(who, self.people), "POST", "/v1/conflicts", body)

    @rule(who=PLACES, how=st.sampled_from(("role_ran_out", "suspended", "left")))
    def lose_somebody(self, who: int, how: str) -> None:
        """Not the second lead and the head: a school where nobody is left is another story."""
        kept = {self.people[-2].id, self.school[Role.HEADTEACHER].id}
        able = [one for one in self.people if one.id not in kept | self.gone]
        able = [one for one in able if one.role in (*WATCHERS, Role.STAFF, Role.PASTORAL)]
        if not able:
            return
        person = self.pick(who, able)
        self.gone.add(person.id)
        statement = {
            "role_ran_out": "update membership set valid_to = %s::timestamptz::date "
            "where staff_id = %s",
            "suspended": "update staff set suspended_at = %s where id = %s",
            "left": "update account set disabled_at = %s where id = %s",
        }[how]
        self.world.sql(statement, clock.now(), person.id)
        self.happened.add(how)
        self.settled = False

    @rule(after=st.integers(0, 20), kind=st.sampled_from(("closed", "inset")))
    def change_the_calendar(self, after: int, kind: str) -> None:
        path = f"/v1/schools/{self.school.id}/calendar"
        read = self.ask(self.school[Role.SCHOOL_ADMIN], "GET", path)
        day = (clock.now().date() + timedelta(days=after)).isoformat()
        days = [one for one in read.json()["days"] if one["on"] != day]
        days = [{"on": one["on"], "kind": one["kind"]} for one in days]
        self.ask(
            self.school[Role.SCHOOL_ADMIN], "PATCH", path,
            {"days": [*days, {"on": day, "kind": kind}]},
            version=read.headers["etag"].strip('"'),
        )  # fmt: skip

    @rule(place=PLACES, child=PLACES, statements=st.integers(0, 2))
    def crash_while_raising(self, place: int, child: int, statements: int) -> None:
        """The server dies while a concern is written: it is there whole, or not at all."""
        with crashing_after(statements):
            try:
                self.raise_concern(place, child, "today")
            except Crash:
                self.happened.add("crash")
        self.settled = False

    @rule(minutes=st.sampled_from((-60, 1, 16, 65, 250, 600, 1_440, 4_320, 11_000)))
    def let_time_pass(self, minutes: int) -> None:
        self.stack.enter_context(clock.shifted(timedelta(minutes=minutes)))
        self.settled = False

    @rule(who=PLACES)
    def acknowledge_alerts(self, who: int) -> None:
        self.acknowledge_all(self.pick(who, self.people), 5)

    def acknowledge_all(self, person: Person, most: int) -> None:
        inbox = self.ask(person, "GET", f"/v1/alerts?state=open&limit={most}")
        for alert in inbox.json().get("items", []) if inbox.status_code == 200 else []:
            self.ask(person, "POST", f"/v1/alerts/{alert['id']}/acknowledge")

    async def _tick(self) -> None:
        async with self.world.work(self.school.id) as work:
            await settle_school(work)
        await ring_everywhere(self.world.runtime.database, only=self.school.id)

    @rule(hours=st.integers(0, 30))
    def tick(self, hours: int) -> None:
        self.stack.enter_context(clock.shifted(timedelta(hours=hours)))
        self.do(self._tick())
        self.settled = True

    @precondition(lambda self: self.concerns)
    @rule(statements=st.integers(0, 5), hours=st.integers(0, 30))
    def crash_within_a_tick(self, statements: int, hours: int) -> None:
        self.stack.enter_context(clock.shifted(timedelta(hours=hours)))
        with crashing_after(statements):
            try:
                self.do(self._tick())
            except Crash:
                self.happened.add("crash")
        self.settled = False

    @invariant()
    def keeps_every_clock(self) -> None:
        if not hasattr(self, "school"):
            return
        assert self.do(self._read(find_inconsistent)) == []

    @invariant()
    def leaves_nobody_without_a_living_owner(self) -> None:
        if not self.settled:
            return
        today = clock.now().date()
        assert self.world.sql(OWNERS_GONE, self.school.id, today, today) == []
        assert self.do(self._ownerless()) == []

    @invariant()
    def has_told_somebody_of_whatever_is_overdue(self) -> None:
        if not self.settled:
            return
        now = clock.now()
        rows = self.world.sql(TOLD, now.date(), now.date(), self.school.id, now)
        for noun, ladder, due_at, next_at, rung, told in rows:
            assert next_at > now, f"{noun} due {due_at} did not ring"
            waits = rung == 0 and self._is_quiet(ladder, now)
            assert told or waits, f"{noun} due {due_at}: nobody alive was told"
            if told:
                self.happened.add("told")

    @invariant()
    def tells_nobody_with_a_conflict_of_interest(self) -> None:
        if self.settled:
            rows = self.world.sql(TOLD_IN_CONFLICT, self.school.id, clock.now())
            assert rows == []

    def _is_quiet(self, ladder: str, now: datetime) -> bool:
        """Night, or a day off where nobody is in danger; never in immediate danger."""
        if ladder in ("immediate", "adult_now", "person_now"):
            return False
        local = now.astimezone(LONDON)
        if not time(7) <= local.time() < time(19):
            return True
        free = local.weekday() >= 5 or local.date() in bank_holidays("england", local.year)
        return free and ladder in ("routine", "admin", "feedback")

    async def _ownerless(self) -> list[Any]:
        async with self.world.work(self.school.id) as work:
            return list(await ownerless(work))

    async def _read(self, ask: Callable[..., Any], *more: Any) -> Any:
        actor = Actor.system(self.school.id)
        async with open_reading(self.world.runtime.database, actor) as reading:
            return await ask(reading.driver, self.school.id, *more)


@pytest.fixture(autouse=True)
def buried() -> Iterator[None]:
    """Connections of those that were killed are collected here, and not in another test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def a_machine(world: World, happened: set[str]) -> type[Overlooked]:
    """The machine over a world, run from another thread than the world's loop."""
    loop = asyncio.get_running_loop()
    return type("Machine", (Overlooked,), {"world": world, "loop": loop, "happened": happened})


async def test_nobody_is_overlooked_whatever_happens(world: World) -> None:
    """Random lives of a school; what fails is shrunk by Hypothesis and can be replayed."""
    happened: set[str] = set()
    await asyncio.to_thread(
        run_state_machine_as_test,
        a_machine(world, happened),
        settings=settings(
            max_examples=examples(10), stateful_step_count=40, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert {"told", "acknowledged in the end"} <= happened


async def test_every_kind_of_event_can_happen_to_the_machine(world: World) -> None:
    """A plain story through the same rules: none of them is an empty shell."""
    happened: set[str] = set()
    await asyncio.to_thread(_tell_a_story, a_machine(world, happened)())
    wanted = {
        "concerns", "acknowledge", "triage", "actions", "complete", "merge", "withdraw", "cover",
        "conflicts", "PATCH", "crash", "told", "role_ran_out", "suspended", "left",
        "acknowledged in the end",
    }  # fmt: skip
    assert wanted <= happened


def _tell_a_story(one: Overlooked) -> None:
    def then(_: object = None) -> None:
        one.keeps_every_clock()
        one.leaves_nobody_without_a_living_owner()
        one.has_told_somebody_of_whatever_is_overdue()

    one.found_a_school()
    first_lead = [person.role for person in one.people if person.role in WATCHERS].index(Role.DSL)
    one.concerns.clear()
    for _ in range(4):
        then(one.raise_concern(0, 0, "routine"))
    then(one.acknowledge(first_lead, 0))
    then(one.triage(first_lead, 0, one.people.index(one.school[Role.DSL]), "K3"))
    then(one.add_action(first_lead, 0, one.people.index(one.school[Role.DSL]), 5))
    then(one.complete_action(one.people.index(one.school[Role.DSL]), 0))
    then(one.add_action(first_lead, 0, one.people.index(one.school[Role.STAFF]), 5))
    then(one.merge(first_lead, 1, 2))
    then(one.end_concern(first_lead, 3, "withdraw"))
    then(one.have_a_conflict(first_lead, 0))
    then(one.be_away(first_lead, 3))
    then(one.change_the_calendar(1, "closed"))
    for how in ("role_ran_out", "suspended", "left"):
        then(one.lose_somebody(0, how))
        then(one.crash_within_a_tick(0, 30))
        then(one.tick(5))
    then(one.acknowledge_alerts(one.people.index(one.school[Role.HEADTEACHER])))
    one.teardown()
