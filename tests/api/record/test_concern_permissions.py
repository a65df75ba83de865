"""What `permissions` of a concern promise is what its doors let in, and the other way round."""

from typing import Any

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.api.record.test_concern_questions import ask, opened
from tests.api.record.test_concerns import a_triage, raise_one, step, triaged
from tests.api.records import a_concern, a_contact
from tests.transfers import moved
from tests.world import Api, School, World

OWN = ["add_attachment", "amend_concern", "record_emergency", "record_with_adult"]
ABOUT = {"adult": {"name": "Mr Zed"}, "reason": "He works here."}


def code(answer: Any) -> tuple[int, Any]:
    """Status and code of an answer."""
    return answer.status_code, answer.json().get("code")


async def may(api: Api, concern: str) -> set[str]:
    """What somebody is promised of a concern."""
    return set((await opened(api, concern))["permissions"])


async def merged(school: School) -> str:
    """A concern of the teacher that was merged into another."""
    child = await school.child()
    one = str((await raise_one(school.staff, child))["id"])
    other = str((await raise_one(school.staff, child))["id"])
    answer = await step(school.lead, one, "merge", {"into": other, "reason": "The same."})
    assert answer.status_code == 200, answer.text
    return one


async def withdrawn(school: School) -> str:
    """A concern of the teacher that two people say was entered in error."""
    concern = await triaged(school)
    await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
    body = {"agree": True, "reason": "So it is."}
    answer = await step(school.api(Role.DEPUTY_DSL), concern, "countersign", body)
    assert answer.json()["state"] == "entered_in_error", answer.text
    return concern


WRONG_PLACE = pytest.mark.parametrize("made", [merged, withdrawn])


class TestOfALockedFile:
    async def test_nothing_is_promised(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        people = {
            "lead": school.lead, "deputy": school.api(Role.DEPUTY_DSL),
            "head": school.api(Role.HEADTEACHER), "reporter": school.staff,
        }  # fmt: skip
        for who, api in people.items():
            assert await may(api, concern), who
        await moved(world, school, other_school, child)
        for who, api in people.items():
            assert await may(api, concern) == set(), who
        refused = await school.staff.post(f"/v1/concerns/{concern}/emergency", {})
        assert code(refused) == (409, "file_locked")

    async def test_a_concern_from_since_and_one_of_a_pupil_here_are_worked_on(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, friend = await school.child("Ada", "Marsh"), await school.child("Bo", "Reed")
        both = await a_concern(school, child, friend)
        await moved(world, school, other_school, child)
        late = await a_concern(school, child)
        for concern in (both, late):
            assert {"triage_concern", "add_comment"} <= await may(school.lead, concern)
            assert await may(school.staff, concern) == set(OWN)

    async def test_what_goes_on_of_a_child_is_promised_alone(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        contact = await a_contact(world, school, child)
        barred = await a_contact(
            world, school, child, kind="father", name="Rob Hay", alleged_source_of_harm=True
        )
        shut = {"merge_child", "open_possible_siblings", "open_possible_duplicates", "add_status",
                "add_relationship"}  # fmt: skip
        path = f"/v1/children/{child}"
        before = set((await school.lead.get(path)).json()["permissions"])
        assert shut <= before
        await moved(world, school, other_school, child)
        assert set((await school.lead.get(path)).json()["permissions"]) == before - shut
        for part in ("possible-siblings", "possible-duplicates"):
            assert code(await school.lead.get(f"{path}/{part}")) == (409, "file_locked")
        found = (await school.lead.get(f"{path}/contacts")).json()["items"]
        assert {one["id"]: one["permissions"] for one in found} == {
            contact: ["update_contact", "end_contact"], barred: ["update_contact"],
        }  # fmt: skip
        merging = {"into": contact, "reason": "The same person."}
        for verb, body in (("merge", merging), ("end", None)):
            answer = await school.lead.post(f"{path}/contacts/{barred}/{verb}", body, version=1)
            assert code(answer) == (409, "file_locked")
        changed = await school.lead.patch(path, {"first_language": "cym"}, version=1)
        assert changed.status_code == 200, changed.text
        assert set(changed.json()["permissions"]) == before - shut


class TestWhileASignatureIsPending:
    async def test_nobody_moves_it(self, school: School) -> None:
        concern = await triaged(school)
        await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        moving = await step(school.lead, concern, "move", ABOUT)
        assert code(moving) == (409, "signature_pending")
        body = a_triage(school[Role.DSL].id, primary_category="allegation_harm_threshold")
        found = await step(school.lead, concern, "triage", body)
        assert code(found) == (409, "signature_pending")
        record = await opened(school.lead, concern)
        assert record["pending"]["kind"] == "withdrawal"
        assert "move_concern" not in record["permissions"]

    async def test_what_an_adult_is_said_to_do_goes_to_the_register_alone(
        self, school: School
    ) -> None:
        concern = await triaged(school)
        await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        added = {
            "kind": "addition", "text": "Mr Zed did it.", "reason": "Asked again.",
            "categories": ["allegation_harm_threshold"],
        }  # fmt: skip
        answer = await school.lead.post(f"/v1/concerns/{concern}/amendments", added)
        assert answer.status_code == 201, answer.text
        record = await opened(school.lead, concern)
        assert (record["state"], record["pending"]["kind"]) == ("triaged", "withdrawal")

    async def test_somebody_can_take_it_over(self, school: School) -> None:
        concern = await triaged(school)
        waits = await step(school.lead, concern, "withdraw", {"reason": "Wrong child."})
        assert "assign_concern" in waits.json()["permissions"]
        assert "assign_concern" in await may(school.lead, concern)
        deputy = str(school[Role.DEPUTY_DSL].id)
        query = f"/v1/possible-owners?about_kind=concern&about_id={concern}"
        able = (await school.lead.get(query)).json()["items"]
        assert deputy in {one["id"] for one in able}
        body = {"owner_id": deputy, "reason": "I am away."}
        given = await step(school.lead, concern, "assign", body)
        assert (given.status_code, given.json()["pending"]["kind"]) == (200, "withdrawal")


class TestOfItsReporter:
    async def test_nothing_is_told_of_what_was_entered_in_error(self, school: School) -> None:
        concern = await withdrawn(school)
        telling = await step(school.lead, concern, "tell-reporter", {"text": "Thank you."})
        assert code(telling) == (409, "concern_ended")
        found = await may(school.lead, concern)
        assert "tell_reporter" not in found
        assert "ask_reporter" in found
        assert (await ask(school.lead, concern)).status_code == 201

    async def test_nobody_asks_or_tells_themselves(self, school: School) -> None:
        concern = str((await raise_one(school.lead, await school.child()))["id"])
        steps = {"ask_reporter", "tell_reporter"}
        assert code(await ask(school.lead, concern)) == (409, "reporter_out_of_reach")
        assert steps.isdisjoint(await may(school.lead, concern))
        after = await step(school.lead, concern, "acknowledge")
        assert steps.isdisjoint(after.json()["permissions"])
        assert steps <= await may(school.api(Role.DEPUTY_DSL), concern)

    async def test_nobody_asks_or_tells_one_who_left(self, world: World, school: School) -> None:
        concern = await triaged(school)
        assert {"ask_reporter", "tell_reporter"} <= await may(school.lead, concern)
        world.sql(
            "update staff set suspended_at = now() where id = %s and school_id = %s",
            school[Role.STAFF].id, school.id,
        )  # fmt: skip
        assert code(await ask(school.lead, concern)) == (409, "reporter_out_of_reach")
        assert {"ask_reporter", "tell_reporter"}.isdisjoint(await may(school.lead, concern))


class TestInTheWrongPlace:
    @WRONG_PLACE
    async def test_no_emergency_is_offered_to_be_refused(self, school: School, made: Any) -> None:
        concern = await made(school)
        for path in ("emergency", "with-adult"):
            body = {"name": "Mr Bell"} if path == "with-adult" else {}
            answer = await school.staff.post(f"/v1/concerns/{concern}/{path}", body)
            assert code(answer) == (409, "concern_ended")
        assert await may(school.staff, concern) == {"add_attachment", "amend_concern"}

    @WRONG_PLACE
    async def test_nothing_is_decided_about_parents(self, school: School, made: Any) -> None:
        concern = await made(school)
        assert "decide_on_parents" not in await may(school.lead, concern)
        body = {"outcome": "not_yet", "reason": "Not now."}
        answer = await school.lead.post(f"/v1/concerns/{concern}/decide-on-parents", body)
        assert code(answer) == (409, "concern_ended")


class TestDecidingOnParents:
    async def test_is_offered_where_it_is_allowed(self, school: School) -> None:
        concern = str((await raise_one(school.staff, await school.child()))["id"])
        assert "decide_on_parents" not in await may(school.staff, concern)
        await self._decided(school, concern)
        await step(school.lead, concern, "triage", a_triage(school[Role.DSL].id))
        await self._decided(school, concern)
        closing = {"outcome": "explained", "reason": "Fine."}
        closed = await step(school.lead, concern, "close", closing)
        assert (closed.json()["state"], "decide_on_parents" in closed.json()["permissions"]) == (
            "closed", True,
        )  # fmt: skip
        await self._decided(school, concern)

    async def _decided(self, school: School, concern: str) -> None:
        assert "decide_on_parents" in await may(school.lead, concern)
        body = {"outcome": "not_yet", "reason": "Not now."}
        answer = await school.lead.post(f"/v1/concerns/{concern}/decide-on-parents", body)
        assert answer.status_code == 201, answer.text


class TestOfAMovedConcern:
    async def test_nothing_is_promised(self, school: School) -> None:
        answer = await step(school.lead, await triaged(school), "move", ABOUT)
        assert (answer.json()["state"], answer.json()["permissions"]) == ("moved_to_adults", [])


class TestWhatIsAskedForAgain:
    """An answer that a reader has is not said to be the same once it promises something else."""

    async def test_is_told_anew_once_its_file_is_locked(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        paths = [f"/v1/concerns/{concern}", f"/v1/children/{child}"]
        first = {path: await school.lead.get(path) for path in paths}
        for path, answer in first.items():
            assert (await again(school.lead, path, answer)).status_code == 304
        await moved(world, school, other_school, child)
        for path, answer in first.items():
            new = await again(school.lead, path, answer)
            assert new.status_code == 200
            assert set(new.json()["permissions"]) < set(answer.json()["permissions"])

    async def test_is_told_anew_to_who_may_less_by_now(self, world: World, school: School) -> None:
        person = await school.holder(await a_reader(school), "Ann Reed")
        api = world.as_token(person.token)
        path = f"/v1/children/{await school.child()}"
        first = await api.get(path)
        assert "update_child" in first.json()["permissions"]
        assert (await again(api, path, first)).status_code == 304
        world.sql(
            "update school_role set permissions = array_remove(permissions, 'child:change')"
            " where school_id = %s", school.id,
        )  # fmt: skip
        new = await again(api, path, first)
        assert new.status_code == 200
        assert "update_child" not in new.json()["permissions"]

    async def test_can_be_changed_by_either_tag_of_its_version(self, school: School) -> None:
        path = f"/v1/children/{await school.child()}"
        read = (await school.lead.get(path)).headers["etag"]
        for tag, body in ((read, {"year_group": "8"}), ('"2"', {"year_group": "9"})):
            done = await school.lead.patch(path, body, headers={"If-Match": tag})
            assert done.status_code == 200, done.text


async def again(api: Api, path: str, answer: Any) -> Any:
    """The same asked for by somebody who has an answer."""
    return await api.get(path, headers={"If-None-Match": answer.headers["etag"]})


async def a_reader(school: School) -> str:
    """A role that opens and changes children."""
    await school.role("record_keeper", "child:search", "child:open", "child:change", classes=["K2"])
    return "record_keeper"


class TestARepeat:
    async def test_may_name_the_version_as_it_was_read_again(self, school: School) -> None:
        path = f"/v1/concerns/{(await raise_one(school.staff, await school.child()))['id']}"
        read = (await school.lead.get(path)).headers["etag"]
        body, key = a_triage(school[Role.DSL].id), new_id().hex
        first, again = [
            await school.lead.post(f"{path}/triage", body, key=key, headers={"If-Match": tag})
            for tag in (read, '"1"')
        ]
        assert (first.status_code, again.status_code) == (200, 200), again.text
        assert "idempotency-replayed" in again.headers
