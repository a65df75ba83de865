"""Documents to print: who may ask, who may look, and what proves a copy."""

import base64
import hashlib
from typing import Any
from uuid import UUID

import pypdfium2  # type: ignore[import-untyped]
import pytest

from app.core.words import Role
from app.domain.sharing.document_jobs.commands import keep_progress
from app.domain.sharing.documents import commands as printing
from app.formats.documents import letters
from tests.api.records import a_concern, a_contact, a_share, verbs_about
from tests.api.referring import a_body, a_draft, a_key, an_agency, now, step
from tests.api.sharing.test_shares import approve, drafted
from tests.security.scenes import Scene
from tests.world import School, World


def text_of(made: bytes) -> str:
    file = pypdfium2.PdfDocument(made)
    return "\n".join(file[n].get_textpage().get_text_bounded() for n in range(len(file)))


async def asked(school: School) -> tuple[str, dict[str, Any]]:
    """A child and a chronology the lead asked for."""
    child = await school.child()
    answer = await school.lead.post(
        f"/v1/children/{child}/chronology-documents", {"purpose": "court"}
    )
    assert answer.status_code == 202, answer.text
    return str(child), answer.json()


class TestAskForChronology:
    async def test_leaves_a_trace_and_a_job_of_ids_only(self, world: World, school: School) -> None:
        child, job = await asked(school)
        assert verbs_about(world, job["id"]) == ["document.asked"]
        rows = world.sql(
            "select args from procrastinate_jobs where args->>'job_id' = %s", job["id"]
        )
        assert rows == [({"school_id": str(school.id), "job_id": job["id"]},)]
        assert job["child_id"] == child

    async def test_needs_a_purpose_and_a_period_that_is_one(self, school: School) -> None:
        child = await school.child()
        path = f"/v1/children/{child}/chronology-documents"
        for body in (
            {},
            {"purpose": "curiosity"},
            {"purpose": "court", "since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        ):
            assert (await school.lead.post(path, body)).status_code == 422

    async def test_is_refused_to_who_may_not_print(self, school: School) -> None:
        child = await school.child()
        for role in (Role.STAFF, Role.PASTORAL, Role.SCHOOL_ADMIN):
            answer = await school.api(role).post(
                f"/v1/children/{child}/chronology-documents", {"purpose": "court"}
            )
            assert answer.status_code == 403


class TestGetJob:
    async def test_shows_a_job_to_who_asked_alone(self, school: School) -> None:
        _, job = await asked(school)
        assert (await school.lead.get(f"/v1/jobs/{job['id']}")).json()["state"] == "queued"
        other = await school.api(Role.DEPUTY_DSL).get(f"/v1/jobs/{job['id']}")
        assert other.status_code == 404
        assert other.json()["code"] == "job_not_found"

    async def test_answers_304_while_nothing_moved(self, world: World, school: School) -> None:
        _, job = await asked(school)
        first = await school.lead.get(f"/v1/jobs/{job['id']}")
        known = {"If-None-Match": first.headers["etag"]}
        again = await school.lead.get(f"/v1/jobs/{job['id']}", headers=known)
        assert again.status_code == 304
        await keep_progress(world.runtime.database, school.id, UUID(job["id"]), 0, None)
        again = await school.lead.get(f"/v1/jobs/{job['id']}", headers=known)
        assert (again.status_code, again.json()["state"]) == (200, "running")


class TestCancelJob:
    async def test_can_be_said_twice(self, world: World, school: School) -> None:
        _, job = await asked(school)
        for _ in range(2):
            answer = await school.lead.post(f"/v1/jobs/{job['id']}/cancel")
            assert answer.status_code == 200
            assert answer.json()["state"] == "cancelled"
        assert verbs_about(world, job["id"]) == ["document.asked", "document.cancelled"]


class TestPrintShare:
    async def test_prints_what_was_frozen_with_the_hash_that_proves_it(
        self, world: World, school: School
    ) -> None:
        child = await school.child("Rhys", "Morgan")
        contact = await a_contact(world, school, child)
        concern = await a_concern(school, child, text="#eval(1) fell off a wall.")
        body = a_share(child, {"via": "contact", "contact_id": contact}, concern)
        share = await drafted(school, body)
        early = await school.lead.get(f"/v1/shares/{share['id']}/document.pdf")
        assert early.json()["code"] == "nothing_frozen"
        approved = await approve(school.lead, share["id"])
        assert approved.status_code == 200, approved.text
        frozen = await school.lead.get(f"/v1/shares/{share['id']}/snapshot")
        for language, words in (("en", "Information shared with you"), ("cy", "Gwybodaeth")):
            answer = await school.lead.get(
                f"/v1/shares/{share['id']}/document.pdf?language={language}"
            )
            assert answer.status_code == 200
            assert answer.headers["content-language"] == language
            digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
            assert answer.headers["content-digest"] == f"sha-256=:{digest}:"
            text = text_of(answer.content)
            assert words in text
            assert hashlib.sha256(frozen.content).hexdigest() in text
            assert school[Role.DSL].name in text
            assert "#eval(1) fell off a wall." in text
        assert verbs_about(world, share["id"])[-2:] == ["document.opened", "document.opened"]


class TestPrintReferral:
    async def test_prints_and_gives_out_what_was_frozen(self, world: World, school: School) -> None:
        scene = Scene(world, school, school[Role.DSL])
        referral = await scene.referral()
        path = f"/v1/referrals/{referral}"
        assert (await school.lead.get(f"{path}/document.json")).json()["code"] == "nothing_frozen"
        assert (await school.lead.get(f"{path}/document.pdf")).json()["code"] == "nothing_frozen"
        read = await school.lead.get(path)
        approved = await school.lead.post(
            f"{path}/approve", {"reason": "It protects."}, version=read.headers["etag"].strip('"')
        )
        assert approved.status_code == 200, approved.text
        frozen = await school.lead.get(f"{path}/document.json")
        printed = await school.lead.get(f"{path}/document.pdf")
        assert hashlib.sha256(frozen.content).hexdigest() in text_of(printed.content)
        assert verbs_about(world, referral)[-1] == "document.opened"

    async def test_says_when_it_cannot_be_printed(
        self, world: World, school: School, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scene = Scene(world, school, school[Role.DSL])
        path = f"/v1/referrals/{await scene.referral()}"
        version = (await school.lead.get(path)).headers["etag"].strip('"')
        approved = await school.lead.post(
            f"{path}/approve", {"reason": "It protects."}, version=version
        )
        assert approved.status_code == 200, approved.text
        with monkeypatch.context() as limits:
            limits.setattr(printing, "MOST_WAITING", 0)
            busy = await school.lead.get(f"{path}/document.pdf")
        assert (busy.status_code, busy.json()["code"]) == (503, "documents_busy")
        with monkeypatch.context() as limits:
            limits.setattr(letters, "LONGEST", 10)
            large = await school.lead.get(f"{path}/document.pdf")
        assert (large.status_code, large.json()["code"]) == (422, "document_not_made")

    async def test_claims_no_approval_for_an_emergency_that_nobody_approved(
        self, world: World, school: School
    ) -> None:
        agency = await an_agency(school)
        system = await a_key(world, school, agency)
        body = await a_body(school, agency, urgency="emergency", fields={}, consent=None)
        referral = await a_draft(school, body)
        sent = await step(
            school.lead, referral, "send", {"route": "phoned", "at": now(), "to": "MASH"}
        )
        assert sent.status_code == 200, sent.text
        for api, path in (
            (school.lead, f"/v1/referrals/{referral}"), (system, f"/v1/agency/referrals/{referral}")
        ):  # fmt: skip
            printed = await api.get(f"{path}/document.pdf")
            text = " ".join(text_of(printed.content).split())
            assert "Sent before approval, as an emergency; to be reviewed afterwards" in text
            assert "Approved" not in text
            assert "Not answered" in text


class TestOpenDocument:
    async def test_knows_no_document_before_it_was_frozen(self, school: School) -> None:
        _, job = await asked(school)
        answer = await school.lead.get(f"/v1/documents/{job['id']}/document.json")
        assert answer.json()["code"] == "document_not_found"
