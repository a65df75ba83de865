"""Attachments made safe: pictures lose what they say of their maker, the rest is flagged."""

import hashlib
import io
import tempfile
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from PIL import Image

from app.core.words import Role
from tests.api.record.test_attachments import PDF, attach, stored_files
from tests.api.record.test_concerns import raise_one
from tests.pictures import SECRET, bomb, moving, photo
from tests.world import School, World


async def kept(school: School, content: bytes, name: str, kind: str) -> httpx.Response:
    """A file that the teacher added to a concern of theirs."""
    concern = (await raise_one(school.staff, await school.child()))["id"]
    answer = await attach(school.staff, concern, content, name, kind)
    assert answer.status_code == 201, answer.text
    return answer


def script() -> bytes:
    """A PDF that runs a script when it is opened."""
    made = pikepdf.new()
    made.add_blank_page()
    made.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
    )
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def digest_of(content: bytes) -> str:
    """As `Repr-Digest` has it."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


class TestPictures:
    async def test_are_given_out_without_what_they_say_of_their_maker(self, school: School) -> None:
        content = photo()
        answer = await kept(school, content, "burn.jpg", "image/jpeg")
        shown = answer.json()
        assert (shown["state"], shown["scan_result"], shown["flags"]) == (
            "available", "not_scanned", [],
        )  # fmt: skip
        assert shown["sha256"] == hashlib.sha256(content).hexdigest(), "of what was sent"
        got = await school.lead.get(answer.headers["location"])
        assert got.status_code == 200
        assert SECRET not in got.content
        picture = Image.open(io.BytesIO(got.content))
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (40, 60), {})
        assert shown["stripped"] == {
            "size": len(got.content), "sha256": hashlib.sha256(got.content).hexdigest(),
        }  # fmt: skip
        assert got.headers["repr-digest"] == digest_of(got.content)

    async def test_keep_their_original_for_evidence(self, world: World, school: School) -> None:
        content = photo()
        answer = await kept(school, content, "burn.jpg", "image/jpeg")
        place = answer.headers["location"]
        got = await school.lead.get(f"{place}?original_reason_code=police_or_court")
        assert got.content == content
        assert got.headers["repr-digest"] == digest_of(content)
        details = world.sql(
            "select details->>'original_reason_code' from trail where noun_id = %s "
            "and verb = 'attachment.opened'",
            answer.json()["id"],
        )
        assert details == [("police_or_court",)]

    async def test_give_the_original_to_leads_alone(self, school: School) -> None:
        answer = await kept(school, photo(), "burn.jpg", "image/jpeg")
        asked = f"{answer.headers['location']}?original_reason_code=origin"
        assert (await school.staff.get(asked)).status_code == 403
        assert (await school.api(Role.GOVERNOR).get(asked)).status_code in (403, 404)
        assert (await school.api(Role.DEPUTY_DSL).get(asked)).status_code == 200
        without = f"{answer.headers['location']}?original_reason_code=curiosity"
        assert (await school.lead.get(without)).status_code == 422

    @pytest.mark.parametrize("kind", ["GIF", "WEBP"])
    async def test_go_on_moving(self, school: School, kind: str) -> None:
        answer = await kept(school, moving(kind), f"a.{kind.lower()}", f"image/{kind.lower()}")
        got = await school.lead.get(answer.headers["location"])
        assert getattr(Image.open(io.BytesIO(got.content)), "n_frames", 1) == 4

    async def test_that_swell_are_refused_and_leave_nothing(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        answer = await attach(school.staff, concern, bomb(), "a.png", "image/png")
        assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
        assert answer.json()["errors"][0]["code"] == "picture_too_large"
        assert stored_files(world) == before

    async def test_that_are_broken_are_kept_and_say_so(self, school: School) -> None:
        broken = photo(400, 300)[:900]
        answer = await kept(school, broken, "a.jpg", "image/jpeg")
        assert answer.json()["flags"] == ["metadata_kept"]
        assert answer.json()["stripped"] is None
        assert (await school.lead.get(answer.headers["location"])).content == broken

    async def test_of_a_refused_request_leave_no_copy_behind(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        colleague = world.as_token((await school.person(Role.STAFF)).token)
        answer = await attach(colleague, concern, photo(), "a.jpg", "image/jpeg")
        assert answer.status_code == 404
        assert stored_files(world) == before


class TestFlags:
    async def test_are_shown_where_the_file_is(self, school: School) -> None:
        answer = await kept(school, script(), "plan.pdf", "application/pdf")
        flags = ["active_content", "metadata_kept"]
        assert answer.json()["flags"] == flags
        concern = answer.headers["location"].split("/")[3]
        record = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        listed = (await school.lead.get(f"/v1/concerns/{concern}/attachments")).json()["items"]
        assert record["attachments"] == listed == [answer.json()]
        assert (await school.lead.get(answer.headers["location"])).status_code == 200

    async def test_of_plain_texts_are_none(self, school: School) -> None:
        answer = await kept(school, b"He said he fell.", "note.txt", "text/plain")
        assert answer.json()["flags"] == []


class TestWithoutRoom:
    async def test_answers_that_it_cannot_and_keeps_nothing(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
        answer = await attach(school.staff, concern, PDF)
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert stored_files(world) == before


class TestInMemory:
    async def test_a_large_file_is_never_whole(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        size = world.runtime.settings.max_attachment_bytes - 100
        chunk = b"%PDF-1.7\n" + bytes(99_991)

        async def content() -> Any:
            sent = 0
            while sent < size:
                part = chunk[: size - sent]
                sent += len(part)
                yield part

        headers = {"Content-Type": "application/pdf", "Content-Disposition": 'a; filename="a.pdf"'}
        tracemalloc.start()
        answer = await school.staff.request(
            "POST", f"/v1/concerns/{concern}/attachments", content=content(), headers=headers
        )
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert answer.status_code == 201, answer.text
        assert answer.json()["size"] == size
        assert peak < 16_000_000
