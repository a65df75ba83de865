"""Files that leave with a referral: by the agency's link, by its key, and in an emergency."""

import hashlib
from typing import Any

from app.core.words import Role
from tests.api import referring
from tests.api.leaving_files import LETTER, a_file, codes, previewed, word_for
from tests.api.records import a_concern
from tests.api.referring import a_body, a_draft, a_key, an_agency, step
from tests.api.shared import Recipient
from tests.outgoing import texts_of_pdf
from tests.recipient_pages import Link, Visitor
from tests.security.capture import captured
from tests.world import School, World

SHA = hashlib.sha256(LETTER).hexdigest()
FILE = "attachments/1"
LINK = {"code_route": "phone", "by_hand": True}


async def with_file(
    world: World, school: School, agency: str, *, clean: bool = True, **fields: Any
) -> dict[str, Any]:
    """A body with a concern and its file."""
    body = await a_body(school, agency, **fields)
    file = await a_file(world, school, body["concern_id"], clean=clean)
    item = {"kind": "concern", "id": body["concern_id"], "attachments": [{"id": file}]}
    return body | {"items": [item]}


async def approved(school: School, id_: str, **said: bool) -> Any:
    """Approve with a word for each file."""
    word = await word_for(school.lead, f"/v1/referrals/{id_}", **said)
    return await step(school.lead, id_, "approve", {"reason": "Help.", "attachments": word})


async def a_sent(world: World, school: School, agency: str) -> str:
    """A referral with a file that was approved and sent."""
    id_ = await a_draft(school, await with_file(world, school, agency))
    assert (await approved(school, id_)).status_code == 200
    how = {"route": "secure_email", "at": referring.now(), "to": "MASH"}
    sent = await step(school.lead, id_, "send", how)
    assert sent.status_code == 200, sent.text
    return id_


class TestApproving:
    async def test_needs_a_word_for_each_file(self, world: World, school: School) -> None:
        id_ = await a_draft(school, await with_file(world, school, await an_agency(school)))
        [told] = await previewed(school.lead, f"/v1/referrals/{id_}")
        assert (told["number"], told["name"], told["sha256"]) == (1, "file-1.pdf", SHA)
        refused = await step(school.lead, id_, "approve", {"reason": "Help."})
        assert codes(refused) == {("/attachments", "missing")}
        missing = (await school.lead.get(f"/v1/referrals/{id_}/missing")).json()["items"]
        assert {one["pointer"] for one in missing} == {"/reason", "/attachments"}
        refused = await approved(school, id_, shows_nobody_else=False)
        assert codes(refused) == {("/attachments/0/shows_nobody_else", "not_confirmed")}
        done = await approved(school, id_)
        assert done.json()["state"] == "approved"
        assert done.json()["approvals"][0]["attachments"] == [1]
        mine = await school.lead.get(f"/v1/referrals/{id_}/{FILE}")
        assert mine.content == LETTER

    async def test_asks_nothing_about_others_who_are_named_on_purpose(
        self, world: World, school: School
    ) -> None:
        named: dict[str, Any] = {"name_others": {"decided": True, "reason": "They live together."}}
        body = await with_file(world, school, await an_agency(school), **named)
        id_ = await a_draft(school, body)
        assert (await approved(school, id_, shows_nobody_else=False)).status_code == 200

    async def test_takes_no_file_of_another_concern(self, world: World, school: School) -> None:
        body = await with_file(world, school, await an_agency(school))
        other = await a_concern(school, await school.child("Zara", "Quill"))
        body["items"][0]["attachments"] = [{"id": await a_file(world, school, other)}]
        refused = await school.lead.post("/v1/referrals", body)
        assert codes(refused) == {("/items/0/attachments/0/id", "unknown_attachment")}
        id_ = await a_draft(school, body | {"items": []})
        version = (await school.lead.get(f"/v1/referrals/{id_}")).headers["etag"].strip('"')
        refused = await school.lead.patch(
            f"/v1/referrals/{id_}", {"items": body["items"]}, version=version
        )
        assert codes(refused) == {("/items/0/attachments/0/id", "unknown_attachment")}

    async def test_stays_within_its_statements(self, world: World, school: School) -> None:
        id_ = await a_draft(school, await with_file(world, school, await an_agency(school)))
        word = await word_for(school.lead, f"/v1/referrals/{id_}")
        version = (await school.lead.get(f"/v1/referrals/{id_}")).headers["etag"].strip('"')
        async with captured(world) as statements:
            answer = await school.lead.post(
                f"/v1/referrals/{id_}/approve", {"reason": "Help.", "attachments": word},
                version=version,
            )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert len(statements) <= 23, "one more than others, which keeps the files"


class TestAnEmergency:
    async def test_goes_with_the_word_of_who_sends_it(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        id_ = await a_draft(school, await with_file(world, school, agency, urgency="emergency"))
        how = {"route": "phoned", "at": referring.now(), "to": "Duty desk"}
        refused = await step(school.lead, id_, "send", how)
        assert (refused.status_code, codes(refused)) == (422, {("/attachments", "missing")})
        word = {"attachments": await word_for(school.lead, f"/v1/referrals/{id_}")}
        sent = await step(school.lead, id_, "send", how | word)
        assert sent.json()["state"] == "sent"
        assert (await school.lead.get(f"/v1/referrals/{id_}/{FILE}")).content == LETTER

    async def test_goes_by_a_link_in_the_same_way(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        id_ = await a_draft(school, await with_file(world, school, agency, urgency="emergency"))
        refused = await step(school.lead, id_, "link", LINK)
        assert codes(refused) == {("/attachments", "missing")}
        word = {"attachments": await word_for(school.lead, f"/v1/referrals/{id_}")}
        assert (await step(school.lead, id_, "link", LINK | word)).status_code == 200

    async def test_is_not_kept_waiting_where_it_has_no_file(
        self, world: World, school: School
    ) -> None:
        body = await a_body(school, await an_agency(school), urgency="emergency")
        id_ = await a_draft(school, body)
        how = {"route": "phoned", "at": referring.now(), "to": "Duty desk"}
        assert (await step(school.lead, id_, "send", how)).status_code == 200

    async def test_stops_at_a_file_that_is_held_meanwhile(
        self, world: World, school: School
    ) -> None:
        agency = await an_agency(school)
        body = await with_file(world, school, agency, urgency="emergency")
        id_ = await a_draft(school, body)
        word = {"attachments": await word_for(school.lead, f"/v1/referrals/{id_}")}
        file = body["items"][0]["attachments"][0]["id"]
        world.sql("update attachment set state = 'held', scan_result = 'found' where id = %s", file)
        how = {"route": "phoned", "at": referring.now(), "to": "Duty desk"}
        refused = await step(school.lead, id_, "send", how | word)
        assert ("/items/0/attachments/0/id", "held_back") in codes(refused)


class TestADuty:
    async def test_takes_no_files(self, world: World, school: School) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        await an_agency(school, kind="police")
        body = {"child_id": str(child), "concern_id": concern, "kind": "fgm_report"}
        made = await school.staff.post("/v1/mandatory-reports", body)
        assert made.status_code == 201, made.text
        id_ = made.json()["id"]
        world.sql(
            "update referral set duty_of = (select id from staff where school_id = %s and id = %s)"
            " where id = %s", school.id, str(school[Role.DSL].id), id_,
        )  # fmt: skip
        file = await a_file(world, school, concern)
        items = [{"kind": "concern", "id": concern, "attachments": [{"id": file}]}]
        version = (await school.lead.get(f"/v1/referrals/{id_}")).headers["etag"].strip('"')
        refused = await school.lead.patch(f"/v1/referrals/{id_}", {"items": items}, version=version)
        assert codes(refused) == {("/items/0/attachments/0", "no_files")}


class TestTheAgency:
    async def test_downloads_by_its_key(self, world: World, school: School) -> None:
        agency = await an_agency(school)
        id_ = await a_sent(world, school, agency)
        system = await a_key(world, school, agency)
        path = f"/v1/agency/referrals/{id_}"
        [told] = (await system.get(path)).json()["content"]["items"][0]["attachments"]
        assert (told["name"], told["size"], told["sha256"]) == ("file-1.pdf", len(LETTER), SHA)
        given = await system.get(f"{path}/{FILE}")
        assert (given.status_code, given.content) == (200, LETTER)
        assert given.headers["content-disposition"] == 'attachment; filename="file-1.pdf"'
        assert "sandbox" in given.headers["content-security-policy"]
        events = (await school.lead.get(f"/v1/referrals/{id_}")).json()["events"]
        assert [one["by_kind"] for one in events if one["kind"] == "opened"] == ["agency"]
        missing = await system.get(f"{path}/attachments/2")
        assert missing.json()["code"] == "shared_file_not_found"
        document = "".join(texts_of_pdf((await system.get(f"{path}/document.pdf")).content))
        assert "file-1.pdf" in document

    async def test_reaches_no_file_of_another_agencys_referral(
        self, world: World, school: School
    ) -> None:
        agency, other = await an_agency(school), await an_agency(school, name="Other door")
        id_ = await a_sent(world, school, agency)
        system = await a_key(world, school, other)
        refused = await system.get(f"/v1/agency/referrals/{id_}/{FILE}")
        assert (refused.status_code, refused.json()["code"]) == (404, "referral_not_found")

    async def test_reads_behind_its_link(self, world: World, school: School) -> None:
        id_ = await a_sent(world, school, await an_agency(school))
        sent = (await step(school.lead, id_, "link", LINK)).json()
        token = sent["link"].rpartition("/")[2]
        recipient = Recipient(world, token)
        assert (await recipient.enter(sent["code"])).status_code == 201
        given = await recipient.read(FILE)
        assert (given.status_code, given.content) == (200, LETTER)
        events = (await school.lead.get(f"/v1/referrals/{id_}")).json()["events"]
        assert [one["route"] for one in events if one["kind"] == "opened"] == ["portal_link"]
        again = (await step(school.lead, id_, "link", LINK)).json()
        assert (await recipient.read(FILE)).status_code == 401, "the link before ends"
        visitor = Visitor(world, Link(id_, again["link"].rpartition("/")[2], again["code"]))
        await visitor.open()
        assert (await visitor.get(f"/{FILE}")).content == LETTER

    async def test_reads_no_more_once_it_is_closed(self, world: World, school: School) -> None:
        id_ = await a_sent(world, school, await an_agency(school))
        sent = (await step(school.lead, id_, "link", LINK)).json()
        recipient = Recipient(world, sent["link"].rpartition("/")[2])
        await recipient.enter(sent["code"])
        told = {"outcome": "declined", "at": referring.now(), "returned_by": "Jo Bell"}
        await step(school.lead, id_, "outcome", told)
        closed = await step(school.lead, id_, "close", {"reason": "Done."})
        assert closed.status_code == 200, closed.text
        assert (await recipient.read(FILE)).status_code == 401
