"""Documents are made by a worker that may die, from what the asker may see, into a store that may
be full."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest

from app.core import clock
from app.core.words import Role
from app.integrations.storage import LocalStorage, StorageUnavailable
from app.jobs.documents import make_document, sweep_documents
from app.jobs.queue import build_queue
from app.jobs.runner import Adapters, JobImpossible, Run
from tests.api.duty.test_calendars import change
from tests.api.records import a_concern, classify, verbs_about
from tests.jobs.working import WAITING
from tests.sampling import in_turn
from tests.world import Api, School, World

pytestmark = pytest.mark.machine_time

Values = dict[str, Any]
DETAIL = "Initial conference, 3 December"


async def ask(api: Api, child: UUID, **fields: Any) -> Values:
    """A chronology that was asked for."""
    body = {"purpose": "conference", "purpose_detail": DETAIL} | fields
    answer = await api.post(f"/v1/children/{child}/chronology-documents", body)
    assert answer.status_code == 202, answer.text
    found: Values = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{found['id']}"
    return found


def a_run(adapters: Adapters, school: School, job_id: str) -> Run:
    return Run(adapters, build_queue(adapters), {"school_id": str(school.id), "job_id": job_id})


async def state(api: Api, job_id: str) -> Values:
    answer = await api.get(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: Values = answer.json()
    return found


def text_of(made: bytes) -> str:
    file = pypdfium2.PdfDocument(made)
    pages = [file[number].get_textpage().get_text_bounded() for number in range(len(file))]
    return "\n".join(pages)


class Full(LocalStorage):
    """A store on a disk that has no room."""

    async def put(self, key: str, chunks: Any, *, limit: int) -> Any:
        raise StorageUnavailable


class TestMakeDocument:
    async def test_makes_what_the_asker_may_see_and_nothing_of_others(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child("Rhys", "Morgan")
        other = await school.child("Persephone", "Quillfeather")
        seen = await a_concern(school, child, other, text="Persephone Quillfeather pushed Rhys.")
        sealed = await a_concern(school, child, text="Only the lead knows of the hedgehog.")
        await classify(world, sealed, "K5")
        await school.lead.post(f"/v1/concerns/{seen}/comments", {"text": "Between us: badger."})
        deputy = school.api(Role.DEPUTY_DSL)
        job = await ask(deputy, child)
        assert (job["state"], job["total"], job["result"]) == ("queued", None, None)
        await make_document(a_run(adapters, school, job["id"]))
        done = await state(deputy, job["id"])
        assert (done["state"], done["done"], done["total"]) == ("done", 3, 3)
        late = await deputy.post(f"/v1/jobs/{job['id']}/cancel")
        assert (late.status_code, late.json()["code"]) == (409, "job_ended")
        answer = await deputy.get(done["result"])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == (
            f'attachment; filename="chronology-{done["reference"]}.pdf"'
        )
        assert "Rhys" not in answer.headers["content-disposition"]
        text = text_of(answer.content)
        for part in ("Another pupil pushed Rhys", DETAIL, done["reference"],
                     school[Role.DEPUTY_DSL].name):  # fmt: skip
            assert part in " ".join(text.split()), part
        raw = answer.content + _inflated(answer.content)
        for secret in ("Persephone", "Quillfeather", "hedgehog", "badger"):
            assert secret not in text
            assert secret.encode() not in raw
        assert "Persephone" not in (await deputy.get(
            f"/v1/documents/{job['id']}/document.json")).text  # fmt: skip
        assert verbs_about(world, job["id"]) == [
            "document.asked", "document.made", "document.made", "document.opened",
            "document.opened",
        ]  # fmt: skip

    async def test_prints_the_schools_own_words_and_nobody_in_them(
        self, school: School, adapters: Adapters
    ) -> None:
        words = {
            "own:playground": {"label": "Playground trouble", "categories": ["bullying"]},
            "own:gate": {"label": "Persephone at the gate", "categories": ["bullying"]},
        }
        assert (await change(school, own_categories=words)).status_code == 200
        child = await school.child("Rhys", "Morgan")
        other = await school.child("Persephone", "Quillfeather")
        await a_concern(school, child, other, categories=list(words))
        job = await ask(school.lead, child)
        await make_document(a_run(adapters, school, job["id"]))
        answer = await school.lead.get((await state(school.lead, job["id"]))["result"])
        text = " ".join(text_of(answer.content).split())
        assert "the school's own words: Playground trouble" in text
        assert "Persephone" not in text

    async def test_counts_nothing_that_the_asker_may_not_see(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        deputy = school.api(Role.DEPUTY_DSL)
        first = await ask(deputy, child)
        await make_document(a_run(adapters, school, first["id"]))
        sealed = await a_concern(school, child, text="Sealed.")
        await classify(world, sealed, "K5")
        second = await ask(deputy, child)
        await make_document(a_run(adapters, school, second["id"]))
        shown = [await state(deputy, one["id"]) for one in (first, second)]
        assert shown[0]["total"] == shown[1]["total"]
        contents = [
            (await deputy.get(f"/v1/documents/{one['id']}/document.json")).json() for one in shown
        ]
        assert contents[0]["entries"] == contents[1]["entries"]

    async def test_keeps_to_the_filters(self, school: School, adapters: Adapters) -> None:
        child = await school.child()
        old = (clock.now() - timedelta(days=400)).isoformat()
        await a_concern(school, child, occurred_at=old, text="Long ago.")
        await a_concern(school, child, text="Lately.")
        since = (clock.now() - timedelta(days=30)).isoformat()
        job = await ask(school.lead, child, since=since, kinds=["concern"])
        await make_document(a_run(adapters, school, job["id"]))
        content = (await school.lead.get(f"/v1/documents/{job['id']}/document.json")).json()
        assert [one["summary"].split("\n")[0] for one in content["entries"]] == ["Lately."]

    async def test_can_be_done_again_at_any_step(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        job = await ask(school.lead, child)
        run = a_run(adapters, school, job["id"])
        await make_document(run)
        first = await state(school.lead, job["id"])
        world.sql(
            "update document_job set state = 'asked', ended_at = null, key = null where id = %s",
            job["id"],
        )
        await make_document(run)
        again = await state(school.lead, job["id"])
        assert again["sha256"] == first["sha256"]
        await make_document(run)
        assert (await state(school.lead, job["id"]))["state"] == "done"

    async def test_fails_plainly_where_the_disk_is_full(
        self, school: School, adapters: Adapters, tmp_path: Path
    ) -> None:
        child = await school.child()
        job = await ask(school.lead, child)
        full = replace(adapters, storage=Full(tmp_path / "full"))
        await make_document(a_run(full, school, job["id"]))
        failed = await state(school.lead, job["id"])
        assert failed["state"] == "failed"
        assert failed["problems"][0]["code"] == "no_room"
        assert "full" in failed["problems"][0]["detail"]
        answer = await school.lead.get(f"/v1/jobs/{job['id']}/result")
        assert answer.json()["code"] == "job_not_done"

    async def test_is_refused_to_who_lost_the_right_meanwhile(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        person = await school.person(Role.DEPUTY_DSL)
        api = Api(world, person.token)
        job = await ask(api, child)
        world.sql("update membership set valid_to = current_date where staff_id = %s", person.id)
        await make_document(a_run(adapters, school, job["id"]))
        rows = world.sql("select state, problems from document_job where id = %s", job["id"])
        assert rows[0][0] == "failed"
        assert rows[0][1][0]["code"] == "rights_lost"

    async def test_does_nothing_for_a_cancelled_job(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        job = await ask(school.lead, child)
        answer = await school.lead.post(f"/v1/jobs/{job['id']}/cancel")
        assert answer.json()["state"] == "cancelled"
        await make_document(a_run(adapters, school, job["id"]))
        assert (await state(school.lead, job["id"]))["state"] == "cancelled"
        assert not world.sql("select 1 from document where id = %s", job["id"])

    async def test_gives_up_where_there_is_no_such_job(
        self, school: School, adapters: Adapters
    ) -> None:
        with pytest.raises(JobImpossible):
            await make_document(a_run(adapters, school, str(school.id)))


class TestOpenJobResult:
    async def test_is_refused_once_something_in_it_was_sealed(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        concern = await a_concern(school, child)
        deputy = school.api(Role.DEPUTY_DSL)
        job = await ask(deputy, child)
        await make_document(a_run(adapters, school, job["id"]))
        paths = [f"/v1/jobs/{job['id']}/result", f"/v1/documents/{job['id']}/document.json",
                 f"/v1/documents/{job['id']}/document.pdf"]  # fmt: skip
        assert [(await deputy.get(path)).status_code for path in paths] == [200, 200, 200]
        await classify(world, concern, "K5")
        for path in paths:
            assert (await deputy.get(path)).json()["code"] == "document_hidden"
        assert (await school.lead.get(paths[0])).json()["code"] == "job_not_found"
        assert (await school.lead.get(paths[1])).status_code == 200

    async def test_is_refused_where_the_store_damaged_it(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        job = await ask(school.lead, child)
        await make_document(a_run(adapters, school, job["id"]))
        world.sql("update document_job set sha256 = repeat('0', 64) where id = %s", job["id"])
        answer = await school.lead.get(f"/v1/jobs/{job['id']}/result")
        assert answer.status_code == 503


class TestSweepDocuments:
    async def test_removes_the_file_after_seven_days_and_keeps_the_content(
        self, world: World, school: School, adapters: Adapters
    ) -> None:
        child = await school.child()
        job = await ask(school.lead, child)
        await make_document(a_run(adapters, school, job["id"]))
        (key,) = world.sql("select key from document_job where id = %s", job["id"])[0]
        await sweep_documents(a_run(adapters, school, job["id"]))
        assert await adapters.storage.exists(key)
        world.sql(
            "update document_job set ended_at = ended_at - interval '8 days' where id = %s",
            job["id"],
        )
        await sweep_documents(a_run(adapters, school, job["id"]))
        assert not await adapters.storage.exists(key)
        swept = await state(school.lead, job["id"])
        assert (swept["state"], swept["result"], swept["kept_until"]) == ("done", None, None)
        answer = await school.lead.get(f"/v1/jobs/{job['id']}/result")
        assert answer.json()["code"] == "result_swept"
        again = await school.lead.get(f"/v1/documents/{job['id']}/document.pdf")
        assert again.content.startswith(b"%PDF")
        assert verbs_about(world, job["id"])[-2:] == ["document.swept", "document.opened"]


PROGRAM = """
import asyncio, os, sys
from app.core.settings import Settings
from app.jobs import documents
from app.jobs.queue import build_queue
from app.jobs.runner import adapters_of, Run

async def store(storage, key, made):
    open(sys.argv[3], "wb").write(made)
    await asyncio.sleep(600)

documents._store = store
async def main():
    adapters = adapters_of(Settings())
    run = Run(adapters, build_queue(adapters), {"school_id": sys.argv[1], "job_id": sys.argv[2]})
    await documents.make_document(run)
asyncio.run(main())
"""


class TestKilledWorker:
    @in_turn(3)
    async def test_leaves_a_job_that_another_goes_on_with(
        self, world: World, school: School, adapters: Adapters, tmp_path: Path
    ) -> None:
        child = await school.child()
        await a_concern(school, child)
        job = await ask(school.lead, child)
        settings = adapters.settings
        environment = {
            **os.environ,
            "CAIRN_DATABASE_URL": settings.database_url.get_secret_value(),
            "CAIRN_STORAGE_URL": settings.storage_url,
            "CAIRN_MAIL_URL": settings.mail_url,
            "CAIRN_MAIL_FROM": settings.mail_from,
        }
        mark = tmp_path / "set.pdf"
        command = [sys.executable, "-c", PROGRAM, str(school.id), job["id"], str(mark)]
        with subprocess.Popen(command, env=environment) as process:  # noqa: ASYNC220
            deadline = time.monotonic() + WAITING
            while not mark.exists() or not mark.stat().st_size:
                assert time.monotonic() < deadline
                assert process.poll() is None
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        halfway = await state(school.lead, job["id"])
        assert halfway["state"] == "running"
        assert halfway["done"] < halfway["total"]
        await make_document(a_run(adapters, school, job["id"]))
        done = await state(school.lead, job["id"])
        assert done["state"] == "done"
        made = (await school.lead.get(done["result"])).content
        assert made == mark.read_bytes()


def _inflated(made: bytes) -> bytes:
    """Every stream of the file without its compression, and every string."""
    with pikepdf.open(io.BytesIO(made)) as file:
        streams = [one.read_bytes() for one in file.objects if isinstance(one, pikepdf.Stream)]
    return b"".join(streams)
