"""Alerts about the state of a school, here and in its trust, end once it is put right."""

from pathlib import Path
from typing import Any

import pytest

from app.core import clock
from app.core.alert_ends import NEWS, PARTLY
from app.core.vocabularies.alerts import ALERT_KINDS
from app.core.words import Role
from app.domain.common.alerts.commands import tell
from app.domain.duty.standing_alerts.commands import settle_in_trust
from app.jobs.orphans import settle_one
from tests.api.access.test_conflicts_confirmed import judge, the_one, typed
from tests.api.duty.test_alerts_ended import inbox, waiting
from tests.api.duty.test_cover import cover
from tests.api.duty.test_cover_staff_away import record_absence
from tests.api.duty.test_owners_nobody_here import disable
from tests.api.record.test_concerns import step
from tests.jobs.climbing import MONDAY, a_trust, after, fresh, overdue, tick
from tests.owners import a_plot
from tests.world import Person, School, World

HEAD, LEAD, DEPUTY = Role.HEADTEACHER, Role.DSL, Role.DEPUTY_DSL
DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"


async def look(world: World, school: School) -> None:
    """What the job does in a school, and about it in its trust."""
    await settle_one(world.runtime.database, school.id)
    async with world.work(school.id) as work:
        await settle_in_trust(work)


async def the_ended(world: World, person: Person, kind: str) -> dict[str, Any]:
    """The alert of a kind that somebody had."""
    (card,) = [one for one in await inbox(world, person) if one["kind"] == kind]
    assert card["state"] == "settled"
    assert card["acknowledged_at"] is None
    return card


class TestInATrust:
    async def test_ends_when_the_school_acts(self, world: World, school: School) -> None:
        with clock.frozen(MONDAY):
            leads = await a_trust(world, school)
            concern = await overdue(school)
            for minutes in (15, 20, 30, 45):
                with after(minutes=minutes):
                    await tick(world, school)
            with after(minutes=50):
                await look(world, school)
                assert [await waiting(world, one) for one in leads] == [["school_overdue"]] * 2
                done = await step(fresh(world, school[LEAD]), str(concern), "acknowledge")
                assert done.status_code == 200, done.text
                await look(world, school)
                for lead in leads:
                    assert await waiting(world, lead) == []
                    card = await the_ended(world, lead, "school_overdue")
                    assert card["ended_by"] is None, "nothing of who acted leaves the school"

    async def test_ends_when_the_school_acts_after_its_calendar_changed(
        self, world: World, school: School
    ) -> None:
        """What was counted again goes on ringing; the next clock is another one."""
        with clock.frozen(MONDAY.replace(hour=15)):
            lead, _ = await a_trust(world, school)
            concern = await overdue(school, immediacy="today")
            for hours in (2, 3, 4, 16, 18):
                with after(hours=hours):
                    await tick(world, school)
            with after(hours=18):
                admin = fresh(world, school[Role.SCHOOL_ADMIN])
                address = f"/v1/schools/{school.id}/calendar"
                changed = await admin.patch(address, {"closes": "17:30"}, version=0)
                assert changed.status_code == 200, changed.text
                await look(world, school)
                assert await waiting(world, lead) == ["school_overdue"]
                done = await step(fresh(world, school[LEAD]), str(concern), "acknowledge")
                assert done.status_code == 200, done.text
                await look(world, school)
                assert await waiting(world, lead) == []

    async def test_stays_while_the_school_has_nobody(self, world: World, school: School) -> None:
        lead, _ = await a_trust(world, school)
        await overdue(school, immediacy="today")
        disable(world, school)
        await look(world, school)
        await look(world, school)
        assert await waiting(world, lead) == ["nobody_to_own"]
        await school.person(Role.DSL)
        await look(world, school)
        assert await waiting(world, lead) == []

    async def test_of_another_school_stays(self, world: World, school: School) -> None:
        lead, _ = await a_trust(world, school)
        other = await world.a_school()
        ((trust,),) = world.sql("select parent_id from organisation where id = %s", school.id)
        world.sql("update organisation set parent_id = %s where id = %s", trust, other.id)
        for one in (school, other):
            await overdue(one, immediacy="today")
            disable(world, one)
            await look(world, one)
        await school.person(Role.DSL)
        await look(world, school)
        assert await waiting(world, lead) == ["nobody_to_own"]
        ((about,),) = world.sql(
            "select about_id from alert where recipient_id = %s and ended_at is null", lead.id
        )
        assert about == other.id


class TestInASchool:
    async def test_of_work_without_an_owner_ends_when_somebody_came(
        self, world: World, school: School
    ) -> None:
        await a_plot(world, school, school[DEPUTY], "share")
        disable(world, school, Role.SCHOOL_ADMIN)
        await look(world, school)
        assert await waiting(world, school[Role.SCHOOL_ADMIN]) == ["nobody_to_own"]
        await school.person(Role.DSL)
        await look(world, school)
        await the_ended(world, school[Role.SCHOOL_ADMIN], "nobody_to_own")

    async def test_of_a_day_without_a_lead_ends_when_somebody_is_back(
        self, world: World, school: School
    ) -> None:
        for role in (LEAD, DEPUTY):
            await record_absence(school, role, days=3)
        await look(world, school)
        assert "nobody_on_duty" in await waiting(world, school[HEAD])
        world.sql("update staff_away set ended_at = now() where staff_id = %s", school[LEAD].id)
        await look(world, school)
        await the_ended(world, school[HEAD], "nobody_on_duty")

    async def test_of_a_lost_stand_in_ends_with_the_cover(
        self, world: World, school: School
    ) -> None:
        stand_in = (await school.person(Role.STAFF)).id
        set_ = (await cover(school, school[DEPUTY].id, stand_in, role="deputy_dsl")).json()["id"]
        ((given,),) = world.sql(
            "select id from membership where staff_id = %s and role <> 'staff'", stand_in
        )
        path = f"/v1/staff/{stand_in}/memberships/{given}/end"
        assert (await school.api(HEAD).post(path, {}, version=1)).status_code == 200
        await look(world, school)
        assert "cover_lost" in await waiting(world, school[LEAD])
        ended = await school.lead.post(f"/v1/cover/{set_}/end", {}, version=1)
        assert ended.status_code == 200, ended.text
        await look(world, school)
        await the_ended(world, school[LEAD], "cover_lost")

    async def test_of_a_suggested_conflict_ends_when_it_is_judged(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await typed(school, child, DEPUTY)
        await look(world, school)
        assert "conflict_found" in await waiting(world, school[LEAD])
        one = await the_one(school, child)
        status, _ = await judge(world, fresh(world, school[LEAD]), one["id"])
        assert status == 200
        await look(world, school)
        await the_ended(world, school[LEAD], "conflict_found")


class TestNews:
    """What truly asks nothing: it ends by acknowledging alone."""

    def test_is_a_closed_list_in_the_guide(self) -> None:
        """Whoever adds a kind says here that nothing ends it, or gives it a matter."""
        assert sorted(NEWS) == [
            "access_granted", "calendar_changed", "concern_being_handled", "concern_restricted",
            "concern_thank_you", "concern_told", "cover_set", "head_told", "intake_changed",
            "owner_suspended", "reach_changed", "role_ended", "role_granted",
            "school_export_changed", "school_export_ordered", "second_factor_reset",
            "sessions_ended", "sign_in_changed", "staff_removed", "staff_suspended",
            "telling_changed", "webhook_changed",
        ]  # fmt: skip
        guide = DOCS.read_text()
        listed = guide.split("\n## News\n")[1].split("\n## ")[0]
        assert {kind for kind in ALERT_KINDS.by_code if f"`{kind}`" in listed} == NEWS | PARTLY

    @pytest.mark.parametrize("kind", sorted(set(ALERT_KINDS.by_code) - NEWS - PARTLY))
    async def test_everything_else_has_a_matter(
        self, world: World, school: School, kind: str
    ) -> None:
        async with world.work(school.id) as work:
            with pytest.raises(AssertionError, match=kind):
                tell(work, school[LEAD].id, kind)
