"""What may be shared of a child and with whom: what drafting takes, and what it refuses."""

from typing import Any
from uuid import UUID

import pytest

from app.core.words import Permission, Role
from app.domain.sharing.shareable_parts import queries
from tests.api.access.test_grants import granted
from tests.api.record.test_attachments import attach
from tests.api.records import a_concern, a_contact, a_decision, a_share, a_status, classify
from tests.api.shared import step
from tests.api.sharing.test_parents_guards import REASON, advised, closed
from tests.api.sharing.test_shares import drafted
from tests.deadlines import keep_clocks
from tests.kept_safe import a_kept_record
from tests.security.capture import captured
from tests.transfers import moved
from tests.world import Api, School, World


async def asked(api: Api, child: UUID, **query: str) -> dict[str, Any]:
    """What may be shared, for this reader."""
    answer = await api.get(f"/v1/children/{child}/shareable-parts", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_id(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found["items"]}


def parts(item: dict[str, Any]) -> set[str]:
    """Those that may go."""
    return {one["code"] for one in item["parts"] if one["allowed"]}


async def hide(world: World, school: School, what: str, child: UUID) -> None:
    """Seal a concern of a child that guards telling home in this way."""
    children = [child, await school.child("Sam", "Stone")] if what == "two_families" else [child]
    concern = await a_concern(
        school, categories=["fgm_risk"] if what == "could_endanger" else ["not_sure"],
        children=[{"child_id": str(one), "role": "subject"} for one in children],
    )  # fmt: skip
    if what == "asked_for_privacy":
        body = {"kind": "safety_check", "concern_id": concern,
                "who_must_not_know": {"value": [{"who": "Mum"}]}}  # fmt: skip
        made = await school.lead.post(f"/v1/children/{child}/records", body)
        assert made.status_code == 201, made.text
    elif what == "asked_to_wait":
        await advised(school, concern, says="wait")
    await classify(world, concern, "K5")


class TestItems:
    async def test_are_those_that_drafting_takes(self, world: World, school: School) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child)
        concern = await a_concern(school, child, place="The hall")
        made = {
            concern: "concern",
            await a_status(world, school, child): "status",
            await a_decision(world, school, child): "decision",
            await a_decision(world, school, None, concern): "decision",
        }
        found = await asked(school.lead, child, contact_id=contact)
        assert {one["id"]: one["kind"] for one in found["items"]} == made
        assert all(one["allowed"] and one["reason_code"] is None for one in found["items"])
        item = by_id(found)[concern]
        assert parts(item) == {"account", "place", "categories"}
        assert {one["reason_code"] for one in item["parts"] if not one["allowed"]} == {
            "nothing_written"
        }
        assert item["path"] == f"/v1/concerns/{concern}"
        items = [{"kind": one["kind"], "id": one["id"]} for one in found["items"]]
        recipient = {"via": "contact", "contact_id": contact}
        share = await drafted(school, a_share(child, recipient, items=items))
        assert len(share["items"]) == 4

    async def test_what_was_entered_in_error_says_so_before_approval_does(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await a_decision(world, school, None, concern)
        await a_kept_record(world, school, child, "support_note", {}, concern_id=UUID(concern))
        world.sql(
            "update concern set state = 'entered_in_error', ended_at = now() where id = %s", concern
        )
        keep_clocks(world, school.id, "concern")
        items = (await asked(school.lead, child))["items"]
        assert {item["kind"] for item in items} == {"concern", "decision", "record"}
        for item in items:
            assert (item["allowed"], item["reason_code"]) == (False, "entered_in_error")
            assert item["parts"] == []

    async def test_a_decision_about_telling_is_no_part_that_a_family_reads(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await a_decision(world, school, None, concern)
        for kind, there in (("parent", False), ("social_care", True)):
            found = await asked(school.lead, child, recipient_kind=kind)
            assert ("decisions" in parts(by_id(found)[concern])) == there, kind

    async def test_a_record_needs_a_reason_for_a_family_and_some_never_go(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        written: dict[str, dict[str, Any]] = {
            "safety_check": {"who_must_not_know": {"value": ["mother"]}},
            "parents_decision": {"outcome": "not_yet"},
            "support_note": {},
            "friend_support": {},
        }
        kept = {
            kind: await a_kept_record(world, school, child, kind, content)
            for kind, content in written.items()
        }
        home = by_id(await asked(school.lead, child))
        work = by_id(await asked(school.lead, child, recipient_kind="camhs"))
        assert [(home[kept[kind]]["needs_reason"], home[kept[kind]]["reason_code"])
                for kind in kept] == [
            (True, "must_not_know"), (True, "kept_from_parents"), (True, "told_in_confidence"),
            (False, "stays_here"),
        ]  # fmt: skip
        assert [home[kept[kind]]["allowed"] for kind in kept] == [True, True, True, False]
        assert [work[kept[kind]]["needs_reason"] for kind in kept] == [False] * 4
        assert work[kept["friend_support"]]["reason_code"] == "stays_here"

    async def test_a_file_that_cannot_go_says_why(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        sent = await attach(school.staff, concern)
        assert sent.status_code == 201, sent.text
        (item,) = (await asked(school.lead, child))["items"]
        (file,) = item["attachments"]
        assert (file["id"], file["allowed"], file["reason_code"]) == (sent.json()["id"], True, None)
        world.sql(
            "update attachment set state = 'held', scan_result = 'found' where id = %s", file["id"]
        )
        (item,) = (await asked(school.lead, child))["items"]
        assert item["attachments"][0]["reason_code"] == "held_back"
        body = {"kind": "concern", "id": concern, "attachments": [{"id": file["id"]}]}
        contact = await a_contact(world, school, child)
        recipient = {"via": "contact", "contact_id": contact}
        answer = await school.lead.post("/v1/shares", a_share(child, recipient, items=[body]))
        assert [one["code"] for one in answer.json()["errors"]] == ["held_back"]

    async def test_the_newest_are_answered_and_that_there_are_more(
        self, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "MOST", 2)
        child = await school.child()
        made = [await a_concern(school, child) for _ in range(3)]
        found = await asked(school.lead, child)
        assert [one["id"] for one in found["items"]] == made[:0:-1]
        assert found["more"] is True


class TestRecipients:
    async def test_of_a_kind_are_its_contacts_who_have_not_ended(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        mother = await a_contact(world, school, child)
        worker = await a_contact(world, school, child, kind="social_worker", name="Sam Field")
        gone = await a_contact(world, school, child, name="Al Marsh")
        answer = await school.lead.post(f"/v1/children/{child}/contacts/{gone}/end", version=1)
        assert answer.status_code == 200, answer.text
        for query, expected in (
            ({}, [mother]), ({"recipient_kind": "social_care"}, [worker]),
            ({"contact_id": worker}, [worker]), ({"recipient_kind": "police"}, []),
        ):  # fmt: skip
            found = await asked(school.lead, child, **query)
            assert [one["contact_id"] for one in found["recipients"]] == expected, query
        assert found["recipient_kind"] == "police"
        path = f"/v1/children/{child}/shareable-parts"
        for contact in (gone, str(child)):
            answer = await school.lead.get(path, params={"contact_id": contact})
            assert (answer.status_code, answer.json()["code"]) == (404, "contact_not_found")

    async def test_say_what_sharing_with_them_will_ask(self, world: World, school: School) -> None:
        child = await school.child()
        free = await a_contact(world, school, child)
        barred = await a_contact(
            world, school, child, kind="father", name="Al Marsh", alleged_source_of_harm=True
        )
        concern = await a_concern(school, child)
        people = {one["contact_id"]: one for one in (await asked(school.lead, child))["recipients"]}
        assert [people[one]["takes_two"] for one in (free, barred)] == [False, True]
        assert [people[one]["may_be_told"]["value"] for one in (free, barred)] == [True, False]
        assert [people[one]["allowed"] for one in (free, barred)] == [True, True]
        for contact, status in ((free, 200), (barred, 422)):
            recipient = {"via": "contact", "contact_id": contact}
            share = await drafted(school, a_share(child, recipient, concern))
            answer = await school.lead.post(
                f"/v1/shares/{share['id']}/approve", {"reason": "It helps."}, version=1
            )
            assert answer.status_code == status, answer.text

    async def test_nobody_barred_can_be_told_while_a_pathway_is_open(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        barred = await a_contact(world, school, child, alleged_source_of_harm=True)
        await a_concern(school, child, categories=["self_harm"])
        (person,) = (await asked(school.lead, child))["recipients"]
        assert (person["allowed"], person["reason_code"]) == (False, "telling_blocked")
        recipient = {"via": "contact", "contact_id": barred}
        answer = await school.lead.post("/v1/shares", a_share(child, recipient))
        assert (answer.status_code, answer.json()["code"]) == (403, "telling_blocked")

    async def test_what_guards_telling_home_is_shown_with_who_to_call(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child)
        await a_contact(world, school, child, kind="social_worker", name="Sam Field")
        await a_concern(school, child, categories=["fgm_risk"])
        found = await asked(school.lead, child)
        (mother,) = found["recipients"]
        assert [one["code"] for one in mother["guards"]] == ["could_endanger"]
        assert mother["takes_two"]
        (worker,) = (await asked(school.lead, child, recipient_kind="social_care"))["recipients"]
        assert (worker["guards"], worker["takes_two"]) == ([], False)

    async def test_what_guards_an_item_is_what_approving_asks_of_it(
        self, world: World, school: School
    ) -> None:
        """Also of a concern that has ended: it counts only where it is what goes."""
        child = await school.child()
        mother = await a_contact(world, school, child)
        ended = await a_concern(school, child, categories=["fgm_risk"])
        plain = await a_concern(school, child)
        decision = await a_decision(world, school, None, ended)
        await closed(school, ended)
        found = await asked(school.lead, child, contact_id=mother)
        assert (found["recipients"][0]["guards"], found["recipients"][0]["takes_two"]) == (
            [],
            False,
        )
        items = by_id(found)
        codes = {id_: [guard["code"] for guard in one["guards"]] for id_, one in items.items()}
        assert codes == {ended: ["could_endanger"], decision: ["could_endanger"], plain: []}
        assert items[ended]["guards"][0]["needs"] == ["advice_first", "reason", "second_person"]
        recipient = {"via": "contact", "contact_id": mother}
        for id_, one in items.items():
            item = {"kind": one["kind"], "id": id_}
            share = await drafted(school, a_share(child, recipient, items=[item]))
            assert share["parents"]["guards"] == one["guards"]
            answer = await school.lead.post(
                f"/v1/shares/{share['id']}/approve", {"reason": "It helps."}, version=1
            )
            assert answer.status_code == (409 if one["guards"] else 200), answer.text
        for one in (await asked(school.lead, child, recipient_kind="camhs"))["items"]:
            assert one["guards"] == []


class TestHidden:
    async def test_a_class_that_is_not_read_is_left_out(self, world: World, school: School) -> None:
        child = await school.child()
        sealed, open_one = await a_concern(school, child), await a_concern(school, child)
        status = await a_status(world, school, child, "K5")
        record = await a_kept_record(
            world, school, child, "support_note", {}, concern_id=UUID(sealed)
        )
        await classify(world, sealed, "K5")
        deputy = await asked(school.api(Role.DEPUTY_DSL), child)
        assert [one["id"] for one in deputy["items"]] == [open_one]
        assert sealed not in str(deputy)
        assert {sealed, open_one, status, record} == by_id(await asked(school.lead, child)).keys()

    async def test_no_count_tells_that_something_is_sealed(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Neither a page that is not full nor that there are more, where the rest is sealed."""
        monkeypatch.setattr(queries, "MOST", 2)
        child = await school.child()
        made = [await a_concern(school, child) for _ in range(5)]
        for sealed in (made[0], made[3], made[4]):
            await classify(world, sealed, "K5")
        deputy = await asked(school.api(Role.DEPUTY_DSL), child)
        assert [one["id"] for one in deputy["items"]] == [made[2], made[1]]
        assert deputy["more"] is False
        assert (await asked(school.lead, child))["more"] is True

    @pytest.mark.parametrize("what", ["asked_to_wait", "could_endanger", "asked_for_privacy"])
    async def test_guards_that_are_hidden_have_one_form(
        self, world: World, school: School, what: str
    ) -> None:
        """What each needs would tell what a sealed concern holds."""
        child = await school.child()
        mother = await a_contact(world, school, child)
        await hide(world, school, what, child)
        deputy = school.api(Role.DEPUTY_DSL)
        (person,) = (await asked(deputy, child))["recipients"]
        (guard,) = person["guards"]
        every = ["advice_first", "reason", "second_person"]
        assert (guard["code"], guard["until"], guard["concern_id"]) == ("not_shown", None, None)
        assert guard["needs"] == guard["missing"] == every
        assert person["takes_two"]
        concern = await a_concern(school, child)
        share = a_share(child, {"via": "contact", "contact_id": mother}, concern)
        drafted_one = (await deputy.post("/v1/shares", share)).json()
        assert drafted_one["parents"]["guards"] == [guard]
        answer = await step(deputy, drafted_one["id"], "approve", REASON)
        if what == "asked_for_privacy":
            assert answer.status_code == 200, answer.text
            return
        assert answer.status_code == 409, answer.text
        assert answer.json()["guards"] == [{**guard, "missing": ["advice_first"]}]
        assert [one.partition(":")[0] for one in answer.json()["give"]] == [
            "Write down who advised you, when, and what they said"
        ]

    async def test_a_guard_that_is_hidden_and_needs_nothing_is_left_out(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child)
        await hide(world, school, "two_families", child)
        (lead,) = (await asked(school.lead, child))["recipients"]
        assert [one["code"] for one in lead["guards"]] == ["two_families"]
        (person,) = (await asked(school.api(Role.DEPUTY_DSL), child))["recipients"]
        assert (person["guards"], person["takes_two"]) == ([], False)

    async def test_what_a_grant_alone_shows_is_for_reading(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        sealed = await a_concern(school, child)
        await classify(world, sealed, "K5")
        await granted(school, school[Role.DEPUTY_DSL], concern_id=sealed)
        (item,) = (await asked(school.api(Role.DEPUTY_DSL), child))["items"]
        assert (item["allowed"], item["reason_code"]) == (False, "for_reading_only")
        assert item["parts"] == item["attachments"] == []

    async def test_nothing_of_another_child(self, world: World, school: School) -> None:
        child, other = await school.child(), await school.child("Sam", "Stone")
        await a_concern(school, other)
        await a_status(world, school, other)
        await a_contact(world, school, other)
        found = await asked(school.lead, child)
        assert (found["items"], found["recipients"]) == ([], [])

    async def test_who_may_not_share_opens_nothing(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        path = f"/v1/children/{child}/shareable-parts"
        for role in (Role.STAFF, Role.PASTORAL, Role.HEADTEACHER, Role.SCHOOL_ADMIN, Role.GOVERNOR):
            answer = await school.api(role).get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing"), role
        assert (await other_school.lead.get(path)).status_code == 404
        assert (await other_school.staff.get(path)).status_code == 403
        deputy = school.api(Role.DEPUTY_DSL)
        body = {"child_id": str(child), "reason": "My nephew."}
        assert (await deputy.post("/v1/conflicts", body)).status_code == 201
        assert (await deputy.get(path)).json()["code"] == "conflict_of_interest"
        _, token = await world.a_service_key(school.id, Permission.CHILD_SEARCH)
        assert (await Api(world, token).get(path)).status_code == 403

    async def test_of_a_file_that_has_gone_to_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        contact = await a_contact(world, school, child)
        await a_concern(school, child)
        await moved(world, school, other_school, child)
        drafting = await school.lead.post(
            "/v1/shares", a_share(child, {"via": "contact", "contact_id": contact})
        )
        looking = await school.lead.get(f"/v1/children/{child}/shareable-parts")
        for answer in (drafting, looking):
            assert (answer.status_code, answer.json()["code"]) == (409, "file_locked")


class TestTrace:
    async def test_is_one_look(self, world: World, school: School) -> None:
        child = await school.child()
        await a_concern(school, child)
        last = world.sql("select max(seq) from trail where school_id = %s", school.id)[0][0]
        await asked(school.lead, child)
        rows = world.sql(
            "select verb, child_id, details ->> 'part' from trail where school_id = %s "
            "and seq > %s", school.id, last,
        )  # fmt: skip
        assert rows == [("child.opened", child, "shareable_parts")]

    async def test_asks_the_same_number_of_statements_however_much_there_is(
        self, world: World, school: School
    ) -> None:
        little, much = await school.child(), await school.child("Sam", "Stone")
        for child, number in ((little, 1), (much, 6)):
            for _ in range(number):
                await a_concern(school, child)
                await a_contact(world, school, child)
                await a_contact(world, school, child, alleged_source_of_harm=True)
        counted = []
        for child in (little, much):
            async with captured(world) as statements:
                await asked(school.lead, child)
            counted.append(len(statements))
        assert counted[0] == counted[1], counted
