"""Records of keeping a child safe for tests: kept by the lead, and every kind that code keeps."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import app
from app.core.words import Actor, Role
from app.db.unit_of_work import open_work
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record
from tests.world import School, World

HOME = Path(app.__file__).parent
NUMBER, FRIENDS_NUMBER = "01632 960321", "07700 900123"


async def a_kept_record(
    world: World, school: School, child: UUID, kind: str, content: Mapping[str, Any],
    summary: str = "Kept.", **more: Any,
) -> str:  # fmt: skip
    """The id of a record that the lead has kept."""
    lead = school[Role.DSL]
    actor = Actor(lead.id, school.id, Role.DSL, lead.session_id)
    async with open_work(world.runtime.database, actor) as work:
        held = await child_to_keep_safe(work, child)
        record = await keep_record(work, held, KeepRecord(kind, content, summary, **more))
    return str(record.id)


def a_plan(friend: UUID | None, name: str) -> dict[str, Any]:
    """The content of a plan whose fourth step names an adult and a friend."""
    helpers = [
        {"name": "Ms Okafor", "number": NUMBER, "when": "At school", "agreed": {"value": True},
         "is_pupil": False, "pupil_id": None},
        {"name": name, "number": FRIENDS_NUMBER, "when": "Evenings", "agreed": {"value": True},
         "is_pupil": True, "pupil_id": friend and str(friend)},
    ]  # fmt: skip
    steps = {
        "signs": [{"words": f"When {name} does not write back", "picture": None,
                   "attachment_id": None}],
        "helpers": helpers,
        "services": [{"name": "Childline", "number": "0800 1111", "when": "Always"}],
    }  # fmt: skip
    return {
        "number": 1, "made_with": "joint", "language": "en", "formats": ["words"],
        "steps": steps, "staff_note": "Between staff: zqstaffnoteqz",
    }  # fmt: skip


def kinds_kept() -> Iterator[str]:
    """Every kind of record that a command of ours can keep."""
    for path in sorted((HOME / "domain").rglob("*.py")):
        text = path.read_text()
        if "KeepRecord(" not in text or path == HOME / "domain/safety/records/commands.py":
            continue
        module = import_module(".".join(path.relative_to(HOME.parent).with_suffix("").parts))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "KeepRecord":
                given = {word.arg: word.value for word in node.keywords}
                first = node.args[0] if node.args else given["kind"]
                if ast.unparse(first) == "kind":
                    yield from module.HAPPENED  # kinds that one command writes down
                else:
                    yield str(_value(first, module))


def _value(node: ast.expr, module: Any) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, module), node.attr)
    return getattr(module, ast.unparse(node))
