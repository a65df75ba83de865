"""An entry of the chronology is as strict as what it tells: its kind's own chain decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.words import Permission, Role
from tests.api.access.test_grants import a_grant
from tests.api.record.test_reviews import complete, of_child
from tests.api.records import a_concern, classify
from tests.api.safety.test_safety_checks import keep
from tests.owners import Plot
from tests.world import Api, School, World


async def kinds(api: Api, child: UUID) -> list[str]:
    """The kinds of entry that the reader is shown."""
    answer = await api.get(f"/v1/children/{child}/chronology")
    assert answer.status_code == 200, answer.text
    return [one["kind"] for one in answer.json()["items"]]


def in_cohort(world: World, school: School, child: UUID) -> None:
    """The pastoral member works with the child's year group."""
    world.sql("update child set year_group = '7' where id = %s", child)
    world.sql(
        "update membership set cohort = %s where staff_id = %s",
        '{"year_groups": ["7"], "registration_groups": []}', school[Role.PASTORAL].id,
    )  # fmt: skip


class TestWhoSeesAnEntry:
    async def test_follows_a_review_that_was_made_stricter(self, school: School) -> None:
        child, deputy = await school.child(), school.api(Role.DEPUTY_DSL)
        every = {"count": 6, "unit": "school_weeks"}
        review = await of_child(school, child_id=str(child), every=every)
        assert (await complete(school.lead, review["id"])).is_success
        assert await kinds(deputy, child) == ["review"]
        answer = await school.lead.patch(
            f"/v1/reviews/{review['id']}", {"confidentiality": "K5"}, version=2
        )
        assert answer.is_success, answer.text
        assert (await deputy.get(f"/v1/reviews/{review['id']}")).status_code == 404
        assert await kinds(deputy, child) == []
        assert await kinds(school.lead, child) == ["review"]

    async def test_shows_no_record_to_who_reads_no_records(
        self, world: World, school: School
    ) -> None:
        child, pastoral = await school.child(), school.api(Role.PASTORAL)
        in_cohort(world, school, child)
        concern = await a_concern(school, child)
        kept = await keep(school.lead, child, concern_id=concern)
        await classify(world, concern, "K2")
        assert "concern" in await kinds(pastoral, child)
        refused = await pastoral.get(f"/v1/children/{child}/records/{kept['id']}")
        assert refused.status_code in (403, 404)
        assert "safety_record" not in await kinds(pastoral, child)
        assert "safety_record" in await kinds(school.lead, child)

    async def test_shows_no_status_to_who_was_granted_the_child(self, school: School) -> None:
        child, teacher = await school.child(), school[Role.STAFF]
        status: dict[str, Any] = {
            "kind": "early_help", "source": "Letter",
            "valid_from": (clock.now() - timedelta(days=3)).date().isoformat(),
        }  # fmt: skip
        assert (await school.lead.post(f"/v1/children/{child}/statuses", status)).is_success
        grant = a_grant(teacher, child_id=str(child), classes=["K2", "K3", "K4"])
        assert (await school.lead.post("/v1/access/grants", grant)).is_success
        listed = await school.staff.get(f"/v1/children/{child}/statuses")
        assert listed.status_code == 200, listed.text
        assert listed.json()["items"] == []
        assert "status" not in await kinds(school.staff, child)
        assert "status" in await kinds(school.lead, child)

    async def test_asks_each_record_and_no_further_permission(
        self, world: World, school: School
    ) -> None:
        """A role that reads statuses and comings but no concerns: neither more nor less here."""
        child = await school.child()
        concern = await a_concern(school, child)
        status = {"kind": "early_help", "source": "Letter", "valid_from": "2026-01-10"}
        assert (await school.lead.post(f"/v1/children/{child}/statuses", status)).is_success
        lead = school[Role.DSL].id
        past = Plot(world, school, child).plant("past_entry", lead)
        world.sql(
            "insert into chronology_entry (school_id, id, child_id, occurred_at, kind, thing_id,"
            " occurred_precision, recorded_at, late, confidentiality, author_id, author_role)"
            " values (%s, %s, %s, now(), 'past_entry', %s, 'about', now(), false, 'K3', %s, 'dsl')",
            school.id, past, child, past, lead,
        )  # fmt: skip
        assert sorted(await kinds(school.lead, child)) == ["concern", "past_entry", "status"]
        await school.role(
            "attendance_lead", Permission.CHILD_OPEN, Permission.CHRONOLOGY_READ,
            classes=["K2", "K3", "K4"],
        )  # fmt: skip
        api = world.as_token((await school.holder("attendance_lead")).token)
        for path in (f"/v1/concerns/{concern}", f"/v1/past-entries/{past}"):
            assert (await api.get(path)).status_code == 403
        assert sorted(await kinds(api, child)) == ["status"]
