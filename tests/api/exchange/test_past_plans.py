"""Who hears of a plan: the lead, a second lead for the most confidential class, the head."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Role
from tests.past import Past, codes, csv_of, fates, row, upn
from tests.transfers import moved
from tests.world import World


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


def tasks(past: Past, import_id: str) -> list[tuple[str, UUID, dict[str, Any]]]:
    """Open tasks about an import: kind, owner, facts."""
    return past.sql(
        "select kind, owner_id, facts from task where school_id = %s and about_id = %s"
        " and ended_at is null order by kind", past.school.id, import_id,
    )  # fmt: skip


class TestSomebodyHears:
    async def test_a_lead_has_to_read_each_plan_until_it_is_approved(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        await past.plan(found["id"])
        ((kind, owner, facts),) = tasks(past, found["id"])
        assert (kind, owner, facts["new"]) == ("past_plan", past.school[Role.DSL].id, 1)
        listed = (await past.lead.get("/v1/tasks")).json()["items"]
        assert [one["kind"] for one in listed] == ["past_plan"]
        await past.approve(found["id"])
        assert tasks(past, found["id"]) == []

    async def test_nobody_has_to_read_what_was_only_looked_at(self, past: Past) -> None:
        await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")), plan_only="true")
        assert tasks(past, found["id"]) == []

    async def test_a_lead_hears_of_what_stayed_out(self, past: Past) -> None:
        await past.child(1)
        content = csv_of(row("1", f"upn:{upn(1)}"), row("2", "text:Sam Hill 2011-02-03"))
        found = await past.bring(content)
        ((kind, owner, facts),) = tasks(past, found["id"])
        assert (kind, owner) == ("past_left_out", past.school[Role.DSL].id)
        assert (facts["held"], facts["refused"]) == (1, 0)
        await past.undo(found["id"])
        assert tasks(past, found["id"]) == []

    async def test_the_head_hears_of_rows_about_staff_once(self, past: Past) -> None:
        await past.child(1)
        content = csv_of(row("1", f"upn:{upn(1)}"), row("2", f"upn:{upn(1)}", about_adult="true"))
        found = await past.planned(content)
        await past.plan(found["id"])
        of_head = [one for one in tasks(past, found["id"]) if one[0] == "past_about_staff"]
        head = past.school[Role.HEADTEACHER].id
        assert of_head == [("past_about_staff", head, {"rows": 1, "lines": "3"})]
        again = await past.planned(content)
        assert [one[0] for one in tasks(past, again["id"])] == ["past_plan"], "it is the same file"


class TestTheMostConfidential:
    async def test_needs_a_second_lead(self, past: Past, world: World) -> None:
        await past.child(1)
        second = await past.school.person(Role.DSL)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}", confidentiality="K5")))
        once = await past.approve(found["id"])
        assert (once.status_code, once.json()["state"]) == (200, "planned")
        assert once.json()["approved_by"]["id"] == str(past.school[Role.DSL].id)
        assert "approve_past_import" not in once.json()["permissions"]
        ((kind, owner, _),) = tasks(past, found["id"])
        assert (kind, owner) == ("past_second", second.id)
        twice = await past.approve(found["id"])
        assert (twice.status_code, twice.json()["code"]) == (403, "second_person_needed")
        deputy = await past.approve(found["id"], past.school[Role.DEPUTY_DSL])
        assert deputy.json()["code"] == "past_class_not_read"
        done = await past.approve(found["id"], second)
        assert (done.json()["state"], done.json()["seconded_by"]["id"]) == (
            "approved",
            str(second.id),
        )
        assert tasks(past, found["id"]) == []
        assert (await past.apply(found["id"]))["state"] == "applied"

    async def test_a_new_plan_needs_both_again(self, past: Past) -> None:
        await past.child(1)
        second = await past.school.person(Role.DSL)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}", confidentiality="K5")))
        await past.approve(found["id"])
        answer = await past.lead.request(
            "PATCH", f"/v1/imports/{found['id']}", json={"confidentiality": "K4"},
            headers={"If-Match": f'"{past.version(found["id"])}"'},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        await past.plan(found["id"])
        once = await past.approve(found["id"], second)
        assert (once.json()["state"], once.json()["seconded_by"]) == ("planned", None)


class TestWhatChangedMeanwhile:
    async def test_is_not_approved_by_an_old_plan(self, past: Past) -> None:
        await past.child(1)
        first = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        await past.bring(csv_of(row("1", f"upn:{upn(1)}", text="Without shoes.")))
        refused = await past.approve(first["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_overtaken")
        planned = await past.plan(first["id"])
        assert codes(planned) == {"changed_since_import": 1}

    @pytest.mark.parametrize("applied_first", [True, False])
    async def test_is_planned_again_where_another_import_brings_the_same_rows(
        self, past: Past, applied_first: bool
    ) -> None:
        """Each row is counted once: what the first brought is `unchanged` in the second."""
        await past.child(1)
        rows = [row(str(number), f"upn:{upn(1)}") for number in range(1, 6)]
        first, second = await past.planned(csv_of(*rows[:4])), await past.planned(csv_of(*rows))
        assert (await past.approve(first["id"])).status_code == 200
        if applied_first:
            await past.apply(first["id"])
        refused = await past.approve(second["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_overtaken")
        await past.apply(first["id"])
        answer = await past.lead.request(
            "PATCH", f"/v1/imports/{second['id']}", json={"confidentiality": "K3"},
            headers={"If-Match": f'"{past.version(second["id"])}"'},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert fates(await past.plan(second["id"])) == {"new": 1, "unchanged": 4}
        assert (await past.approve(second["id"])).status_code == 200
        applied = await past.apply(second["id"])
        assert (applied["done"], fates(applied)) == (1, {"new": 1, "unchanged": 4})
        await past.undo(first["id"])
        assert [one[2] for one in past.entries()] == ["5"]

    async def test_is_planned_again_where_another_import_brings_the_same_staff(
        self, past: Past
    ) -> None:
        content = b"source_id,name,email\nT1,Mrs J Bell,\n"
        first, second = [await past.planned(content, "staff") for _ in range(2)]
        assert (fates(first), fates(second)) == ({"new": 1}, {"new": 1})
        await past.approve(first["id"])
        await past.apply(first["id"])
        refused = await past.approve(second["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_overtaken")

    async def test_between_approval_and_its_portion_stays_out(
        self, past: Past, world: World
    ) -> None:
        child = await past.child(1)
        found = await past.planned(csv_of(row("1", f"upn:{upn(1)}")))
        await past.approve(found["id"])
        await moved(world, past.school, await world.a_school(), child)
        applied = await past.apply(found["id"])
        assert (applied["done"], fates(applied)) == (0, {"held": 1})
        assert past.entries() == []

    async def test_a_row_that_changed_comes_in_beside_the_first_where_a_lead_says_so(
        self, past: Past
    ) -> None:
        await past.child(1)
        await past.bring(csv_of(row("1", f"upn:{upn(1)}")))
        first = past.entries()
        changed = csv_of(row("1", f"upn:{upn(1)}", text="Without shoes."))
        held = await past.planned(changed)
        assert fates(held) == {"held": 1}
        answer = await past.lead.request(
            "PATCH", f"/v1/imports/{held['id']}", json={"add_changed": True},
            headers={"If-Match": f'"{past.version(held["id"])}"'},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert fates(await past.plan(held["id"])) == {"new": 1}
        await past.approve(held["id"])
        await past.apply(held["id"])
        added = [one for one in past.entries() if one not in first]
        assert [one[3] for one in added] == ["Without shoes."]
        (links,) = past.sql("select links from past_entry where id = %s", added[0][0])
        assert links[0] == ["amends=concern:1"]
        assert fates(await past.planned(changed)) == {"unchanged": 1}
        await past.undo(held["id"])
        assert past.entries() == first
