"""Records of keeping a child safe as they leave: in shares, transfers and printed chronologies."""

import json
from typing import Any
from uuid import UUID

import pytest

from app.core.ids import new_id
from app.core.vocabularies import codes
from app.core.words import Role
from app.domain.access.share_access import rules as share_rules
from app.jobs.documents import make_document
from app.jobs.queue import build_queue
from app.jobs.runner import Run
from tests.api.record.test_concerns import a_triage
from tests.api.records import a_concern, a_contact, a_share
from tests.api.sharing.test_shares import approve, drafted
from tests.api.sharing.test_transfer_packets import bytes_of, files_of, packed, passphrase_of
from tests.kept_safe import FRIENDS_NUMBER, NUMBER, a_kept_record, a_plan, kinds_kept
from tests.outgoing import texts_of_json, texts_of_pdf
from tests.transfers import adapters_of, upload, work_off
from tests.world import School, World

NURSE = {
    "via": "professional", "kind": "health", "name": "Perpetua Bonnefoy", "job_title": "Nurse",
    "organisation": "Clinic",
}  # fmt: skip
CHECK = {
    "asked_directly": {"value": "yes"},
    "thinking_now": {"value": "Sometimes at night, says zqchildqz."},
    "who_must_not_know": {"value": "My dad must not know. zqmustnotqz"},
}
FRIEND = "Zebedee Quillfeather"


async def told(school: School, share: str) -> dict[str, Any]:
    """What a recipient would get of a share."""
    answer = await school.lead.get(f"/v1/shares/{share}/snapshot")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def item(record: str, **more: Any) -> dict[str, Any]:
    """A record chosen for a share."""
    return {"kind": "record", "id": record, **more}


async def family_of(world: World, school: School, child: UUID) -> dict[str, Any]:
    """A mother, as a recipient."""
    contact = await a_contact(world, school, child)
    return {"via": "contact", "contact_id": contact}


class TestShares:
    async def test_give_one_chosen_record_to_a_professional(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        chosen = await a_kept_record(world, school, child, "safety_check", CHECK)
        await a_kept_record(world, school, child, "support_note", {"worries": "zqothernoteqz"})
        share = (await drafted(school, a_share(child, NURSE, items=[item(chosen)])))["id"]
        assert (await approve(school.lead, share)).status_code == 200
        content = await told(school, share)
        (one,) = content["items"]
        assert (one["kind"], one["record"]) == ("record", "safety_check")
        assert one["content"] == CHECK
        assert one["vocabulary_status"] == "draft vocabulary, not yet clinically reviewed"
        assert "zqothernoteqz" not in json.dumps(content)
        document = await school.lead.get(f"/v1/shares/{share}/document.pdf")
        pages = " ".join(" ".join(texts_of_pdf(document.content)).split())
        assert "zqchildqz" in pages
        assert "not yet clinically reviewed" in pages

    async def test_t13_name_no_helping_pupil_and_keep_every_number_of_adults(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child(*FRIEND.split())
        plan = await a_kept_record(
            world, school, child, "safety_plan", a_plan(friend, FRIEND),
            f"Safety plan with {FRIEND}.",
        )  # fmt: skip
        share = (await drafted(school, a_share(child, NURSE, items=[item(plan)])))["id"]
        await approve(school.lead, share)
        content = (await told(school, share))["items"][0]["content"]
        names = [(one["name"], one["number"]) for one in content["steps"]["helpers"]]
        assert names == [("Ms Okafor", NUMBER), ("another pupil", None)]
        assert content["steps"]["services"][0]["number"] == "0800 1111"
        text = json.dumps(content)
        for secret in ("Zebedee", "Quillfeather", FRIENDS_NUMBER, str(friend), "pupil_id"):
            assert secret not in text, secret

    async def test_t13_hide_a_pupil_who_is_named_by_id_alone_or_around_the_child(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child(*FRIEND.split())
        content = {"worries": {"value": "Zebedee knows."}, "others": [{"child_id": str(friend)}]}
        note = await a_kept_record(world, school, child, "support_note", content)
        share = (await drafted(school, a_share(child, NURSE, items=[item(note)])))["id"]
        await approve(school.lead, share)
        found = (await told(school, share))["items"][0]["content"]
        assert found == {"worries": {"value": "another pupil knows."}, "others": [{}]}

    async def test_t30_give_a_parent_nothing_without_a_decision_for_that_record(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        check = await a_kept_record(world, school, child, "safety_check", CHECK)
        plan = await a_kept_record(world, school, child, "safety_plan", a_plan(None, FRIEND))
        mother = await family_of(world, school, child)
        body = a_share(child, mother, items=[item(check), item(plan)])
        share = (await drafted(school, body))["id"]
        refused = await approve(school.lead, share)
        assert refused.status_code == 422
        found = {one["pointer"]: one["code"] for one in refused.json()["errors"]}
        assert found == {
            "/items/0/reason": "must_not_know", "/items/1/reason": "told_in_confidence",
        }  # fmt: skip

    async def test_t30_tell_the_family_the_record_and_never_the_reason(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        plan = await a_kept_record(world, school, child, "safety_plan", a_plan(None, FRIEND))
        mother = await family_of(world, school, child)
        chosen = item(plan, reason="She helps him at home. zqreasonqz")
        share = (await drafted(school, a_share(child, mother, items=[chosen])))["id"]
        answer = await approve(school.lead, share)
        assert answer.status_code == 200, answer.text
        content = await told(school, share)
        text = json.dumps(content)
        assert "zqreasonqz" not in text
        assert "zqstaffnoteqz" not in text
        assert FRIENDS_NUMBER not in text
        helpers = content["items"][0]["content"]["steps"]["helpers"]
        assert helpers[0]["name"] == "Ms Okafor"
        assert content["items"][0]["recorded_by"]["name"] == "a member of staff"

    @pytest.mark.parametrize("kind", sorted({"friend_support", "affected_person", "unheard_of"}))
    async def test_never_take_what_is_about_a_friend_a_death_or_something_unknown(
        self, world: World, school: School, kind: str
    ) -> None:
        child = await school.child()
        kept = await a_kept_record(world, school, child, kind, {"offered": "A talk."})
        answer = await school.lead.post("/v1/shares", a_share(child, NURSE, items=[item(kept)]))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "stays_here")

    async def test_know_no_record_of_another_child_or_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, other = await school.child(), await school.child()
        theirs = await a_kept_record(world, school, other, "support_note", {})
        foreign = await a_kept_record(
            world, other_school, await other_school.child(), "support_note", {}
        )
        for id_ in (theirs, foreign, str(new_id())):
            answer = await school.lead.post("/v1/shares", a_share(child, NURSE, items=[item(id_)]))
            assert answer.json()["errors"][0]["code"] == "unknown_item"

    async def test_hide_a_sealed_record_from_who_does_not_read_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        kept = await a_kept_record(world, school, child, "support_note", {}, confidentiality="K5")
        body = a_share(child, NURSE, items=[item(kept)])
        answer = await school.api(Role.DEPUTY_DSL).post("/v1/shares", body)
        assert answer.json()["errors"][0]["code"] == "unknown_item"


class TestKinds:
    def test_are_each_decided_to_leave_or_to_stay(self) -> None:
        kinds = set(kinds_kept())
        assert {"safety_check", "safety_plan", "friend_support"} <= kinds
        assert kinds - share_rules.GOES == {"friend_support"}

    def test_that_leave_have_a_label(self) -> None:
        assert codes("safety_record_kinds") >= share_rules.GOES


class TestTransfers:
    async def test_t13_take_the_records_with_the_child_and_nobody_elses_name(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        friend = await school.child(*FRIEND.split())
        lead = str(school[Role.DSL].id)
        await a_kept_record(
            world, school, child, "safety_plan", a_plan(friend, FRIEND),
            f"Safety plan with {FRIEND}.",
        )  # fmt: skip
        await a_kept_record(world, school, child, "support_plan", {"adult_id": lead})
        await a_kept_record(world, school, child, "friend_support", {"offered": "zqfriendqz"})
        transfer = await packed(world, school, child)
        packet = await bytes_of(school, transfer["id"])
        phrase = await passphrase_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=phrase)
        record = json.loads(files["record.json"])
        kept = {
            one["content"]["record"]: one
            for one in record["records"]
            if one["kind"] == "safety_record"
        }
        assert set(kept) == {"safety_plan", "support_plan"}
        helpers = kept["safety_plan"]["content"]["content"]["steps"]["helpers"]
        assert [(one["name"], one["number"]) for one in helpers] == [
            ("Ms Okafor", NUMBER), ("another pupil", None),
        ]  # fmt: skip
        assert kept["safety_plan"]["summary"] == "Safety plan with another pupil."
        assert kept["support_plan"]["content"]["content"]["adult"]["name"]
        read = [*texts_of_json(files["record.json"]), *texts_of_pdf(files["file.pdf"])]
        everything = "\n".join(read)
        for secret in ("Zebedee", "Quillfeather", FRIENDS_NUMBER, str(friend), "zqfriendqz"):
            assert secret not in everything, secret
        assert NUMBER in " ".join(" ".join(texts_of_pdf(files["file.pdf"])).split())
        await self.is_read_there(world, other_school, packet, phrase)

    async def is_read_there(self, world: World, there: School, packet: bytes, phrase: str) -> None:
        """The receiving school keeps each record as it came, in its chronology too."""
        incoming = (await upload(there.lead, packet, phrase)).json()
        child = await there.child("Ada", "Marsh")
        body = {"child_id": str(child), "signer_checked": "By telephone."}
        version = (await there.lead.get(f"/v1/incoming-transfers/{incoming['id']}")).headers["etag"]
        await there.lead.post(
            f"/v1/incoming-transfers/{incoming['id']}/accept", body, version=version.strip('"')
        )
        await work_off(world, there)
        (file,) = (await there.lead.get(f"/v1/children/{child}/received-files")).json()["items"]
        ids = [one["id"] for one in file["records"] if one["kind"] == "safety_record"]
        found = [(await there.lead.get(f"/v1/received-records/{id_}")).json() for id_ in ids]
        assert {one["content"]["record"] for one in found} == {"safety_plan", "support_plan"}
        chronology = (await there.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert "Safety plan with another pupil." in json.dumps(chronology)

    async def test_leave_sealed_ones_where_nobody_chose_them(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_kept_record(
            world, school, child, "support_note", {"worries": "zqsealedqz"}, confidentiality="K5"
        )
        transfer = await packed(world, school, child)
        staying = (await school.lead.get(f"/v1/transfers/{transfer['id']}/contents")).json()
        assert [one["reason_code"] for one in staying["stays"] if one["kind"] == "record"] == [
            "sealed"
        ]
        packet = await bytes_of(school, transfer["id"])
        _, files = files_of(packet, passphrase=await passphrase_of(school, transfer["id"]))
        assert b"zqsealedqz" not in files["record.json"]


class TestChronology:
    @pytest.mark.parametrize("of_concern", [False, True])
    async def test_is_printed_with_the_summaries_alone(
        self, world: World, school: School, of_concern: bool
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        version = world.version("concern", concern)
        told = a_triage(school[Role.DSL].id)
        answer = await school.lead.post(f"/v1/concerns/{concern}/triage", told, version=version)
        assert answer.status_code == 200, answer.text
        more: dict[str, Any] = {"concern_id": UUID(concern)} if of_concern else {}
        await a_kept_record(
            world, school, child, "safety_check", CHECK, "Spoke with the pupil. zqsummaryqz", **more
        )
        await a_kept_record(
            world, school, child, "friend_support", {}, "Support for a friend. zqfriendqz", **more
        )
        asked = {"purpose": "conference", "purpose_detail": "For Thursday."}
        answer = await school.lead.post(f"/v1/children/{child}/chronology-documents", asked)
        job = answer.json()["id"]
        adapters = adapters_of(world)
        run = Run(adapters, build_queue(adapters), {"school_id": str(school.id), "job_id": job})
        await make_document(run)
        done = (await school.lead.get(f"/v1/jobs/{job}")).json()
        pages = "\n".join(texts_of_pdf((await school.lead.get(done["result"])).content))
        kept = (await school.lead.get(f"/v1/documents/{job}/document.json")).text
        for text in (pages, kept):
            assert "zqsummaryqz" in text
            for secret in ("zqfriendqz", "zqchildqz", "zqmustnotqz"):
                assert secret not in text, secret
