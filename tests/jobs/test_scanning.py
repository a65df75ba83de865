"""Looks at files for malware: quarantine until clean, held for ever, and again after an update."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pikepdf
import pytest

from app.cli.doctor import Finding, _antivirus
from app.core.settings import Settings
from app.core.words import Role
from app.integrations.antivirus import antivirus_from_url
from app.jobs import attachments as jobs
from app.jobs.attachments import RESCAN, SCAN, rescan, scan_one
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, JobImpossible, Run, TryLater
from app.main import build_app, build_runtime
from tests.api.record.test_attachments import PDF, attach, stored_files
from tests.clamd import HARMLESS, PROGRAM, Daemon, a_clamd
from tests.doubles import MemoryAntivirus
from tests.jobs.working import SOON, a_worker, eventually, raise_one, states
from tests.programs import check_presence
from tests.transfers import a_packet, new_keys, step_of, upload, work_off
from tests.world import Api, School, World

EVIL = b"%PDF-1.7\n1 0 obj<<>>endobj EVIL\n%%EOF\n"
real = pytest.mark.skipif(PROGRAM is None, reason="clamd is not installed")


@pytest.fixture
async def guarded(app_settings: Settings, database_urls: tuple[str, str]) -> AsyncIterator[World]:
    """The application of an installation that has a scanner."""
    settings = app_settings.model_copy(update={"antivirus_url": "clamd:///nowhere"})
    runtime = build_runtime(settings)
    yield World(build_app(settings, runtime), runtime, owner_url=database_urls[0])
    await runtime.drain()
    await runtime.database.close()


@pytest.fixture
async def school(guarded: World) -> School:
    """A school of it."""
    guarded.sql("update scan_round set ended_at = now() where ended_at is null")
    return await guarded.a_school()


@pytest.fixture
def scanner() -> MemoryAntivirus:
    """One that knows what evil is."""
    return MemoryAntivirus({b"EVIL": "Test.Evil"})


@pytest.fixture
def with_scanner(adapters: Adapters, scanner: MemoryAntivirus) -> Adapters:
    """What a worker works with."""
    return replace(adapters, antivirus=scanner)


async def added(school: School, content: bytes = PDF, by: Api | None = None) -> httpx.Response:
    """A file with a new concern."""
    concern = (await raise_one(school))["id"]
    answer = await attach(by or school.staff, concern, content)
    assert answer.status_code == 201, answer.text
    return answer


def job(adapters: Adapters, school: School, attachment: str) -> Run:
    """An attempt at the job of a file."""
    args = {"school_id": str(school.id), "attachment_id": attachment}
    return Run(adapters, build_queue(adapters, ()), args)


def tick(adapters: Adapters) -> Run:
    """A tick of the periodic task."""
    return Run(adapters, build_queue(adapters, ()), {"timestamp": 0})


async def look(adapters: Adapters, school: School, answer: httpx.Response) -> None:
    """The job of a file that was added."""
    await scan_one(job(adapters, school, answer.json()["id"]))


def row(world: World, answer: httpx.Response) -> Any:
    """State and result."""
    (found,) = world.sql(
        "select state, scan_result from attachment where id = %s", answer.json()["id"]
    )
    return found


def verbs(world: World, answer: httpx.Response) -> list[str]:
    """What was done with a file."""
    rows = world.sql("select verb from trail where noun_id = %s order by seq", answer.json()["id"])
    return [verb for (verb,) in rows]


class TestQuarantine:
    async def test_is_left_by_a_clean_file_alone(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school)
        place = answer.headers["location"]
        assert answer.json()["state"] == "quarantined"
        for api in (school.staff, school.lead):
            got = await api.get(place)
            assert (got.status_code, got.json()["code"]) == (409, "attachment_quarantined")
        assert states(guarded, school, SCAN.name) == ["todo"]
        await look(with_scanner, school, answer)
        assert (await school.staff.get(place)).content == PDF
        record = (await school.lead.get("/".join(place.split("/")[:4]))).json()["attachments"][0]
        assert (record["state"], record["scan_result"]) == ("available", "clean")
        assert record["scanned_at"] is not None
        assert verbs(guarded, answer)[:2] == ["attachment.added", "attachment.scanned"]
        assert guarded.sql(
            "select signature_version from attachment where id = %s", answer.json()["id"]
        ) == [("memory/1",)]

    async def test_stays_where_the_scanner_is_away(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        answer = await added(school)
        scanner.gone = True
        with pytest.raises(TryLater, match="does not answer"):
            await look(with_scanner, school, answer)
        with pytest.raises(TryLater, match="no scanner"):
            await look(replace(with_scanner, antivirus=None), school, answer)
        assert row(guarded, answer) == ("quarantined", "not_scanned")
        scanner.gone = False
        await look(with_scanner, school, answer)
        await look(with_scanner, school, answer)
        assert scanner.scanned == 1, "the second attempt had nothing to do"

    async def test_stays_where_the_stored_bytes_are_others(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        before = stored_files(guarded)
        answer = await added(school)
        (path,) = stored_files(guarded) - before
        path.chmod(0o600)
        path.write_bytes(PDF + b"more")
        with pytest.raises(TryLater, match="not what was sent"):
            await look(with_scanner, school, answer)
        path.unlink()
        with pytest.raises(TryLater, match="cannot be read"):
            await look(with_scanner, school, answer)
        assert row(guarded, answer) == ("quarantined", "not_scanned")

    async def test_is_of_no_use_for_a_file_that_is_not_there(
        self, school: School, with_scanner: Adapters
    ) -> None:
        with pytest.raises(JobImpossible):
            await scan_one(job(with_scanner, school, str(UUID(int=7))))

    async def test_changes_the_version_that_a_client_compares(
        self, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school)
        concern = "/".join(answer.headers["location"].split("/")[:4])
        etag = (await school.lead.get(concern)).headers["etag"]
        await look(with_scanner, school, answer)
        again = await school.lead.get(concern, headers={"If-None-Match": etag})
        assert again.status_code == 200

    async def test_cannot_be_left_otherwise_even_by_a_fault_of_ours(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school, EVIL)
        await look(with_scanner, school, answer)
        with pytest.raises(Exception, match="never_served_unless_clean"):
            guarded.sql(
                "update attachment set state = 'available' where id = %s", answer.json()["id"]
            )


class TestHeld:
    async def test_is_never_given_out_and_tells_the_owner_without_content(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school, EVIL)
        await look(with_scanner, school, answer)
        assert row(guarded, answer) == ("held", "found")
        for api in (school.staff, school.lead):
            got = await api.get(answer.headers["location"])
            assert (got.status_code, got.json()["code"]) == (409, "attachment_held")
        original = f"{answer.headers['location']}?original_reason_code=police_or_court"
        assert (await school.lead.get(original)).status_code == 409
        alerts = guarded.sql(
            "select a.recipient_id = c.owner_id, a.noun, a.counts from alert a join concern c "
            "on c.school_id = a.school_id and c.id = a.concern_id "
            "where a.school_id = %s and a.kind = 'file_held'",
            school.id,
        )
        assert alerts == [(True, None, None)]
        assert verbs(guarded, answer) == ["attachment.added", "attachment.held"]
        key = guarded.sql("select key from attachment where id = %s", answer.json()["id"])[0][0]
        assert await guarded.runtime.storage.exists(key), "evidence is kept"

    async def test_of_an_ended_concern_tells_those_who_lead(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school, EVIL)
        concern = answer.headers["location"].split("/")[3]
        guarded.sql("update concern set state = 'closed', ended_at = now() where id = %s", concern)
        guarded.sql("delete from deadline where thing_id = %s", concern)
        await look(with_scanner, school, answer)
        told = guarded.sql(
            "select recipient_id from alert where school_id = %s and kind = 'file_held'", school.id
        )
        people = {school[role].id for role in (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)}
        assert {person for (person,) in told} == people

    async def test_stays_held_whatever_newer_signatures_say(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        answer = await added(school, EVIL)
        await look(with_scanner, school, answer)
        scanner.signatures, scanner.known_as = {}, f"memory/forgot/{school.id}"
        await rescan(tick(with_scanner))
        assert row(guarded, answer) == ("held", "found")

    async def test_is_what_is_too_large_to_be_looked_at_until_it_is_not(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        scanner.most_bytes = 10
        answer = await added(school)
        await look(with_scanner, school, answer)
        assert row(guarded, answer) == ("held", "too_large")
        scanner.most_bytes, scanner.known_as = 1_000_000, f"memory/roomy/{school.id}"
        await rescan(tick(with_scanner))
        assert row(guarded, answer) == ("available", "clean")


class TestRescan:
    async def test_holds_at_once_what_newer_signatures_find(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        scanner.signatures = {}
        bad, good = await added(school, EVIL), await added(school)
        for answer in (bad, good):
            await look(with_scanner, school, answer)
        assert row(guarded, bad) == ("available", "clean")
        scanner.signatures, scanner.known_as = {b"EVIL": "Test.Evil"}, f"memory/2/{school.id}"
        await rescan(tick(with_scanner))
        assert row(guarded, bad) == ("held", "found")
        assert row(guarded, good) == ("available", "clean")
        assert verbs(guarded, good).count("attachment.scanned") == 1, "nothing new was found"
        scanned = scanner.scanned
        await rescan(tick(with_scanner))
        assert scanner.scanned == scanned, "there is no round without an update"

    async def test_holds_what_came_with_the_file_of_another_school(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        packet = a_packet(await new_keys(guarded, school))
        taken = await upload(school.lead, packet)
        assert taken.status_code == 201, taken.text
        incoming = taken.json()["id"]
        accept = {"new_child": True, "signer_checked": "Phoned the lead."}
        await step_of(school.lead, "incoming-transfers", incoming, "accept", accept)
        await work_off(guarded, school, scanner=scanner)
        statement = (
            "select id::text, state, scan_result from received_attachment where school_id = %s"
        )
        ((id_, *before),) = guarded.sql(statement, school.id)
        assert before == ["available", "clean"]
        scanner.signatures, scanner.known_as = {b"note.": "Test.Note"}, f"memory/9/{school.id}"
        while True:
            await rescan(tick(with_scanner))
            if not guarded.sql("select 1 from scan_round where ended_at is null"):
                break
        ((_, *after),) = guarded.sql(statement, school.id)
        assert after == ["held", "found"]
        verbs_ = guarded.sql("select verb from trail where noun_id = %s", id_)
        assert ("attachment.held",) in verbs_
        told = guarded.sql(
            "select recipient_id from alert where school_id = %s and kind = 'file_held'", school.id
        )
        assert (school[Role.DSL].id,) in told

    async def test_goes_on_where_it_stopped(
        self,
        guarded: World,
        school: School,
        with_scanner: Adapters,
        scanner: MemoryAntivirus,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        answers = [await added(school) for _ in range(3)]
        for answer in answers:
            await look(with_scanner, school, answer)
        scanner.known_as, scanner.scanned = f"memory/3/{school.id}", 0
        ticks = 0
        total = guarded.sql(
            "select (select count(*) from attachment) + (select count(*) from received_attachment)"
            " + (select count(*) from past_file)"
        )[0][0]
        monkeypatch.setattr(jobs, "TICK_SECONDS", 0.0)
        await rescan(tick(with_scanner))
        assert scanner.scanned == 0
        monkeypatch.setattr(jobs, "TICK_SECONDS", 0.05)
        while guarded.sql("select 1 from scan_round where ended_at is null"):
            await rescan(tick(with_scanner))
            ticks += 1
            assert ticks < 10 * total
        (done,) = guarded.sql(
            "select done from scan_round where signature_version = %s", scanner.known_as
        )
        assert done == (total,), "each file once"

    async def test_stops_for_a_scanner_that_goes_away_and_for_no_lost_file(
        self, guarded: World, school: School, with_scanner: Adapters, scanner: MemoryAntivirus
    ) -> None:
        lost, fine = await added(school), await added(school)
        for answer in (lost, fine):
            await look(with_scanner, school, answer)
        key = guarded.sql("select key from attachment where id = %s", lost.json()["id"])[0][0]
        await guarded.runtime.storage.delete(key)
        scanner.known_as = f"memory/4/{school.id}"
        scanner.gone = True
        with pytest.raises(TryLater):
            await rescan(tick(with_scanner))
        scanner.gone = False
        await rescan(tick(with_scanner))
        (counts,) = guarded.sql(
            "select failed > 0, ended_at is not null from scan_round where signature_version = %s",
            scanner.known_as,
        )
        assert counts == (True, True)

    async def test_looks_at_what_was_left_waiting(
        self, guarded: World, school: School, with_scanner: Adapters
    ) -> None:
        answer = await added(school)
        await rescan(tick(with_scanner))
        guarded.sql(
            "update attachment set recorded_at = recorded_at - interval '1 hour' where id = %s",
            answer.json()["id"],
        )
        await rescan(tick(with_scanner))
        assert row(guarded, answer) == ("available", "clean")

    async def test_does_nothing_without_a_scanner(
        self, guarded: World, school: School, adapters: Adapters
    ) -> None:
        answer = await added(school)
        await rescan(tick(adapters))
        assert row(guarded, answer) == ("quarantined", "not_scanned")

    def test_comes_every_ten_minutes(self) -> None:
        assert RESCAN.every == "*/10 * * * *"


async def doctor_says(settings: Settings) -> Finding:
    """Of the scanner; a command has no loop of its own yet."""
    return await asyncio.to_thread(_antivirus, settings)


class TestDoctor:
    async def test_finds_files_that_wait_for_long(
        self, guarded: World, school: School, app_settings: Settings
    ) -> None:
        guarded.sql("update attachment set state = 'held', scan_result = 'failed' "
                    "where state = 'quarantined'")  # fmt: skip
        assert (await doctor_says(app_settings)).state == "warn"
        answer = await added(school)
        assert (await doctor_says(app_settings)).state == "warn"
        guarded.sql(
            "update attachment set recorded_at = recorded_at - interval '2 hours' where id = %s",
            answer.json()["id"],
        )
        found = await doctor_says(app_settings)
        assert found.state == "bad"
        assert "1 files have waited" in found.sentence
        away = app_settings.model_copy(update={"antivirus_url": "clamd:///nowhere"})
        assert await doctor_says(away) == Finding(
            "bad", "the scanner cannot be reached; files stay in quarantine until it is back"
        )


@pytest.fixture(scope="module")
def clamd() -> Iterator[Daemon]:
    with a_clamd() as found:
        yield found


def document(**parts: bytes) -> bytes:
    """A Word document with further parts."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{kind}"/></Types>')
        archive.writestr("word/document.xml", "<w:document/>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}", content)
    return out.getvalue()


def locked() -> bytes:
    """A PDF with a password."""
    made = pikepdf.new()
    made.add_blank_page()
    out = io.BytesIO()
    made.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class TestTheDaemon:
    def test_is_there(self) -> None:
        check_presence(PROGRAM, "clamd", "CAIRN_REQUIRE_CLAMD")


@real
class TestRealDaemon:
    async def test_tells_files_apart_from_upload_to_download(
        self, guarded: World, school: School, adapters: Adapters, clamd: Daemon
    ) -> None:
        concern = (await raise_one(school))["id"]
        answers = [
            await attach(school.staff, concern, content, name, kind)
            for content, name, kind in (
                (HARMLESS, "a.txt", "text/plain"),
                (document(a=HARMLESS), "b.docx", WORD),
                (document(), "c.docx", WORD),
                (b"He said he fell.", "d.txt", "text/plain"),
                (locked(), "e.pdf", "application/pdf"),
            )
        ]
        assert [answer.status_code for answer in answers] == [201] * 5, [a.text for a in answers]
        found = replace(adapters, antivirus=antivirus_from_url(clamd.url))
        async with a_worker(found, [replace(SCAN, retry=SOON)]):
            await eventually(lambda: states(guarded, school, SCAN.name) == ["succeeded"] * 5)
        assert [row(guarded, answer) for answer in answers] == [
            ("held", "found"), ("held", "found"), ("available", "clean"), ("available", "clean"),
            ("available", "clean"),
        ]  # fmt: skip
        got = [(await school.lead.get(one.headers["location"])).status_code for one in answers]
        assert got == [409, 409, 200, 200, 200]
        listed = (await school.lead.get(f"/v1/concerns/{concern}/attachments")).json()["items"]
        assert "encrypted" in listed[4]["flags"], "nobody could look inside, and people are told"

    async def test_that_was_away_clears_the_file_when_it_is_back(
        self, guarded: World, school: School, adapters: Adapters
    ) -> None:
        with a_clamd() as first:
            url = first.url
        answer = await added(school)
        gone = replace(adapters, antivirus=antivirus_from_url(url))
        async with a_worker(gone, [replace(SCAN, retry=SOON)]):
            await eventually(
                lambda: guarded.sql(
                    "select 1 from procrastinate_jobs where task_name = %s and attempts > 1 "
                    "and args->>'school_id' = %s",
                    SCAN.name, str(school.id),
                )
            )  # fmt: skip
        assert row(guarded, answer) == ("quarantined", "not_scanned")
        with a_clamd() as second:
            back = replace(adapters, antivirus=antivirus_from_url(second.url))
            async with a_worker(back, [replace(SCAN, retry=SOON)]):
                await eventually(lambda: row(guarded, answer) == ("available", "clean"))

    async def test_too_small_for_a_file_never_serves_it(
        self, guarded: World, school: School, adapters: Adapters
    ) -> None:
        answer = await added(school, PDF + bytes(3_000_000))
        with a_clamd(most_bytes=1_000_000) as small:
            await look(replace(adapters, antivirus=antivirus_from_url(small.url)), school, answer)
        assert row(guarded, answer) == ("held", "too_large")
        got = await school.lead.get(answer.headers["location"])
        assert got.json()["code"] == "attachment_held"
