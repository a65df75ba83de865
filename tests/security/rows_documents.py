"""Who asks for documents, watches the jobs that make them, and prints what was frozen."""

from collections.abc import AsyncIterator
from hashlib import sha256

import orjson

from app.core.clock import now
from app.core.ids import new_id
from tests.security.rows import LEADS, R, Row
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

PRINTERS = LEADS | {R.HEADTEACHER}
MADE = b"%PDF a document"
CONTENT = orjson.dumps(
    {
        "format": "cairn-chronology/1",
        "kind": "chronology",
        "reference": "D-2026-000001",
        "school": {"name": "A school"},
        "child": {"name": SENTINEL, "known_as": SENTINEL, "date_of_birth": "2015-01-01"},
        "asked": {
            "purpose": "court", "purpose_detail": SENTINEL, "kinds": [], "category": None,
            "since": None, "until": None, "significant": None,
        },
        "entries": [],
    }
)  # fmt: skip


async def _ask(scene: Scene) -> Call:
    return Call({"child_id": await scene.child()}, {"purpose": "court", "purpose_detail": SENTINEL})


def _job(*, done: bool = False) -> Recipe:
    """A job of the actor; a finished one has its file in the store."""

    async def recipe(scene: Scene) -> Call:
        id_, child = str(new_id()), await scene.child()
        state, key = ("done", f"documents/{id_}") if done else ("asked", None)
        if done:
            await scene.world.runtime.storage.put(f"documents/{id_}", _chunks(), limit=100)
        scene.world.sql(
            "insert into document_job (school_id, id, kind, child_id, asked, asked_by, asked_role,"
            " asked_at, state, ended_at, key, sha256, size) values (%s, %s, 'chronology', %s,"
            " '{\"purpose\": \"court\"}', %s, %s, now(), %s, %s, %s, %s, %s)",
            scene.school.id, id_, child, scene.actor.id, scene.actor.role_name, state,
            now() if done else None, key, _sha256(MADE) if done else None, len(MADE),
        )  # fmt: skip
        if done:
            scene.world.sql(
                "insert into document (school_id, id, reference, kind, child_id, purpose, content,"
                " sha256, template_version, entry_ids, made_by, made_at) values (%s, %s, %s,"
                " 'chronology', %s, 'court', %s, %s, 1, '{}', %s, now())",
                scene.school.id, id_, id_, child, CONTENT, _sha256(CONTENT),
                scene.actor.id,
            )  # fmt: skip
        scene.made.add(id_)
        return Call({"job_id": id_})

    return recipe


async def _chunks() -> AsyncIterator[bytes]:
    yield MADE


def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()


async def _document(scene: Scene) -> Call:
    call = await _job(done=True)(scene)
    return Call({"document_id": call.ids["job_id"]})


async def _share(scene: Scene) -> Call:
    return Call({"share_id": await scene.share("approved")})


async def _referral(scene: Scene) -> Call:
    return Call({"referral_id": await scene.referral("approved")})


ROWS = {
    "request_chronology": Row(PRINTERS, _ask),
    "get_job": Row(PRINTERS, _job()),
    "cancel_job": Row(PRINTERS, _job()),
    "download_job_result": Row(PRINTERS, _job(done=True)),
    "download_document": Row(PRINTERS, _document),
    "download_document_pdf": Row(PRINTERS, _document),
    "download_share_pdf": Row(PRINTERS, _share),
    "download_referral_pdf": Row(PRINTERS, _referral),
    "download_referral": Row(PRINTERS, _referral),
}
