"""What a locked file still lets in, and what of a received one is never believed."""

from datetime import timedelta
from typing import Any

import httpx

from app.core import clock
from app.core.words import Role
from tests.api import referring
from tests.api.records import a_concern, a_contact
from tests.transfers import a_packet, a_record, moved, new_keys, step_of, upload, work_off
from tests.world import School, World


def code_of(answer: httpx.Response) -> tuple[int, Any]:
    """Status and code of an answer."""
    return answer.status_code, answer.json().get("code")


class TestALockedFile:
    async def test_is_not_written_to_through_contacts_siblings_or_drafts(
        self, world: World, school: School, other_school: School
    ) -> None:
        lead = school.lead
        child, sibling = await school.child("Ada", "Marsh"), await school.child("Bo", "Marsh")
        father = await a_contact(
            world, school, child, kind="father", name="Rob", alleged_source_of_harm=True
        )
        mother = await a_contact(world, school, child, kind="mother", name="Kim")
        concern = await a_concern(school, child)
        agency = await referring.an_agency(school)
        body = await referring.a_body(
            school, agency, child_id=str(child), concern_id=concern,
            items=[{"kind": "concern", "id": concern}],
        )  # fmt: skip
        draft = await referring.a_draft(school, body)
        duty = await school.staff.post(
            "/v1/mandatory-reports",
            {"child_id": str(child), "concern_id": concern, "kind": "fgm_report"},
        )
        assert duty.status_code == 201, duty.text
        await moved(world, school, other_school, child)
        path = f"/v1/children/{child}/contacts/{father}"
        cleared = await lead.patch(path, {"alleged_source_of_harm": False}, version=1)
        assert code_of(cleared) == (409, "file_locked")
        readdressed = await lead.patch(path, {"phone": "01632 960001"}, version=1)
        assert code_of(readdressed) == (409, "file_locked"), "it says who may not be told"
        moved_house = await lead.patch(
            f"/v1/children/{child}/contacts/{mother}", {"phone": "01632 960001"}, version=1
        )
        assert moved_house.status_code == 200
        related = await lead.post(
            f"/v1/children/{sibling}/relationships",
            {"other_child_id": str(child), "kind": "sibling"},
        )
        assert code_of(related) == (409, "file_locked")
        states = {
            id_: state
            for id_, state in world.sql(
                "select id::text, state from referral where child_id = %s", child
            )
        }
        assert states == {str(draft): "closed", duty.json()["id"]: "draft"}

    async def test_is_not_unlocked_by_one_who_asked_and_another_long_after(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await moved(world, school, other_school, child)
        path = f"/v1/children/{child}/file-lock/unlock"
        await school.lead.post(path, {"reason": "She is coming back."}, version=1)
        world.sql(
            "update file_lock set asked_at = %s where child_id = %s",
            clock.now() - timedelta(days=8), child,
        )  # fmt: skip
        head = school.api(Role.HEADTEACHER)
        renewed = await head.post(path, {"reason": "What was this about?"}, version=2)
        assert renewed.json()["unlocked_at"] is None
        assert renewed.json()["asked_by"]["id"] == str(school[Role.HEADTEACHER].id)
        done = await school.lead.post(path, {"reason": "She is coming back."}, version=3)
        assert done.json()["unlocked_at"] is not None


class TestAReceivedAttachment:
    async def test_is_served_as_what_it_is_and_not_as_what_was_declared(
        self, world: World, school: School
    ) -> None:
        record = a_record()
        (kept,) = record["records"][0]["attachments"]
        kept.update(content_type="text/html", file_name="../../note.html")
        packet = a_packet(await new_keys(world, school), record=record)
        waiting = (await upload(school.lead, packet)).json()["id"]
        body = {"new_child": True, "signer_checked": "By telephone."}
        accepted = await step_of(school.lead, "incoming-transfers", waiting, "accept", body)
        await work_off(world, school)
        files = await school.lead.get(f"/v1/children/{accepted['child_id']}/received-files")
        (file,) = files.json()["items"]
        (one,) = [one for one in file["records"] if one["kind"] == "concern"]
        path = f"/v1/received-records/{one['id']}"
        (told,) = (await school.lead.get(path)).json()["attachments"]
        assert (told["file_name"], told["content_type"]) == (
            "note.html", "application/octet-stream",
        )  # fmt: skip
        got = await school.lead.get(f"{path}/attachments/{told['id']}")
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.content == b"note."


class TestAnAsker:
    async def test_is_not_offered_to_answer_for_the_other_school(
        self, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        body = {"child_id": str(child), "school_id": str(other_school.id)}
        made = await school.lead.post("/v1/file-requests", body)
        assert (made.status_code, made.json()["permissions"]) == (201, [])
