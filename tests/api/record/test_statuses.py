"""Statuses of a child: added, shown by class, reviewed, ended."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from app.core import clock
from app.core.words import Role
from tests.around_children import a_pastoral_member, created, listed, verbs
from tests.world import School, World


def a_plan(**fields: Any) -> dict[str, Any]:
    """A child protection plan."""
    return {
        "kind": "child_protection_plan",
        "detail": "NEG",
        "valid_from": "2026-01-10",
        "source": "Conference minutes",
    } | fields


class TestAddStatus:
    async def test_adds_it_and_tells_the_chronology(self, world: World, school: School) -> None:
        child = await school.child()
        made = await created(
            school.lead,
            f"/v1/children/{child}/statuses",
            a_plan(worker={"name": "Pat Lee"}, review_due="2027-01-10"),
        )
        assert made["confidentiality"] == "K4"
        assert made["worker"] == {"name": "Pat Lee", "role": None, "phone": None}
        assert made["added_by"]["id"] == str(school[Role.DSL].id)
        assert verbs(world, made["id"]) == ["status.added"]
        entries = world.sql(
            "select kind, occurred_at::date, late, confidentiality, author_id from chronology_entry"
            " where child_id = %s",
            child,
        )
        assert entries == [("status", date(2026, 1, 10), True, "K4", school[Role.DSL].id)]

    async def test_is_not_late_on_the_next_day(self, world: World, school: School) -> None:
        child = await school.child()
        yesterday = (clock.now().date() - timedelta(days=1)).isoformat()
        body = {"kind": "early_help", "valid_from": yesterday, "source": "Letter"}
        await created(school.lead, f"/v1/children/{child}/statuses", body)
        rows = world.sql("select late from chronology_entry where child_id = %s", child)
        assert rows == [(False,)]

    async def test_refuses_two_at_once_but_where_a_kind_allows(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        ended = a_plan(valid_to="2026-03-01", end_reason="Stepped down")
        await created(school.lead, path, ended)
        answer = await school.lead.post(path, a_plan(valid_from="2026-02-01"))
        assert (answer.status_code, answer.json()["code"]) == (409, "status_overlaps")
        await created(school.lead, path, a_plan(valid_from="2026-03-01"))
        order = {"kind": "court_order", "valid_from": "2026-01-01", "source": "Seen"}
        await created(school.lead, path, order)
        await created(school.lead, path, order)

    async def test_refuses_none_for_one_that_the_writer_cannot_read(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        watched = {"kind": "mappa_contact", "valid_from": "2026-01-01", "source": "Police"}
        await created(school.lead, path, watched)
        deputy = school.api(Role.DEPUTY_DSL)
        own = await created(deputy, path, watched | {"confidentiality": "K3"})
        assert [row["id"] for row in await listed(deputy, path)] == [own["id"]]
        again = await deputy.post(path, watched | {"confidentiality": "K3"})
        assert (again.status_code, again.json()["code"]) == (409, "status_overlaps")
        assert len(await listed(school.lead, path)) == 2

    async def test_keeps_one_of_many_added_at_once(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        answers = await asyncio.gather(*(school.lead.post(path, a_plan()) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"valid_to": "2025-01-01", "end_reason": "x"}, "/valid_to"),
            ({"valid_to": "2026-05-01"}, "/end_reason"),
            ({"detail": "X"}, "/detail"),
            ({"detail": None}, "/detail"),
            ({"kind": "x"}, "/kind"),
            ({"confidentiality": "K6"}, "/confidentiality"),
            ({"worker": {"name": ""}}, "/worker/name"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, school: School, wrong: dict[str, Any], pointer: str
    ) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        answer = await school.lead.post(path, a_plan(**wrong))
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]

    async def test_refuses_a_class_the_writer_cannot_read(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.post(path, a_plan(confidentiality="K5"))).status_code == 403
        await created(deputy, path, a_plan())

    async def test_refuses_who_may_not(self, school: School, other_school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN, Role.HEADTEACHER):
            assert (await school.api(role).post(path, a_plan())).status_code == 403
        assert (await other_school.lead.post(path, a_plan())).status_code == 404


class TestOpenStatuses:
    async def test_shows_each_reader_the_own_classes(self, world: World, school: School) -> None:
        child = await school.child(year_group="7")
        path = f"/v1/children/{child}/statuses"
        for kind in ("fsm", "early_help", "looked_after", "marac", "mappa_contact"):
            body = {"kind": kind, "valid_from": "2026-01-01", "source": "Letter"}
            await created(school.lead, path, body)
        seen = {
            role: {row["kind"] for row in await listed(school.api(role), path)}
            for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
        }
        assert len(seen[Role.DSL]) == 5
        assert seen[Role.DEPUTY_DSL] == seen[Role.HEADTEACHER] == seen[Role.DSL] - {"mappa_contact"}
        pastoral = await a_pastoral_member(world, school, "7")
        assert {row["kind"] for row in await listed(pastoral, path)} == {"fsm", "early_help"}
        assert (await school.api(Role.SCHOOL_ADMIN).get(path)).status_code == 403
        assert verbs(world, child)[-1] == "child.opened"


class TestChangeStatus:
    async def test_reviews_then_ends_once(self, world: World, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/statuses"
        made = await created(school.lead, path, a_plan())
        own = f"{path}/{made['id']}"
        reviewed = await school.lead.patch(own, {"review_due": "2026-06-01"}, version=1)
        assert reviewed.json()["review_due"] == "2026-06-01"
        end = {"valid_to": "2026-05-01", "end_reason": "Stepped down to child in need"}
        ended = await school.lead.patch(own, end, version=2)
        assert ended.json()["valid_to"] == "2026-05-01"
        for changed in ({"valid_to": None}, {"valid_to": "2026-05-02", "end_reason": "x"}):
            assert (await school.lead.patch(own, changed, version=3)).status_code == 409
        noted = await school.lead.patch(own, {"evidence": "Minutes of 1 May"}, version=3)
        assert noted.status_code == 200
        days = world.sql(
            "select occurred_at::date from chronology_entry where child_id = %s order by 1", child
        )
        assert days == [(date(2026, 1, 10),), (date(2026, 5, 1),)]
        assert verbs(world, made["id"]) == ["status.added", *["status.changed"] * 3]

    async def test_needs_a_reason_and_a_day_after_the_beginning(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        own = f"{path}/{(await created(school.lead, path, a_plan()))['id']}"
        for wrong in ({"valid_to": "2026-05-01"}, {"valid_to": "2026-01-01", "end_reason": "x"}):
            assert (await school.lead.patch(own, wrong, version=1)).status_code == 422

    async def test_refuses_stale_hidden_and_forbidden(
        self, school: School, other_school: School
    ) -> None:
        path = f"/v1/children/{await school.child()}/statuses"
        made = await created(school.lead, path, a_plan(confidentiality="K5"))
        own, change = f"{path}/{made['id']}", {"evidence": "x"}
        assert (await school.lead.patch(own, change)).status_code == 428
        assert (await school.lead.patch(own, change, version=4)).status_code == 412
        assert (await school.staff.patch(own, change, version=1)).status_code == 403
        assert (await other_school.lead.patch(own, change, version=1)).status_code == 404
        answer = await school.api(Role.DEPUTY_DSL).patch(own, change, version=1)
        assert (answer.status_code, answer.json()["code"]) == (404, "status_not_found")
