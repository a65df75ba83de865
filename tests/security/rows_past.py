"""What another system kept: who sends it, reads its plan, lets it in, and takes it up."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from app.core.ids import new_id
from tests import past
from tests.security.rows import LEADS, READERS, R, Row, plain
from tests.security.scenes import SENTINEL, Call, Recipe, Scene

PREPARE = LEADS | {R.SCHOOL_ADMIN}
REASON = {"reason": SENTINEL}
CSV = b"source_id,children,occurred_at,text\n1,upn:R201100018042,2019,Cried.\n"
TAKERS = READERS - {R.PASTORAL}


async def _send(_scene: Scene) -> Call:
    return Call(
        query={"kind": "concern", "source": "cpoms:hilltop"}, content=CSV,
        headers={"Content-Type": "text/csv"},
    )  # fmt: skip


async def _made(scene: Scene, state: str) -> str:
    made = str(new_id())
    scene.world.sql(
        "insert into past_import (school_id, id, kind, source, file_name, key, sha256,"
        " size, plan_only, confidentiality, state, highest_class, counts, created_at, changed_at,"
        " ended_at) values (%s, %s, 'concern', 'cpoms:hilltop', 'c.csv', 'imports/x', 'x', 1,"
        " false, 'K3', %s, 'K3', %s, now(), now(), now())",
        scene.school.id, made, state, COUNTS,
    )  # fmt: skip
    scene.made.add(made)
    return made


COUNTS = (
    '{"new": 1, "unchanged": 0, "held": 0, "set_aside": 0, "refused": 0, "rows": 1, "open": 0,'
    ' "by_class": [], "problems": []}'
)


def _import(state: str, body: Any = None, *, change: bool = False) -> Recipe:
    """An import in a state."""

    async def recipe(scene: Scene) -> Call:
        ids = {"import_id": await _made(scene, state)}
        return Call(ids, body, version=1 if change else None)

    return recipe


async def _planned(scene: Scene) -> Call:
    """The plan of a file with a child nobody knows, and with a line that is refused."""
    rows = (past.row("1", "text:Zyxglorp"), past.row("2", "text:Zyxglorp", occurred_at="soon"))
    found = await past.Past(scene.school).planned(past.csv_of(*rows))
    scene.made.add(found["id"])
    return Call({"import_id": found["id"]})


async def _match(scene: Scene) -> Call:
    ids, child = {"import_id": await _made(scene, "held")}, str(new_id())
    scene.world.sql(
        "insert into past_child (school_id, id, source, reference)"
        " values (%s, %s, 'cpoms:hilltop', %s)", scene.school.id, child, f"text:{child}",
    )  # fmt: skip
    scene.made.add(child)
    return Call({**ids, "source_child_id": child}, {"child_id": await scene.child()})


async def _document(scene: Scene) -> Call:
    """A document, with its file in the store."""
    call = await _entry()(scene)
    key, file = f"attachments/{scene.school.id}/{new_id()}", b"%PDF-1.4 " + SENTINEL.encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield file

    await scene.world.runtime.storage.put(key, pieces(), limit=10_000)
    scene.world.sql(
        "insert into past_file (school_id, id, file_name, content_type, size, sha256, key,"
        " recorded_at, state, scan_result, flags) values (%s, %s, 'a.pdf', 'application/pdf',"
        " %s, %s, %s, now(), 'available', 'not_scanned', '{}')",
        scene.school.id, call.ids["past_entry_id"], len(file),
        hashlib.sha256(file).hexdigest(), key,
    )  # fmt: skip
    return call


def _entry(body: Any = None, *, change: bool = False) -> Recipe:
    """A past entry of class K3 that was still open."""

    async def recipe(scene: Scene) -> Call:
        made = str(new_id())
        scene.world.sql(
            "insert into past_entry (school_id, id, child_id, child_role, import_id,"
            " source, kind, source_id, occurred_at, occurred_unit, occurred_about,"
            " confidentiality, source_categories, categories, text, details, open, significant,"
            " links, redacted, line, row_sha256, cells, imported_at, changed_at)"
            " values (%s, %s, %s, 'subject', %s, 'cpoms:hilltop', 'concern', %s, now(), 'day',"
            " false, 'K3', '{}', '{}', %s, '{}', true, false, '{}', false, 2, 'x', '{}', now(),"
            " now())",
            scene.school.id, made, await scene.child(), await _made(scene, "applied"), made,
            SENTINEL,
        )  # fmt: skip
        scene.made.add(made)
        return Call({"past_entry_id": made}, body, version=1 if change else None)

    return recipe


ROWS = {
    "import_past": Row(PREPARE, _send, foreign=None),
    "list_past_imports": Row(PREPARE, plain(), foreign=None),
    "get_past_import": Row(PREPARE, _import("planned")),
    "list_past_problems": Row(PREPARE, _planned),
    "update_past_import": Row(PREPARE, _import("planned", {"confidentiality": "K4"}, change=True)),
    "open_past_rows": Row(LEADS, _planned),
    "list_source_children": Row(LEADS, _planned),
    "match_source_child": Row(LEADS, _match),
    "approve_past_import": Row(LEADS, _import("planned", REASON, change=True)),
    "undo_past_import": Row(LEADS, _import("applied", REASON, change=True)),
    "list_past_entries": Row(READERS, plain(), foreign=None),
    "open_past_entry": Row(TAKERS, _entry(), narrower=True, hides=True),
    "download_past_file": Row(TAKERS, _document, narrower=True, hides=True),
    "take_up_past_entry": Row(
        TAKERS, _entry({"immediacy": "today"}, change=True), narrower=True, hides=True
    ),
}
