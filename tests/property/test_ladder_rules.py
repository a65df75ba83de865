"""The pure part of the ladder: who is told on which rung, how it climbs, when it may ring."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.words import Actor, Role
from app.domain.duty.ladder.rules import (
    DRILL,
    HOLDS,
    Climb,
    Ladder,
    OverdueResource,
    Team,
    appointers,
    climb,
    climb_again,
    ladders,
    rings_after,
    rings_at,
    told_in_trust,
    told_on,
)
from app.formats.calendars import SchoolCalendar

SCHOOL = UUID(int=1)
PEOPLE = [UUID(int=number) for number in range(10, 18)]
ROLES = (
    Role.STAFF, Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
    Role.SCHOOL_ADMIN, Role.TRUST_LEAD,
)  # fmt: skip
RUNGS = ("owner", "leads", "head", "register", "admins")
SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 365 * 86_400).map(lambda seconds: SEPTEMBER + timedelta(seconds=seconds))
HOURS = st.times().map(lambda at: at.replace(microsecond=0))
CALENDARS = st.builds(
    SchoolCalendar,
    quiet_from=HOURS, quiet_until=HOURS,
    nation=st.sampled_from(("england", "scotland", "wales", "northern_ireland")),
)  # fmt: skip


@st.composite
def teams(draw: st.DrawFn) -> Team:
    """Some people with roles, some of them away, with stand-ins."""
    held = draw(st.sets(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(ROLES)), max_size=12))
    away = draw(
        st.dictionaries(
            st.sampled_from(PEOPLE), st.lists(st.sampled_from(PEOPLE), max_size=3), max_size=3
        )
    )
    return Team([Actor(person, SCHOOL, role) for person, role in sorted(held)], away)


@st.composite
def things(draw: st.DrawFn) -> OverdueResource:
    """Something overdue that some roles may open and some people must not hear of."""
    roles = draw(st.sets(st.sampled_from(ROLES)))
    out = draw(st.sets(st.sampled_from(PEOPLE), max_size=3))
    return OverdueResource(
        "concern", UUID(int=2), draw(st.sampled_from(PEOPLE)), urgent=False,
        opens=lambda actor: actor.role in roles, keeps_out=lambda actor: actor.id in out,
    )  # fmt: skip


class TestWhoIsTold:
    @given(rung=st.sampled_from(RUNGS), thing=things(), team=teams())
    def test_is_present_may_open_it_and_is_kept_out_of_nothing(
        self, rung: str, thing: OverdueResource, team: Team
    ) -> None:
        told = told_on(rung, thing, team)
        assert len(set(told)) == len(told)
        for person in told:
            roles = team.roles[person]
            assert person not in team.away or rung != "owner"
            assert any(thing.opens(one) for one in roles)
            assert not any(thing.keeps_out(one) for one in roles)

    @given(thing=things(), team=teams())
    def test_leaves_out_nobody_who_leads_is_there_and_may(
        self, thing: OverdueResource, team: Team
    ) -> None:
        told = told_on("leads", thing, team)
        for actor in team.people:
            if actor.role in (Role.DSL, Role.DEPUTY_DSL) and actor.id not in team.away:
                roles = team.roles[actor.id]
                assert (actor.id in told) == thing.may_be_told_to(roles)

    @given(thing=things(), team=teams())
    def test_of_the_register_is_no_lead_and_not_the_owner(
        self, thing: OverdueResource, team: Team
    ) -> None:
        for person in told_on("register", thing, Team(team.people)):
            assert person != thing.owner_id
            held = {one.role for one in team.roles[person]}
            assert held & {Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS}

    @given(thing=things(), team=teams())
    def test_may_appoint_where_nobody_else_is(self, thing: OverdueResource, team: Team) -> None:
        found = appointers(thing, team)
        admins = {one.id for one in team.people if HOLDS["admins"](one)}
        for person in found:
            held = team.roles[person]
            assert not any(thing.keeps_out(one) for one in held)
            if person not in admins:
                assert found == (thing.owner_id,), "in the last resort"
                assert {one.role for one in held} & {Role.DSL, Role.HEADTEACHER}, "who grant roles"

    @given(rung=st.sampled_from(RUNGS), team=teams())
    def test_of_a_drill_is_everybody(self, rung: str, team: Team) -> None:
        def thing(noun: str, *, opens: bool) -> OverdueResource:
            return OverdueResource(
                noun, UUID(int=2), PEOPLE[0], urgent=False,
                opens=lambda _: opens, keeps_out=lambda _: False,
            )  # fmt: skip

        opened_by_all = told_on(rung, thing("concern", opens=True), team)
        assert told_on(rung, thing(DRILL, opens=False), team) == opened_by_all

    @given(trust=teams())
    def test_in_the_trust_is_its_leads_who_are_there(self, trust: Team) -> None:
        for person in told_in_trust(trust):
            assert person in trust.roles

    @given(rung=st.sampled_from(("leads", "head", "admins")), thing=things(), team=teams())
    def test_is_away_only_where_everybody_of_the_rung_is(
        self, rung: str, thing: OverdueResource, team: Team
    ) -> None:
        told = told_on(rung, thing, team)
        of_it = {one.id for one in team.people if HOLDS[rung](one)}
        if of_it - set(team.away):
            assert not set(told) & set(team.away)
            return
        may = {one for one in of_it if thing.may_be_told_to(team.roles[one])}
        assert may <= set(told) or not told
        assert may <= set(told_on(rung, thing, team, absent=True))

    def test_is_the_stand_in_and_never_one_who_is_away_too(self) -> None:
        owner, first, second = PEOPLE[:3]
        people = [Actor(one, SCHOOL, Role.DSL) for one in (owner, first, second)]
        thing = OverdueResource(
            "concern", UUID(int=2), owner, urgent=False,
            opens=lambda _: True, keeps_out=lambda _: False,
        )  # fmt: skip
        team = Team(people, {owner: [first, second], first: [second]})
        assert told_on("owner", thing, team) == (second,)


LADDERS = st.sampled_from(sorted(ladders().values(), key=lambda one: one.name))


def run(ladder: Ladder, rung: int, there: Sequence[str]) -> Climb:
    """One step where only some rungs have anybody on them."""
    return climb(ladder, rung, lambda name: (PEOPLE[0],) if name in there else ())


class TestClimbing:
    @given(ladder=LADDERS, there=st.sets(st.sampled_from((*RUNGS, "trust"))), data=st.data())
    def test_tells_somebody_wherever_there_is_anybody(
        self, ladder: Ladder, there: set[str], data: st.DataObject
    ) -> None:
        rung = data.draw(st.integers(0, len(ladder.rungs)))
        step = run(ladder, rung, sorted(there))
        on_it = there & set(ladder.rungs)
        assert step.nobody == (not on_it)
        assert bool(step.notified or step.trust) == bool(on_it)
        assert step.wait > 0
        if on_it:
            assert ladder.rungs[step.step - 1] == step.name in on_it

    @given(ladder=LADDERS, there=st.sets(st.sampled_from((*RUNGS, "trust")), min_size=1))
    def test_reaches_the_highest_rung_and_goes_on_ringing_it(
        self, ladder: Ladder, there: set[str]
    ) -> None:
        on_it = [name for name in ladder.rungs if name in there]
        if not on_it:
            return
        rung, seen = 0, []
        for _ in range(len(on_it) + 2):
            step = run(ladder, rung, sorted(there))
            rung = step.step
            seen.append(step.name)
        assert seen == [*on_it, on_it[-1], on_it[-1]]
        assert run(ladder, rung, sorted(there)).wait == ladder.again

    @given(
        ladder=LADDERS, round_=st.integers(2, 9),
        on=st.dictionaries(
            st.sampled_from((*RUNGS, "trust")), st.sets(st.sampled_from(PEOPLE[:3]), min_size=1)
        ),
    )  # fmt: skip
    def test_after_a_promise_is_heard_by_somebody_else_wherever_there_is_anybody(
        self, ladder: Ladder, round_: int, on: dict[str, set[UUID]]
    ) -> None:
        step = climb_again(ladder, round_, lambda name: tuple(sorted(on.get(name, ()))))
        people = set().union(*(on.get(name, ()) for name in ladder.rungs))
        assert step.nobody == (not people)
        told, lowest = {*step.notified, *step.trust}, on.get(ladder.rungs[0], set())
        assert lowest <= told
        assert bool(told - lowest) == bool(people - lowest) or step.trust
        for name in ladder.rungs[: 2 if round_ <= 3 else 3]:
            assert on.get(name, set()) <= told

    def test_tells_the_school_again_with_the_trust(self) -> None:
        step = run(ladders()["immediate"], 4, ("owner", "head", "trust"))
        assert (step.name, step.notified, step.trust) == ("trust", (PEOPLE[0],), (PEOPLE[0],))

    def test_has_a_wait_between_any_two_rungs(self) -> None:
        for ladder in ladders().values():
            assert len(ladder.waits) == len(ladder.rungs) - 1
            assert set(ladder.rungs) <= {*RUNGS, "trust"}
            assert all(wait > 0 for wait in (*ladder.waits, ladder.again))


class TestWhenItRings:
    @given(moment=MOMENTS, calendar=CALENDARS)
    def test_is_at_once_in_danger(self, moment: datetime, calendar: SchoolCalendar) -> None:
        assert rings_at("always", calendar, moment) == moment

    @given(moment=MOMENTS, calendar=CALENDARS)
    def test_is_never_earlier_never_at_night_and_soon(
        self, moment: datetime, calendar: SchoolCalendar
    ) -> None:
        found = rings_at("daily", calendar, moment)
        assert moment <= found <= moment + timedelta(hours=25)
        assert not calendar.is_quiet(found)
        assert (found == moment) == (not calendar.is_quiet(moment))

    @given(moment=MOMENTS, calendar=CALENDARS)
    def test_is_on_a_working_day_where_it_can_wait(
        self, moment: datetime, calendar: SchoolCalendar
    ) -> None:
        found = rings_at("working_days", calendar, moment)
        assert moment <= found <= moment + timedelta(days=7)
        assert not calendar.is_quiet(found)
        assert calendar.is_working_day(calendar.local(found).date())

    @given(moment=MOMENTS, calendar=CALENDARS, rings=st.sampled_from(("daily", "working_days")))
    def test_stays_once_it_is_found(
        self, moment: datetime, calendar: SchoolCalendar, rings: str
    ) -> None:
        found = rings_at(rings, calendar, moment)  # type: ignore[arg-type]
        assert rings_at(rings, calendar, found) == found  # type: ignore[arg-type]

    @pytest.mark.parametrize("night", ["2026-10-25", "2027-03-28"])
    def test_holds_at_every_minute_of_a_night_with_a_clock_change(self, night: str) -> None:
        calendar = SchoolCalendar(quiet_from=time(19), quiet_until=time(7))
        start = datetime.fromisoformat(night).replace(tzinfo=UTC) - timedelta(hours=12)
        ladder = ladders()["today"]
        for minute in range(0, 36 * 60, 7):
            moment = start + timedelta(minutes=minute)
            found = rings_at("daily", calendar, moment)
            assert not calendar.is_quiet(found)
            if found != moment:
                assert calendar.local(found).time() == time(7)
            later = rings_after(ladder, calendar, moment, 30)
            assert later >= moment + timedelta(minutes=30)
