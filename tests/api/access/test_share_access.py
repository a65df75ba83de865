"""An item of a share is judged by the rule of its own kind, as where it is opened by itself."""

import json
from uuid import UUID

import pytest

from app.core.words import Role
from tests.api.access.test_grants import granted
from tests.api.pathways import a_pathway
from tests.api.records import a_concern, a_share, a_status, classify
from tests.api.referring import an_agency
from tests.api.sharing.test_record_redaction import NURSE, item
from tests.api.sharing.test_shares import an_approved, drafted, step
from tests.kept_safe import a_kept_record
from tests.world import Api, Person, School, World

SHARES = (
    "child:search", "child:open", "chronology:read", "concern:raise", "concern:read",
    "concern:comment", "share:read", "share:write", "agency:read",
)  # fmt: skip


@pytest.fixture
async def colleague(school: School) -> Person:
    """Somebody who shares what is of classes K2 and K3, and reads no records of safety."""
    await school.role("sharer", *SHARES, classes=["K2", "K3"])
    return await school.holder("sharer")


async def codes_of(world: World, person: Person, child: UUID, *items: object) -> list[str]:
    """Why somebody may not put items into a share; empty where they may."""
    answer = await world.as_token(world.token_of(person)).post(
        "/v1/shares", a_share(child, NURSE, items=list(items))
    )
    return [one["code"] for one in answer.json().get("errors", ())]


async def decision_of(school: School, share: str) -> dict[str, str]:
    """The decision by which a share was approved, as an item."""
    read = await school.lead.get(f"/v1/shares/{share}")
    return {"kind": "decision", "id": read.json()["decision_id"]}


async def doors(world: World, api: Api, child: UUID, share: str) -> list[bool]:
    """Whether the list, the look-up, the chronology and what is open about the child tell of it."""
    ((reference,),) = world.sql("select reference from share where id = %s", share)
    answers = [
        await api.get("/v1/shares"),
        await api.post("/v1/look-up", {"q": reference}),
        await api.get(f"/v1/children/{child}/chronology"),
        await api.get(f"/v1/children/{child}/summary"),
    ]
    assert [one.status_code for one in answers] == [200] * 4, [one.text for one in answers]
    return [share in one.text for one in answers]


class TestRecords:
    async def test_are_no_item_of_who_reads_none(
        self, world: World, school: School, colleague: Person
    ) -> None:
        child = await school.child()
        note = await a_kept_record(world, school, child, "support_note", {})
        assert await codes_of(world, colleague, child, item(note)) == ["unknown_item"]

    async def test_stand_behind_the_decision_that_let_them_go(
        self, world: World, school: School, colleague: Person
    ) -> None:
        child = await school.child()
        note = await a_kept_record(world, school, child, "support_note", {})
        share = await an_approved(school, a_share(child, NURSE, items=[item(note)]))
        decision = (await school.lead.get(f"/v1/shares/{share}")).json()["decision_id"]
        behind = {"kind": "decision", "id": decision}
        assert await codes_of(world, colleague, child, behind) == ["unknown_item"]

    async def test_are_not_brought_along_by_a_grant_for_another_child(
        self, world: World, school: School, colleague: Person
    ) -> None:
        child, other = await school.child(), await school.child()
        note = await a_kept_record(world, school, child, "support_note", {})
        await granted(school, colleague, child_id=str(other), classes=["K3"])
        assert await codes_of(world, colleague, child, item(note)) == ["unknown_item"]
        await granted(school, colleague, child_id=str(child), classes=["K3"])
        assert await codes_of(world, colleague, child, item(note)) == ["for_reading_only"]


class TestStatuses:
    async def test_are_seen_by_who_opens_the_child(self, world: World, school: School) -> None:
        await school.role("of_year", *SHARES, classes=["K2", "K3"], cohort_only=True)
        person = await school.holder("of_year", year_groups=["7"])
        reader = world.as_token(world.token_of(person))
        for year, status in (("7", 200), ("9", 403)):
            child = await school.child(year_group=year)
            known = {"kind": "status", "id": await a_status(world, school, child, "K3")}
            share = await drafted(school, a_share(child, NURSE, items=[known]))
            answer = await reader.get(f"/v1/shares/{share['id']}")
            assert answer.status_code == status, answer.text

    async def test_are_brought_along_by_no_grant(self, world: World, school: School) -> None:
        """What is seen for a while neither fills a draft nor tells by what follows from it."""
        child = await school.child()
        status = await a_status(world, school, child, "K4")
        world.sql("update child_status set kind = 'looked_after' where id = %s", status)
        concern = await a_pathway(world, school, child)
        more = ("safety:read", "referral:read", "referral:write")
        await school.role("referrer", *SHARES, *more, classes=["K2", "K3"])
        person = await school.holder("referrer")
        await granted(school, person, child_id=str(child), classes=["K4"])
        body = {
            "child_id": str(child), "agency_id": await an_agency(school, name="Front door"),
            "kind": "other", "urgency": "routine", "prefill": True,
        }  # fmt: skip
        readers = ((school.lead, True), (world.as_token(world.token_of(person)), False))
        for reader, known in readers:
            listed = await reader.get(f"/v1/children/{child}/statuses")
            assert (status in listed.text) is known
            options = (await reader.get(f"/v1/concerns/{concern}/parents-options")).json()
            assert options["facts"]["looked_after"] is known
            draft = (await reader.post("/v1/referrals", body)).json()
            assert ("Looked after" in str(draft["fields"])) is known


class TestWhatStandsBehindADecision:
    async def test_keeps_a_share_out_of_the_list_of_who_is_named_in_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        first = await an_approved(school, a_share(child, NURSE, concern))
        decision = (await school.lead.get(f"/v1/shares/{first}")).json()["decision_id"]
        behind = {"kind": "decision", "id": decision}
        second = (await drafted(school, a_share(child, NURSE, items=[behind])))["id"]
        deputy = school.api(Role.DEPUTY_DSL)
        listed = (await deputy.get("/v1/shares")).json()["items"]
        assert {one["id"] for one in listed} == {first, second}
        named = await school.lead.post(
            f"/v1/concerns/{concern}/named-staff",
            {"staff_id": str(school[Role.DEPUTY_DSL].id), "reason": "It is about them."},
            version=world.version("concern", concern),
        )
        assert named.status_code == 201, named.text
        for share in (first, second):
            assert (await deputy.get(f"/v1/shares/{share}")).status_code == 404
        assert (await deputy.get("/v1/shares")).json()["items"] == []

    @pytest.mark.parametrize("since", ["named", "sealed", "let_go_of"])
    async def test_hides_it_at_every_door(self, world: World, school: School, since: str) -> None:
        """Conditions of lists know what stands behind a decision, as opening does."""
        child, deputy = await school.child(), school[Role.DEPUTY_DSL]
        concern, other = await a_concern(school, child), await a_concern(school, child)
        first = await an_approved(school, a_share(child, NURSE, concern))
        behind = await decision_of(school, first)
        second = await an_approved(school, a_share(child, NURSE, items=[behind]))
        behind = await decision_of(school, second)
        third = await an_approved(school, a_share(child, NURSE, items=[behind]))
        reader = school.api(Role.DEPUTY_DSL)
        assert await doors(world, reader, child, third) == [True] * 4
        if since == "named":
            named = await school.lead.post(
                f"/v1/concerns/{concern}/named-staff",
                {"staff_id": str(deputy.id), "reason": "It is about them."},
                version=world.version("concern", concern),
            )
            assert named.status_code == 201, named.text
        elif since == "sealed":
            await classify(world, concern, "K5")
        else:
            items = json.dumps([{"kind": "concern", "id": other}])
            world.sql("update share set items = %s, decision_id = null where id = %s", items, first)
        assert (await reader.get(f"/v1/shares/{third}")).status_code == 404
        assert await doors(world, reader, child, third) == [False] * 4
        assert await doors(world, school.lead, child, third) == [True] * 4


class TestMovedConcerns:
    async def test_hide_a_share_wherever_it_is_looked_for(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        share = await an_approved(school, a_share(child, NURSE, concern))
        await step(school.lead, share, "revoke", {"reason": "About a colleague."})
        version = world.version("concern", concern)
        moved = await school.lead.post(
            f"/v1/concerns/{concern}/move", {"reason": "A colleague did it."}, version=version
        )
        assert moved.status_code in (200, 204), moved.text
        deputy = school.api(Role.DEPUTY_DSL)
        assert (await deputy.get("/v1/shares")).json()["items"] == []
        answer = await deputy.get(f"/v1/shares/{share}")
        assert (answer.status_code, answer.json()["code"]) == (404, "share_not_found")
