"""A child's file on its way to another school of this server: prepared, sent, received, locked."""

from typing import Any
from uuid import uuid4

from app.core.pointers import pointer
from app.core.words import Role
from tests.api.records import a_concern, a_contact, a_status, classify, verbs_about
from tests.meetings import a_meeting
from tests.transfers import (
    approved,
    arrived,
    elsewhere,
    moved,
    opened,
    prepared,
    step,
    step_of,
    to_school,
    work_off,
)
from tests.world import School, World


class TestTheWholeWay:
    async def test_brings_the_file_to_the_other_school_and_locks_it_here(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child, text="A bruise on the left arm.")
        await a_status(world, school, child)
        await a_contact(world, school, child)
        transfer_id, there = await moved(world, school, other_school, child)
        sent = await opened(school.lead, transfer_id)
        assert sent["state"] == "locked"
        assert sent["receipt"]["manifest_sha256"] == sent["packet"]["manifest_sha256"]
        traced = verbs_about(world, transfer_id)
        assert [verb for verb in traced if verb != "transfer.opened"] == [
            "transfer.prepared", "transfer.approved", "transfer.packed", "transfer.sent",
            "transfer.delivered", "transfer.receipted",
        ]  # fmt: skip
        files = await other_school.lead.get(f"/v1/children/{there}/received-files")
        (file,) = files.json()["items"]
        assert file["origin"]["name"] == school.name
        kinds = {one["kind"] for one in file["records"]}
        assert kinds == {"front_sheet", "concern", "status", "decision"}
        told = next(one for one in file["records"] if one["kind"] == "concern")
        record = await other_school.lead.get(f"/v1/received-records/{told['id']}")
        assert record.json()["content"]["account"][0]["text"] == "A bruise on the left arm."
        chronology = await other_school.lead.get(f"/v1/children/{there}/chronology")
        (row,) = [one for one in chronology.json()["items"] if "bruise" in (one["summary"] or "")]
        writer = school[Role.STAFF].name
        assert row["author"] == {"id": None, "name": writer, "role": None}
        received = row["received"]
        assert (received["school"], received["author_name"]) == (school.name, writer)
        assert (received["record_kind"], received["author_role"]) == ("concern", "staff")
        assert row["recorded_at"] == received["recorded_at"]
        assert received["recorded_at"] < received["accepted_at"]
        assert received["accepted_by"]["id"] == str(other_school[Role.DSL].id)
        assert row["late"] is False
        refused = await school.lead.post(
            f"/v1/concerns/{concern}/comments", {"text": "Anything new?"}
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "file_locked")

    async def test_closes_here_what_the_other_school_goes_on_with(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, friend = await school.child("Ada", "Marsh"), await school.child("Bo", "Lund")
        alone = await a_concern(school, child)
        both = await a_concern(school, child, friend)
        await moved(world, school, other_school, child)
        found = dict(
            world.sql("select id::text, state from concern where id in (%s, %s)", alone, both)
        )
        assert found == {alone: "closed", both: "raised"}
        answer = await school.lead.post(f"/v1/concerns/{both}/comments", {"text": "Still here."})
        assert answer.status_code == 201

    async def test_tells_nobody_anything_but_whose_file_it_is_before_it_is_accepted(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child, text="A bruise on the left arm.")
        _, incoming = await arrived(world, school, other_school, child)
        content = (await other_school.lead.get(f"/v1/incoming-transfers/{incoming}")).text
        assert "Ada Marsh" in content
        assert "bruise" not in content
        kept = world.sql(
            "select row_to_json(t)::text from incoming_transfer t where id = %s", incoming
        )
        assert "bruise" not in kept[0][0]
        alerts = await other_school.lead.get("/v1/alerts?state=open")
        (alert,) = [one for one in alerts.json()["items"] if one["kind"] == "transfer_arrived"]
        assert alert["about"] == pointer("incoming_transfer", incoming)


class TestApproval:
    async def test_of_one_lead_is_told_to_the_others(
        self, world: World, school: School, other_school: School
    ) -> None:
        """Each is alerted of each file, and mailed once until they have read it."""
        near, ids = await school.person(Role.DEPUTY_DSL), []
        for _ in range(2):
            child = await school.child()
            said = {"child_id": str(child), "reason": "My niece."}
            declared = await world.as_token(near.token).post("/v1/conflicts", said)
            assert declared.status_code == 201, declared.text
            ids.append((await prepared(school, to_school(child, other_school)))["id"])
            assert (await approved(school, ids[-1]))["state"] == "approved"
        told = world.sql(
            "select recipient_id, thing_id::text from alert where kind = 'transfer_approved'"
            " and school_id = %s", school.id,
        )  # fmt: skip
        others = [school[role].id for role in (Role.DEPUTY_DSL, Role.HEADTEACHER)]
        assert set(told) == {(person, id_) for person in others for id_ in ids}
        assert len(told) == 4
        mails = world.sql(
            "select distinct mail from alert where kind = 'transfer_approved' and school_id = %s",
            school.id,
        )
        assert mails == [("digest",)]


class TestPrepareTransfer:
    async def test_refuses_a_second_one_for_the_same_child(
        self, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await prepared(school, to_school(child, other_school))
        again = await school.lead.post("/v1/transfers", to_school(child, other_school))
        assert (again.status_code, again.json()["code"]) == (409, "transfer_exists")

    async def test_refuses_a_file_that_another_school_has(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        gone, _ = await moved(world, school, other_school, child)
        for body in (to_school(child, other_school), elsewhere(child)):
            refused = await school.lead.post("/v1/transfers", body)
            assert (refused.status_code, refused.json()["code"]) == (409, "file_locked")
            (problem,) = refused.json()["errors"]
            assert problem["pointer"] == "/child_id"
            assert gone in problem["detail"]
        path, reason = f"/v1/children/{child}/file-lock/unlock", "It has to go on from here."
        for version, api in enumerate((school.lead, school.api(Role.HEADTEACHER)), 1):
            answer = await api.post(path, {"reason": reason}, version=version)
            assert answer.status_code == 200, answer.text
        await prepared(school, elsewhere(child))

    async def test_refuses_a_school_that_does_not_exist(self, school: School) -> None:
        child = await school.child()
        body = to_school(child, school) | {
            "destination": {"kind": "school", "school_id": str(uuid4())}
        }
        answer = await school.lead.post("/v1/transfers", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "destination_unknown")

    async def test_lists_siblings_with_a_file(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, sister = await school.child("Ada", "Marsh"), await school.child("Eve", "Marsh")
        await a_concern(school, sister)
        body = {"other_child_id": str(sister), "kind": "sibling"}
        made = await school.lead.post(f"/v1/children/{child}/relationships", body)
        assert made.status_code == 201, made.text
        transfer = await prepared(school, to_school(child, other_school))
        assert [one["child_id"] for one in transfer["siblings"]] == [str(sister)]

    async def test_keeps_a_file_that_has_nowhere_to_go(self, school: School) -> None:
        child = await school.child()
        told = {"name": "Borough", "at": "2026-11-20T10:00:00Z", "by": "Kit Roe"}
        body = {
            "child_id": str(child), "reason_code": "elective_home_education",
            "destination": {"kind": "retained", "authority_told": told},
        }  # fmt: skip
        transfer = await prepared(school, body)
        kept = await approved(school, transfer["id"])
        assert (kept["state"], kept["packet"]) == ("retained", None)

    async def test_keeps_no_file_of_which_a_social_worker_does_not_know(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        await a_contact(world, school, child, kind="social_worker", name="Sam Field")
        told = {"name": "Borough", "at": "2026-11-20T10:00:00Z", "by": "Kit Roe"}
        stays: dict[str, Any] = {"kind": "retained", "authority_told": told}
        body = {"child_id": str(child), "reason_code": "missing_education", "destination": stays}
        transfer = (await prepared(school, body))["id"]
        refused = await school.lead.post(
            f"/v1/transfers/{transfer}/approve", {"reason": "Gone."}, version=1
        )
        assert refused.status_code == 422, refused.text
        assert [one["pointer"] for one in refused.json()["errors"]] == [
            "/destination/social_worker_told"
        ]
        also = stays | {"social_worker_told": told | {"name": "Sam Field"}}
        changed = await school.lead.patch(
            f"/v1/transfers/{transfer}", {"destination": also}, version=1
        )
        assert changed.json()["destination"]["social_worker_told"]["name"] == "Sam Field"
        assert (await approved(school, transfer))["state"] == "retained"

    async def test_needs_somebody_to_say_where_to_before_it_is_approved(
        self, school: School
    ) -> None:
        child = await school.child()
        body = {
            "child_id": str(child), "reason_code": "left_in_year",
            "destination": {"kind": "unknown"},
        }  # fmt: skip
        transfer = await prepared(school, body)
        answer = await school.lead.post(
            f"/v1/transfers/{transfer['id']}/approve", {"reason": "Gone."}, version=1
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "transfer_incomplete")


class TestContents:
    async def test_says_what_travels_and_what_stays_and_why(
        self, world: World, school: School, other_school: School
    ) -> None:
        child, friend = await school.child("Ada", "Marsh"), await school.child("Bo", "Lund")
        plain = await a_concern(school, child)
        sealed = await a_concern(school, child)
        await classify(world, sealed, "K5")
        shared = await a_concern(school, child, friend)
        added = await school.staff.request(
            "POST", f"/v1/concerns/{shared}/attachments", content=b"Both were there.",
            headers={"Content-Type": "text/plain"},
        )  # fmt: skip
        assert added.status_code == 201
        transfer = await prepared(school, to_school(child, other_school))
        path = f"/v1/transfers/{transfer['id']}/contents"
        contents = (await school.lead.get(path)).json()
        assert contents["counts"]["concern"] == 2
        assert {(one["id"], one["reason_code"]) for one in contents["stays"]} == {
            (sealed, "sealed"), (added.json()["id"], "several_children"),
        }  # fmt: skip
        assert {plain, shared} <= {one["id"] for one in contents["open"]}
        seen = (await school.api(Role.DEPUTY_DSL).get(path)).json()
        assert sealed not in str(seen)

    async def test_shows_of_each_kind_what_the_reader_opens(
        self, world: World, school: School
    ) -> None:
        """A class alone opens no meeting, and no record of safety."""
        child = await school.child("Ada", "Marsh")
        concern = await a_concern(school, child)
        meeting = await a_meeting(school, child_ids=[str(child)], place="Room 3")
        path = f"/v1/transfers/{(await prepared(school, elsewhere(child)))['id']}/contents"
        whole = (await school.lead.get(path)).json()
        assert whole["counts"] == {"concern": 1, "meeting": 1}
        assert whole["whole"] is True
        reader = ("child:open", "concern:raise", "concern:read", "transfer:read")
        await school.role("clerk", *reader, classes=["K2", "K3"])
        clerk = world.as_token(world.token_of(await school.holder("clerk")))
        seen = (await clerk.get(path)).json()
        assert seen["counts"] == {"concern": 1}
        assert seen["whole"] is False
        assert concern in str(seen)
        assert meeting["id"] not in str(seen)

    async def test_a_chosen_item_is_named_to_people_who_may_open_it(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await classify(world, concern, "K5")
        items = [{"kind": "concern", "id": concern, "reason": "The deputy is meant."}]
        transfer = await prepared(school, to_school(child, other_school, items=items))
        named = await school.person(Role.DSL)
        path, reader = f"/v1/transfers/{transfer['id']}", world.as_token(named.token)
        (item,) = (await reader.get(path)).json()["items"]
        assert (item["id"], item["reason"]) == (concern, "The deputy is meant.")
        said = {"staff_id": str(named.id)}
        locked = await school.lead.post(f"/v1/concerns/{concern}/named-staff", said)
        assert locked.status_code == 201, locked.text
        assert (await reader.get(path)).json()["items"] == []
        assert (await school.api(Role.DEPUTY_DSL).get(path)).json()["items"] == []
        assert len((await school.lead.get(path)).json()["items"]) == 1

    async def test_lets_a_sealed_item_travel_where_a_lead_says_so(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        sealed = await a_concern(school, child, text="Sealed words.")
        await classify(world, sealed, "K5")
        items = [{"kind": "concern", "id": sealed, "reason": "The new lead has to know."}]
        transfer = await prepared(school, to_school(child, other_school, items=items))
        await approved(school, transfer["id"])
        await work_off(world, school, other_school)
        (incoming,) = (await other_school.lead.get("/v1/incoming-transfers")).json()["items"]
        accepted = await step_of(
            other_school.lead, "incoming-transfers", incoming["id"], "accept", {"new_child": True}
        )
        await work_off(world, school, other_school)
        path = f"/v1/children/{accepted['child_id']}/received-files"
        read = (await other_school.lead.get(path)).json()["items"][0]["records"]
        (kept,) = [one for one in read if one["kind"] == "concern"]
        assert kept["confidentiality"] == "K5"
        for role in (Role.DEPUTY_DSL, Role.HEADTEACHER):
            seen = (await other_school.api(role).get(path)).json()["items"][0]["records"]
            assert kept["id"] not in {one["id"] for one in seen}
            hidden = await other_school.api(role).get(f"/v1/received-records/{kept['id']}")
            assert hidden.status_code == 404


class TestRejectTransfer:
    async def test_sends_the_file_back_and_lets_it_be_sent_elsewhere(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await a_concern(school, child)
        transfer, incoming = await arrived(world, school, other_school, child)
        await step_of(
            other_school.lead, "incoming-transfers", incoming, "reject",
            {"reason_code": "not_our_child", "note": "Nobody of this name."},
        )  # fmt: skip
        await work_off(world, school, other_school)
        back = await opened(school.lead, transfer)
        assert (back["state"], back["ended_at"]) == ("rejected", None)
        third = await world.a_school()
        answer = await school.lead.patch(
            f"/v1/transfers/{transfer}",
            {"destination": {"kind": "school", "school_id": str(third.id)}},
            version=(await school.lead.get(f"/v1/transfers/{transfer}")).headers["etag"].strip('"'),
        )  # fmt: skip
        assert answer.json()["state"] == "prepared"
        await approved(school, transfer)
        await work_off(world, school, third)
        assert (await opened(school.lead, transfer))["state"] == "delivered"


class TestUnlock:
    async def test_takes_two_people(
        self, world: World, school: School, other_school: School
    ) -> None:
        child = await school.child("Ada", "Marsh")
        await moved(world, school, other_school, child)
        path = f"/v1/children/{child}/file-lock"
        back, agreed = {"reason": "She is coming back."}, {"reason": "I agree."}
        asked = await school.lead.post(f"{path}/unlock", back, version=1)
        assert asked.json()["unlocked_at"] is None
        again = await school.lead.post(f"{path}/unlock", back, version=2)
        assert (again.status_code, again.json()["code"]) == (403, "second_person_needed")
        unread = await school.api(Role.HEADTEACHER).post(f"{path}/unlock", agreed, version=1)
        assert (unread.status_code, unread.json()["code"]) == (412, "version_stale")
        done = await school.api(Role.HEADTEACHER).post(f"{path}/unlock", agreed, version=2)
        assert done.json()["unlocked_at"] is not None
        gone = await school.lead.get(path)
        assert (gone.status_code, gone.json()["code"]) == (409, "file_not_locked")


class TestCancelTransfer:
    async def test_ends_what_has_not_left(self, school: School, other_school: School) -> None:
        child = await school.child()
        transfer = await prepared(school, to_school(child, other_school))
        done = await step(school.lead, transfer["id"], "cancel", {"reason": "She stays."})
        assert (done["state"], done["permissions"]) == ("cancelled", [])


DESTINATIONS = "/v1/transfer-destinations"


class TestListTransferDestinations:
    async def test_names_other_schools_and_nothing_else_of_them(
        self, world: World, school: School, other_school: School
    ) -> None:
        world.sql(
            "update organisation set urn = '199123', local_authority = 'Ourshire' where id = %s",
            other_school.id,
        )
        wanted = {
            "id": str(other_school.id), "name": other_school.name, "urn": "199123",
            "local_authority": "Ourshire",
        }  # fmt: skip
        for asked in ("199123", other_school.name[2:].upper()):
            found = await school.lead.request("GET", DESTINATIONS, params={"q": asked})
            assert found.status_code == 200, found.text
            assert wanted in found.json()["items"], asked
        world.sql("update organisation set urn = null where id = %s", other_school.id)

    async def test_never_names_the_own_school_nor_a_trust(
        self, world: World, school: School, other_school: School
    ) -> None:
        trusts = {
            str(id_) for (id_,) in world.sql("select id from organisation where kind = 'trust'")
        }
        found: list[str] = []
        path: str | None = f"{DESTINATIONS}?limit=50"
        while path:
            page = (await school.lead.get(path)).json()
            found += [one["id"] for one in page["items"]]
            path = page["next"] and f"{DESTINATIONS}?limit=50&cursor={page['next']}"
        assert len(found) == len(set(found))
        assert str(other_school.id) in found
        assert str(school.id) not in found
        assert not trusts & set(found)

    async def test_takes_signs_of_patterns_as_they_are(self, school: School) -> None:
        for asked in ("%", "_", "%25", "\\"):
            found = await school.lead.request("GET", DESTINATIONS, params={"q": asked})
            assert found.json()["items"] == []

    async def test_is_not_for_whoever_may_not_read_transfers(self, school: School) -> None:
        assert (await school.staff.get(DESTINATIONS)).status_code == 403
