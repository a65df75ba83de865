"""Scans and other documents come in with an index, as attachments are kept."""

import hashlib
import io
import zipfile
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from app.core.words import Role
from app.domain.exchange.past_imports import rules
from app.jobs import imports as jobs
from app.jobs.imports import forget_file
from app.jobs.runner import Run
from tests.past import Past, codes, csv_of, fates, upn
from tests.transfers import moved
from tests.world import World

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
async def past(world: World) -> Past:
    return Past(await world.a_school())


def document(source_id: str, file: str, children: str = "", **cells: str) -> dict[str, str]:
    """A row of the index."""
    usual = {"source_id": source_id, "file": file, "children": children, "attached_to": "",
             "document_date": "2019-05-01", "title": "Letter from the doctor",
             "kind": "letter", "author": "Dr Lee", "sha256": ""}  # fmt: skip
    return usual | cells


def package(rows: list[dict[str, str]], files: dict[str, bytes], index: str = "index.csv") -> bytes:
    """A zip of an index and files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(index, csv_of(*rows))
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


async def bring(past: Past, content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = await past.bring(content, "document")
    return found


def kept(past: Past) -> list[Any]:
    """Name, type, state and key of every file."""
    return past.sql(
        "select f.file_name, f.content_type, f.state, f.key from past_file f where school_id = %s"
        " order by f.file_name", past.school.id,
    )  # fmt: skip


class TestDocuments:
    async def test_come_in_with_their_file(self, past: Past) -> None:
        child = await past.child(1)
        content = package(
            [document("7", r"scans\letter.pdf", f"upn:{upn(1)}")], {"scans/Letter.pdf": PDF}
        )
        found = await bring(past, content)
        assert (found["state"], found["done"]) == ("applied", 1)
        (card,) = (await past.lead.get(f"/v1/past-entries?child_id={child}")).json()["items"]
        entry = (await past.lead.get(f"/v1/past-entries/{card['id']}")).json()
        assert (entry["text"], entry["author_name"]) == ("Letter from the doctor", "Dr Lee")
        assert entry["file"] == {
            "file_name": "letter.pdf", "content_type": "application/pdf", "size": len(PDF),
            "sha256": hashlib.sha256(PDF).hexdigest(), "state": "available",
            "flags": ["metadata_kept"],
        }  # fmt: skip
        answer = await past.lead.get(f"/v1/past-entries/{card['id']}/file")
        assert (answer.status_code, answer.content) == (200, PDF)
        assert "attachment" in answer.headers["content-disposition"]
        pastoral = past.school.api(Role.PASTORAL)
        assert (await pastoral.get(f"/v1/past-entries/{card['id']}/file")).status_code == 404

    async def test_add_nothing_the_second_time_and_come_back_after_an_undo(
        self, past: Past
    ) -> None:
        await past.child(1)
        content = package([document("7", "a.pdf", f"upn:{upn(1)}")], {"a.pdf": PDF})
        found = await bring(past, content)
        before, files = past.entries(), kept(past)
        assert fates(await bring(past, content)) == {"unchanged": 1}
        assert (past.entries(), kept(past)) == (before, files)
        await past.undo(found["id"])
        assert (past.entries(), kept(past)) == ([], [])
        (job,) = past.sql(
            "select args from procrastinate_jobs where task_name = 'past.forget'"
            " and args->>'key' = %s", files[0][3],
        )  # fmt: skip
        storage = past.school.world.runtime.storage
        assert await storage.exists(files[0][3])
        adapters = cast(Any, SimpleNamespace(storage=storage))
        await forget_file(Run(adapters, cast(Any, None), job[0]))
        assert not await storage.exists(files[0][3])
        await bring(past, content)
        assert (past.entries(), kept(past)) == (before, files)

    async def test_belong_to_an_entry_that_came_before(self, past: Past) -> None:
        child = await past.child(1)
        note = {"children": f"upn:{upn(1)}", "occurred_at": "2018-05", "text": "Called home."}
        await past.bring(csv_of({"source_id": "1", **note}), "note")
        rows = [document("7", "a.pdf", attached_to="note:1"),
                document("8", "a.pdf", attached_to="note:2")]  # fmt: skip
        found = await bring(past, package(rows, {"a.pdf": PDF}))
        assert (fates(found), codes(found)) == ({"new": 1, "held": 1}, {"concern_not_found": 1})
        assert child in {one[1] for one in past.entries()}

    async def test_that_changed_are_held(self, past: Past) -> None:
        await past.child(1)
        rows = [document("7", "a.pdf", f"upn:{upn(1)}")]
        await bring(past, package(rows, {"a.pdf": PDF}))
        found = await past.planned(package(rows, {"a.pdf": PDF + b"\n"}), "document")
        assert codes(found) == {"changed_since_import": 1}

    async def test_wait_for_the_scanner(self, past: Past) -> None:
        await past.child(1)
        content = package([document("7", "a.pdf", f"upn:{upn(1)}")], {"a.pdf": PDF})
        found = await past.planned(content, "document")
        await past.approve(found["id"])
        runtime = past.school.world.runtime
        await jobs.apply_stored(
            runtime.database, runtime.storage, past.school.id, UUID(found["id"]), to_scan=True
        )
        assert [one[2] for one in kept(past)] == ["quarantined"]
        entry = past.entries()[0][0]
        refused = await past.lead.get(f"/v1/past-entries/{entry}/file")
        assert refused.json()["code"] == "attachment_quarantined"
        jobs_of = "select count(*) from procrastinate_jobs where args->>'attachment_id' = %s"
        assert past.sql(jobs_of, str(entry)) == [(1,)]

    async def test_go_on_where_they_were_cut_off(
        self, past: Past, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await past.child(1)
        monkeypatch.setattr(rules, "FILES_AT_ONCE", 1)
        rows = [document(str(n), f"{n}.pdf", f"upn:{upn(1)}") for n in range(3)]
        content = package(rows, {f"{n}.pdf": PDF + str(n).encode() for n in range(3)})
        found = await past.planned(content, "document")
        await past.approve(found["id"])
        whole, left = jobs._keep_file, iter(range(2))

        async def cut(*args: Any) -> Any:
            done = await whole(*args)
            if next(left, None) is None:
                raise ConnectionError
            return done

        monkeypatch.setattr(jobs, "_keep_file", cut)
        with pytest.raises(ConnectionError):
            await past.apply(found["id"])
        assert len(kept(past)) == 2
        monkeypatch.setattr(jobs, "_keep_file", whole)
        assert (await past.apply(found["id"]))["done"] == 3
        assert len(kept(past)) == 3

    async def test_of_one_child_travel_with_the_file_of_the_child(
        self, past: Past, world: World
    ) -> None:
        child = await past.child(1)
        await past.child(2)
        rows = [document("7", "a.pdf", f"upn:{upn(1)}"),
                document("8", "b.pdf", f"upn:{upn(1)};linked=upn:{upn(2)}")]  # fmt: skip
        await bring(past, package(rows, {"a.pdf": PDF, "b.pdf": PDF + b"other"}))
        there = await world.a_school()
        await moved(world, past.school, there, child)
        arrived = past.sql("select sha256 from received_attachment where school_id = %s", there.id)
        assert arrived == [(hashlib.sha256(PDF).hexdigest(),)]


class TestRefusals:
    @pytest.mark.parametrize(
        ("file", "code"),
        [
            ("missing.pdf", "file_missing"),
            ("../a.pdf", "file_missing"),
            ("/etc/passwd", "file_missing"),
            ("twin.pdf", "file_missing"),
            ("program.pdf", "file_refused"),
            ("empty.pdf", "file_refused"),
            ("page.html", "file_refused"),
        ],
    )
    async def test_hold_the_row(self, past: Past, file: str, code: str) -> None:
        await past.child(1)
        files = {"a.pdf": PDF, "Twin.pdf": PDF, "TWIN.pdf": PDF, "program.pdf": b"MZ\x90\x00" * 9,
                 "empty.pdf": b"", "page.html": b"<html><script>x</script>"}  # fmt: skip
        rows = [document("1", file, f"upn:{upn(1)}"), document("2", "a.pdf", f"upn:{upn(1)}")]
        found = await past.planned(package(rows, files), "document")
        assert (fates(found), codes(found)) == ({"new": 1, "held": 1}, {code: 1})

    async def test_name_a_file_that_differs_or_is_too_large(
        self, past: Past, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await past.child(1)
        content = package([document("1", "a.pdf", f"upn:{upn(1)}", sha256="0" * 64)],
                          {"a.pdf": PDF})  # fmt: skip
        assert codes(await past.planned(content, "document")) == {"file_differs": 1}
        sent = await past.send(content, "document")
        runtime = past.school.world.runtime
        await jobs.plan_stored(
            runtime.database, runtime.storage, past.school.id, UUID(sent["id"]), limit=10
        )
        assert codes(await past.get(sent["id"])) == {"file_too_large": 1}

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"PK\x03\x04 no zip", "package_damaged"),
            (package([], {"a.pdf": PDF}, "list.csv"), "index_missing"),
            (package([], {"bomb.txt": b"0" * 30_000_000}), "package_suspicious_ratio"),
            (package([], {"[Content_Types].xml": b"<x/>"}, "sheet.xml"), "file_not_recognised"),
        ],
    )
    async def test_stop_a_whole_package(self, past: Past, content: bytes, code: str) -> None:
        found = await past.planned(content, "document")
        assert (found["state"], found["fault"]["code"]) == ("refused", code)

    async def test_leave_out_names_that_lead_out_of_the_zip(self, past: Past) -> None:
        await past.child(1)
        rows = [document("1", "../x.pdf", f"upn:{upn(1)}")]
        found = await past.planned(package(rows, {"../x.pdf": PDF}), "document")
        assert codes(found) == {"package_unsafe_name": 1, "file_missing": 1}
