"""Rows of the matrix: the stream of events and the list of changes."""

from tests.security.rows import EVERYBODY, R, Row, plain
from tests.security.scenes import Call, Scene

TOLD = EVERYBODY - {R.GOVERNOR}


async def _since_the_start(scene: Scene) -> Call:
    """What came first: a concern is among it."""
    await scene.concern()
    return Call(query={"since": "start", "kind": "concern.raised", "limit": "5"})


ROWS = {
    "list_changes": Row(TOLD, _since_the_start, None),
    "stream_events": Row(TOLD, plain(), None),
}
