"""A lead's day, and who its work can be given to: who may."""

from tests.security.rows import READERS, Row, plain
from tests.security.scenes import Call, Scene


async def _of_concern(scene: Scene) -> Call:
    return Call(query={"about_kind": "concern", "about_id": await scene.triaged()})


ROWS: dict[str, Row] = {
    "get_overview": Row(READERS, plain(), foreign=None),
    "get_possible_owners": Row(READERS, _of_concern),
}
