"""However a school loses a person, each open thing has one live owner afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.core import clock
from app.core.words import Role
from app.db.repositories.duty.open_things import OWNED
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.duty.hand_over.commands import settle_school
from tests.api.access.test_conflicts import confirm_all
from tests.api.staffing import end
from tests.owners import HOLDERS, OF_LEADS, Plot, a_plot, orphans_of
from tests.world import Person, School, World

Way = Callable[[Plot, Person], Awaitable[None]]
CASES = ("concern", "action", "share", "referral", "review", "monitoring_alert")
ABOUT_CHILD = tuple(noun for noun in OF_LEADS if noun not in ("role_proposal", "drill", "webhook"))


async def _look(plot: Plot) -> None:
    async with plot.world.work(plot.school.id) as work:
        await settle_school(work)


ENDED_BY = {Role.DSL: Role.HEADTEACHER, Role.SCHOOL_ADMIN: Role.SCHOOL_ADMIN}


async def _end_now(plot: Plot, lost: Person) -> None:
    by = ENDED_BY[lost.role]
    receiver = str(plot.school[Role.DSL].id)
    answer = await end(plot.school, lost.id, lost.role, by, hand_over_to=receiver)
    assert answer.status_code == 200, answer.text


async def _time_is_up(plot: Plot, lost: Person) -> None:
    plot.world.sql(
        "update membership set valid_to = %s where staff_id = %s", clock.now().date(), lost.id
    )
    await _look(plot)


async def _end_by_date(plot: Plot, lost: Person) -> None:
    by = ENDED_BY[lost.role]
    day = clock.now().date() + timedelta(days=3)
    answer = await end(plot.school, lost.id, lost.role, by, on=day.isoformat())
    assert answer.status_code == 200, answer.text
    assert await orphans_of(plot.world, plot.school) == []
    await _time_is_up(plot, lost)


async def _suspend(plot: Plot, lost: Person) -> None:
    plot.world.sql("update staff set suspended_at = now() where id = %s", lost.id)
    await _look(plot)


async def _remove(plot: Plot, lost: Person) -> None:
    plot.world.sql("update staff set removed_at = now() where id = %s", lost.id)
    await _look(plot)


async def _disable(plot: Plot, lost: Person) -> None:
    plot.world.sql("update account set disabled_at = now() where id = %s", lost.id)
    await _look(plot)


async def _demote(plot: Plot, lost: Person) -> None:
    plot.world.sql("update membership set role = 'staff' where staff_id = %s", lost.id)
    await _look(plot)


WAYS: tuple[Way, ...] = (
    _end_now, _time_is_up, _end_by_date, _suspend, _remove, _disable, _demote,
)  # fmt: skip
KEPT_BY_ANYBODY = ("action", "drill", "check_in")
"""What somebody with the plain role of staff goes on with."""
BY_OTHERS = (_end_now, _end_by_date)
"""Ways that nobody in a school has with a head."""


async def _check(plot: Plot, lost: Person, nouns: tuple[str, ...]) -> None:
    left = {noun for noun in nouns if plot.owner_of(noun) == lost.id}
    assert left == set()
    assert await orphans_of(plot.world, plot.school) == []
    async with plot.world.work(plot.school.id) as work:
        assert not (await settle_school(work)).moved, "a second look finds nothing"


class TestEveryWay:
    def test_knows_every_noun_that_has_an_owner(self) -> None:
        told = {noun for nouns in HOLDERS.values() for noun in nouns}
        assert told | {"incomplete_report"} == set(OWNED), "see tests/jobs/test_ladder_registers.py"

    @pytest.mark.parametrize("role", HOLDERS, ids=lambda role: role.value)
    @pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
    async def test_leaves_nothing_with_nobody(
        self, world: World, school: School, way: Way, role: Role
    ) -> None:
        if role is Role.HEADTEACHER and way in BY_OTHERS:
            way = _time_is_up
        lost = await school.person(role)
        plot = await a_plot(world, school, lost, *HOLDERS[role])
        await way(plot, lost)
        keeps = KEPT_BY_ANYBODY if way is _demote else ()
        await _check(plot, lost, tuple(noun for noun in HOLDERS[role] if noun not in keeps))

    async def test_finds_a_conflict_in_the_roster(self, world: World, school: School) -> None:
        lost = await school.person(Role.DSL)
        plot = await a_plot(world, school, lost, *OF_LEADS)
        plot.put(
            "contact", child_id=plot.child, kind="mother", name="Kim", email=lost.email,
            source="mis", created_at=clock.now(), changed_at=clock.now(),
        )  # fmt: skip
        async with world.work(school.id) as work:
            assert await find_conflicts(work)
        await confirm_all(school, plot.child)
        await _check(plot, lost, ABOUT_CHILD)
        assert plot.owner_of("drill") == lost.id, "what is not about the child stays"

    async def test_hears_of_a_conflict(self, world: World, school: School) -> None:
        lost = await school.person(Role.DEPUTY_DSL)
        plot = await a_plot(world, school, lost, *CASES)
        body = {"staff_id": str(lost.id), "child_id": str(plot.child), "reason": "Neighbours."}
        assert (await school.lead.post("/v1/conflicts", body)).status_code == 201
        await _check(plot, lost, CASES)

    async def test_narrows_a_role(self, world: World, school: School) -> None:
        permissions = ["concern:read", "concern:comment", "review:set", "share:write", "alert:read"]
        role = await school.role("carers", *permissions, classes=["K3"])
        lost = await school.holder("carers")
        plot = await a_plot(world, school, lost, "concern", "review", "share")
        body = {"classes": [], "permissions": ["alert:read"]}
        path = f"/v1/roles/{role}"
        refused = await school.lead.patch(path, body, version=1)
        assert refused.json()["code"] == "work_would_be_orphaned"
        body["hand_over_to"] = str(school[Role.DSL].id)  # type: ignore[assignment]
        answer = await school.lead.patch(path, body, version=1)
        assert answer.status_code == 200, answer.text
        await _check(plot, lost, ("concern", "review", "share"))


class TestNobodyLeft:
    async def test_tells_heads_and_administrators_once_a_day(self, world: World) -> None:
        school = await world.a_school(
            [Role.DEPUTY_DSL, Role.STAFF, Role.PASTORAL, Role.GOVERNOR, Role.SCHOOL_ADMIN]
        )
        lost = school[Role.DEPUTY_DSL]
        plot = await a_plot(world, school, lost, "share")
        await _time_is_up(plot, lost)
        await _look(plot)
        alerts = world.sql(
            "select recipient_id, counts from alert where kind = 'nobody_to_own' "
            "and school_id = %s", school.id,
        )  # fmt: skip
        assert alerts == [(school[Role.SCHOOL_ADMIN].id, {"open_shares": 1})]
        assert [one.fault for one in await orphans_of(world, school)] == ["gone"]

    async def test_gives_it_to_whoever_is_appointed(self, world: World) -> None:
        school = await world.a_school([Role.DEPUTY_DSL, Role.STAFF, Role.PASTORAL])
        lost = school[Role.DEPUTY_DSL]
        plot = await a_plot(world, school, lost, "share", "concern")
        await _time_is_up(plot, lost)
        assert plot.owner_of("concern") == school[Role.PASTORAL].id, "any reader before nobody"
        lead = await school.person(Role.DSL)
        await _look(plot)
        assert plot.owner_of("share") == lead.id


class TestNextOwner:
    async def test_is_told_and_kept_in_the_trail(self, world: World, school: School) -> None:
        lost = await school.person(Role.DEPUTY_DSL)
        plot = await a_plot(world, school, lost, *CASES)
        await _time_is_up(plot, lost)
        lead = school[Role.DSL].id
        alerts = world.sql(
            "select kind, counts from alert where recipient_id = %s order by kind", lead
        )
        assert alerts == [
            ("action_assigned", None), ("concern_assigned", None),
            ("work_handed_over", {"open_shares": 1, "open_referrals": 1, "open_reviews": 1,
                                  "open_monitoring_alerts": 1}),
        ]  # fmt: skip
        for noun in CASES:
            details = world.sql(
                "select details from trail where noun_id = %s order by seq desc", plot.ids[noun]
            )[0][0]
            assert details == {"from": str(lost.id), "to": str(lead), "because": "owner_gone"}, noun

    async def test_is_not_who_is_away(self, world: World, school: School) -> None:
        lost, other = await school.person(Role.DEPUTY_DSL), await school.person(Role.DSL)
        plot = await a_plot(world, school, lost, "concern")
        day = clock.now().date()
        plot.put(
            "cover", away_id=school[Role.DSL].id, valid_from=day, created_by=other.id,
            valid_to=day + timedelta(days=2), created_at=clock.now(),
        )  # fmt: skip
        await _time_is_up(plot, lost)
        assert plot.owner_of("concern") == other.id

    async def test_moves_a_thing_once_when_two_look_at_once(
        self, world: World, school: School
    ) -> None:
        lost = await school.person(Role.DEPUTY_DSL)
        plot = await a_plot(world, school, lost, *CASES)
        day = clock.now().date()
        world.sql("update membership set valid_to = %s where staff_id = %s", day, lost.id)
        await asyncio.gather(*(_look(plot) for _ in range(4)))
        for noun in CASES:
            verbs = world.sql("select count(*) from trail where noun_id = %s", plot.ids[noun])
            assert verbs == [(1,)], noun
