"""Files kept with a concern: taken in as a stream, judged by their bytes, given out whole."""

import io
import zipfile
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
import pytest

from app.core.words import Role
from app.domain.record.attachments.errors import WHY_REFUSED
from app.formats.sniffing import RefusalCode
from tests.api.record.test_concerns import raise_one
from tests.world import Api, School, World

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


async def attach(
    api: Api,
    concern: str,
    content: bytes = PDF,
    name: str = "note.pdf",
    kind: str = "application/pdf",
    **options: Any,
) -> httpx.Response:
    """Attach a file by multipart."""
    files = {"file": (name, content, kind)}
    path = f"/v1/concerns/{concern}/attachments"
    return await api.request("POST", path, files=files, **options)


def stored_files(world: World) -> set[Path]:
    """Every object in the store."""
    root = Path(urlsplit(world.runtime.settings.storage_url).path)
    return {path for path in root.rglob("*") if path.is_file()}


class TestAddAttachment:
    async def test_keeps_a_file_and_gives_it_back(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await attach(school.staff, concern, data={"description": "Handwritten note"})
        assert answer.status_code == 201, answer.text
        assert answer.json()["content_type"] == "application/pdf"
        assert answer.json()["description"] == "Handwritten note"
        got = await school.lead.get(answer.headers["location"])
        assert got.content == PDF
        assert got.headers["content-disposition"] == 'attachment; filename="note.pdf"'
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
        record = (await school.lead.get(f"/v1/concerns/{concern}")).json()
        assert [one["id"] for one in record["attachments"]] == [answer.json()["id"]]

    async def test_takes_raw_bytes(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await school.staff.request(
            "POST",
            f"/v1/concerns/{concern}/attachments",
            content=PNG,
            headers={
                "Content-Type": "image/png",
                "Content-Disposition": 'attachment; filename="drawing.png"',
            },
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["file_name"] == "drawing.png"

    @pytest.mark.parametrize(
        ("content", "name", "kind", "code"),
        [
            (
                b"MZ\x90\x00" + bytes(60),
                "note.exe",
                "application/octet-stream",
                "file_type_not_allowed",
            ),
            (b"<html><script>x</script>", "note.html", "text/html", "file_disguised"),
            (PNG, "note.pdf", "application/pdf", "file_type_mismatch"),
            (PDF + b"<script>alert(1)</script>", "note.pdf", "application/pdf", "file_disguised"),
        ],
    )
    async def test_refuses_what_is_not_what_it_says_and_keeps_nothing(
        self, world: World, school: School, content: bytes, name: str, kind: str, code: str
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        answer = await attach(school.staff, concern, content, name, kind)
        assert answer.status_code == 422
        assert answer.json()["code"] == "file_refused"
        problem = {"pointer": "/file", "code": code, "detail": WHY_REFUSED[code]}
        assert answer.json()["errors"] == [problem]
        assert stored_files(world) == before

    def test_says_of_every_refusal_what_to_do(self) -> None:
        assert {*WHY_REFUSED} == {*get_args(RefusalCode), "picture_too_large"}

    async def test_says_how_to_send_a_file(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        path = f"/v1/concerns/{concern}/attachments"
        other = await school.staff.request("POST", path, files={"photo": ("a.png", PNG)})
        assert "send the file as `file`" in other.json()["errors"][0]["detail"]
        json = await school.staff.post(path, {"file": "x"})
        assert json.status_code == 415
        assert "multipart/form-data" in json.json()["detail"]
        assert "image/png" in json.json()["detail"]

    async def test_refuses_a_plain_zip(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.txt", "x")
        answer = await attach(school.staff, concern, packed.getvalue(), "a.docx", "application/zip")
        assert answer.status_code == 422

    async def test_refuses_a_file_over_the_limit_and_keeps_nothing(
        self, world: World, school: School
    ) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        large = PDF + bytes(world.runtime.settings.max_attachment_bytes)
        answer = await attach(school.staff, concern, large)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert stored_files(world) == before

    async def test_keeps_one_file_for_a_repeated_key(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        first = await attach(school.staff, concern, key="once")
        again = await attach(school.staff, concern, key="once")
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert len(stored_files(world) - before) == 1

    async def test_never_uses_the_sent_name_as_a_path(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await attach(school.staff, concern, name="../../etc/pass wd.pdf")
        assert answer.json()["file_name"] == "pass wd.pdf"
        assert all("wd" not in path.name for path in stored_files(world))

    async def test_hides_the_concern_of_others(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        colleague = await school.person(Role.STAFF)
        answer = await attach(world.as_token(colleague.token), concern)
        assert answer.status_code == 404
        assert stored_files(world) == before

    async def test_shows_in_the_chronology_and_the_trail(
        self, world: World, school: School
    ) -> None:
        child = await school.child()
        concern = (await raise_one(school.staff, child))["id"]
        added = (await attach(school.staff, concern)).json()["id"]
        rows = (await school.lead.get(f"/v1/children/{child}/chronology")).json()["items"]
        assert (rows[0]["kind"], rows[0]["summary"]) == ("document", "note.pdf")
        assert world.sql("select verb from trail where noun_id = %s", added) == [
            ("attachment.added",)
        ]


class TestOpenAttachment:
    async def test_shows_a_reporter_only_their_own_files(self, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        leads = (await attach(school.lead, concern)).headers["location"]
        own = (await attach(school.staff, concern)).headers["location"]
        assert (await school.staff.get(leads)).status_code == 404
        assert (await school.staff.get(own)).status_code == 200
        listed = (await school.staff.get(f"/v1/concerns/{concern}/attachments")).json()["items"]
        assert [one["id"] for one in listed] == [own.rsplit("/", 1)[1]]

    async def test_leaves_a_trace(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        answer = await attach(school.staff, concern)
        await school.lead.get(answer.headers["location"])
        verbs = world.sql(
            "select verb from trail where noun_id = %s order by seq", answer.json()["id"]
        )
        assert verbs == [("attachment.added",), ("attachment.opened",)]

    async def test_never_serves_a_damaged_file_whole(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        answer = await attach(school.staff, concern)
        (path,) = stored_files(world) - before
        path.chmod(0o600)
        path.write_bytes(PDF.replace(b"endobj", b"endxbj"))
        got = await school.lead.get(answer.headers["location"])
        assert len(got.content) < int(got.headers["content-length"])

    async def test_says_that_a_lost_file_cannot_be_read(self, world: World, school: School) -> None:
        concern = (await raise_one(school.staff, await school.child()))["id"]
        before = stored_files(world)
        answer = await attach(school.staff, concern)
        (path,) = stored_files(world) - before
        path.unlink()
        got = await school.lead.get(answer.headers["location"])
        assert (got.status_code, got.json()["code"]) == (503, "service_unavailable")
