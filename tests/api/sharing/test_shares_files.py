"""Files that leave with a share: chosen one by one, looked at, frozen, and given out as frozen."""

import hashlib
from typing import Any

import pytest

from app.core.ids import new_id
from app.core.words import Role
from tests.api.access.test_grants import granted
from tests.api.leaving_files import (
    LETTER,
    a_file,
    a_sent_file,
    approve,
    chosen,
    codes,
    drafted,
    previewed,
    word_for,
)
from tests.api.records import a_concern, classify
from tests.api.shared import an_opened, step
from tests.pictures import SECRET, photo
from tests.security.capture import captured
from tests.security.school_filters import unfiltered
from tests.world import School, World

SHA = hashlib.sha256(LETTER).hexdigest()
CHOICE = "/items/0/attachments/0/id"


class TestChoosing:
    async def test_is_never_done_by_itself(self, world: World, school: School) -> None:
        made = await chosen(world, school)
        del made.body["items"][0]["attachments"]
        answer = await school.lead.post("/v1/shares", made.body)
        assert answer.json()["items"][0]["attachments"] == []
        preview = await school.lead.get(f"/v1/shares/{answer.json()['id']}/preview")
        assert "attachments" not in preview.json()["items"][0]
        assert SHA not in preview.text

    async def test_shows_in_the_preview_what_the_recipient_gets(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school, told="Letter of the day.pdf")
        assert await previewed(school.lead, made.path) == [
            {"number": 1, "name": "Letter of the day.pdf", "content_type": "application/pdf",
             "size": len(LETTER), "sha256": SHA, "warnings": []}
        ]  # fmt: skip

    async def test_never_tells_what_the_file_is_called_here(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school)
        [told] = await previewed(school.lead, made.path)
        assert told["name"] == "file-1.pdf"

    async def test_takes_other_children_out_of_the_name(self, world: World, school: School) -> None:
        other = await school.child("Zara", "Quill")
        made = await drafted(world, school, other, told="About_Zara_Quill.PDF")
        [told] = await previewed(school.lead, made.path)
        assert told["name"] == "About another pupil.pdf"

    async def test_takes_no_file_of_another_concern(self, world: World, school: School) -> None:
        made = await chosen(world, school)
        other = await a_concern(school, await school.child("Zara", "Quill"))
        made.body["items"][0]["attachments"] = [{"id": await a_file(world, school, other)}]
        refused = await school.lead.post("/v1/shares", made.body)
        assert codes(refused) == {(CHOICE, "unknown_attachment")}
        made.body["items"][0]["attachments"] = [{"id": str(new_id())}]
        unknown = await school.lead.post("/v1/shares", made.body)
        assert codes(unknown) == codes(refused)

    async def test_takes_no_file_of_another_school(
        self, world: World, school: School, other_school: School
    ) -> None:
        foreign = await chosen(world, other_school)
        made = await chosen(world, school)
        made.body["items"][0]["attachments"] = [{"id": foreign.file}]
        refused = await school.lead.post("/v1/shares", made.body)
        assert codes(refused) == {(CHOICE, "unknown_attachment")}

    async def test_takes_a_file_once(self, world: World, school: School) -> None:
        made = await chosen(world, school)
        made.body["items"][0]["attachments"] *= 2
        refused = await school.lead.post("/v1/shares", made.body)
        assert codes(refused) == {("/items/0/attachments/1/id", "chosen_twice")}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("state = 'quarantined', scan_result = 'not_scanned'", "not_looked_at"),
            ("state = 'held', scan_result = 'found'", "held_back"),
            ("flags = '{encrypted}'", "locked_file"),
        ],
    )
    async def test_takes_none_that_nobody_can_vouch_for(
        self, world: World, school: School, change: str, code: str
    ) -> None:
        made = await chosen(world, school)
        world.sql(f"update attachment set {change} where id = %s", made.file)  # noqa: S608
        refused = await school.lead.post("/v1/shares", made.body)
        assert codes(refused) == {(CHOICE, code)}

    async def test_takes_no_picture_as_it_was_taken(self, world: World, school: School) -> None:
        made = await chosen(world, school, content=photo(), name="p.jpg", kind="image/jpeg")
        world.sql(
            "update attachment set stripped_key = null, stripped_size = null, "
            "stripped_sha256 = null where id = %s", made.file,
        )  # fmt: skip
        refused = await school.lead.post("/v1/shares", made.body)
        assert codes(refused) == {(CHOICE, "picture_as_taken")}

    async def test_sends_of_a_picture_the_copy_without_its_maker(
        self, world: World, school: School
    ) -> None:
        picture: dict[str, Any] = {"content": photo(), "name": "p.jpg", "kind": "image/jpeg"}
        share, made = await a_sent_file(world, school, **picture)
        recipient = await an_opened(world, school, share)
        given = await recipient.read("attachments/1")
        assert given.status_code == 200
        assert given.content.startswith(b"\xff\xd8")
        assert SECRET not in given.content
        [(stripped,)] = world.sql("select stripped_sha256 from attachment where id = %s", made.file)
        assert hashlib.sha256(given.content).hexdigest() == stripped

    async def test_goes_by_sight_of_its_concern(self, world: World, school: School) -> None:
        made = await chosen(world, school)
        await classify(world, made.concern, "K5")
        refused = await school.api(Role.DEPUTY_DSL).post("/v1/shares", made.body)
        assert codes(refused) == {("/items/0/id", "unknown_item")}

    async def test_can_be_changed_in_the_draft(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        more = await a_file(world, school, made.concern, LETTER + b"2", "second.pdf")
        items = [
            {"kind": "concern", "id": made.concern,
             "attachments": [{"id": more, "name": "Second"}, {"id": made.file}]}
        ]  # fmt: skip
        read = await school.lead.get(made.path)
        version = read.headers["etag"].strip('"')
        changed = await school.lead.patch(made.path, {"items": items}, version=version)
        assert changed.status_code == 200, changed.text
        names = [one["name"] for one in await previewed(school.lead, made.path)]
        assert names == ["Second.pdf", "file-2.pdf"]


class TestApproving:
    async def test_needs_a_word_for_each_file(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        refused = await step(school.lead, made.share, "approve", {"reason": "She asked."})
        assert refused.status_code == 422
        assert codes(refused) == {("/attachments", "missing")}

    async def test_needs_the_word_that_nobody_else_is_in_it(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school)
        refused = await approve(school, made, shows_nobody_else=False)
        assert codes(refused) == {("/attachments/0/shows_nobody_else", "not_confirmed")}

    async def test_asks_about_passages_where_one_is_left_out(
        self, world: World, school: School
    ) -> None:
        made = await chosen(world, school)
        told = (await school.lead.get(f"/v1/concerns/{made.concern}")).json()
        made.body["items"][0]["redactions"] = [
            {"statement_id": told["account"][0]["id"], "start": 0, "end": 4, "reason": "Private"}
        ]
        answer = await school.lead.post("/v1/shares", made.body)
        made.share = answer.json()["id"]
        refused = await approve(school, made, shows_nothing_withheld=False)
        assert codes(refused) == {("/attachments/0/shows_nothing_withheld", "not_confirmed")}
        assert (await approve(school, made)).json()["state"] == "approved"

    async def test_asks_about_warnings_where_there_are_any(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school, clean=False)
        [told] = await previewed(school.lead, made.path)
        assert told["warnings"] == ["not_scanned"]
        refused = await approve(school, made, warnings_seen=False)
        assert codes(refused) == {("/attachments/0/warnings_seen", "not_confirmed")}
        assert (await approve(school, made)).json()["state"] == "approved"

    async def test_asks_about_cells_that_a_spreadsheet_would_work_out(
        self, world: World, school: School
    ) -> None:
        made = await drafted(
            world, school, content=b"Name,Seen\nKim,=1+1\n", name="seen.csv", kind="text/csv"
        )
        [told] = await previewed(school.lead, made.path)
        assert told["warnings"] == ["formulas"]
        refused = await approve(school, made, warnings_seen=False)
        assert codes(refused) == {("/attachments/0/warnings_seen", "not_confirmed")}
        assert (await approve(school, made)).json()["state"] == "approved"

    async def test_is_of_the_very_bytes(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        word = await word_for(school.lead, made.path)
        word[0]["sha256"] = "0" * 64
        body = {"reason": "She asked.", "attachments": word}
        refused = await step(school.lead, made.share, "approve", body)
        assert codes(refused) == {("/attachments/0/sha256", "another_file")}

    async def test_of_a_file_that_does_not_leave_is_refused(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school)
        word = await word_for(school.lead, made.path)
        body = {"reason": "She asked.", "attachments": [*word, {**word[0], "number": 2}]}
        refused = await step(school.lead, made.share, "approve", body)
        assert codes(refused) == {("/attachments/1/number", "unknown_attachment")}

    async def test_is_refused_once_the_file_is_held(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        word = await word_for(school.lead, made.path)
        world.sql(
            "update attachment set state = 'held', scan_result = 'found' where id = %s", made.file
        )
        body = {"reason": "She asked.", "attachments": word}
        refused = await step(school.lead, made.share, "approve", body)
        assert (CHOICE, "held_back") in codes(refused)

    async def test_by_two_needs_the_word_of_both(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        world.sql(
            "update contact set alleged_source_of_harm = true where child_id = %s", made.child
        )
        word = await word_for(school.lead, made.path)
        body = {"reason": "Why.", "guard_reason": "Because.", "attachments": word}
        first = await step(school.lead, made.share, "approve", body)
        assert first.json()["state"] == "draft"
        second = school.api(Role.HEADTEACHER)
        refused = await step(second, made.share, "approve", body | {"attachments": []})
        assert codes(refused) == {("/attachments", "missing")}
        done = await step(second, made.share, "approve", body)
        assert done.json()["state"] == "approved"
        assert [one["attachments"] for one in done.json()["approvals"]] == [[1], [1]]

    async def test_is_not_for_who_sees_the_concern_by_a_grant_alone(
        self, world: World, school: School
    ) -> None:
        made = await drafted(world, school)
        await classify(world, made.concern, "K5")
        await granted(school, school[Role.HEADTEACHER], concern_id=made.concern)
        refused = await approve(school, made, by=school.api(Role.HEADTEACHER))
        assert ("/items/0/attachments", "for_reading_only") in codes(refused)

    async def test_freezes_what_is_proved_later(self, world: World, school: School) -> None:
        share, made = await a_sent_file(world, school, told="Letter")
        snapshot = await school.lead.get(f"{made.path}/snapshot")
        [told] = snapshot.json()["items"][0]["attachments"]
        assert (told["name"], told["sha256"]) == ("Letter.pdf", SHA)
        file = await school.lead.get(f"/v1/shares/{share.id}/attachments/1")
        assert file.content == LETTER
        assert file.headers["content-disposition"] == 'attachment; filename="Letter.pdf"'
        missing = await school.lead.get(f"/v1/shares/{share.id}/attachments/2")
        assert missing.json()["code"] == "shared_file_not_found"

    async def test_has_nothing_to_give_out_before(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        early = await school.lead.get(f"{made.path}/attachments/1")
        assert (early.status_code, early.json()["code"]) == (409, "nothing_frozen")

    async def test_stays_within_its_statements(self, world: World, school: School) -> None:
        made = await drafted(world, school)
        body = {"reason": "She asked.", "attachments": await word_for(school.lead, made.path)}
        version = (await school.lead.get(made.path)).headers["etag"].strip('"')
        async with captured(world) as statements:
            answer = await school.lead.post(f"{made.path}/approve", body, version=version)
        assert answer.status_code == 200
        assert len(statements) <= 27, "one more than others, which keeps the files"
        assert [one for one in statements if unfiltered(one)] == []
