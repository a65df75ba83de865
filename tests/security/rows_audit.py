"""Who may read the trail and its proofs."""

from app.core.words import Role
from app.integrations.seal_keys import SealKeyFolder
from app.jobs.sealing import Sealing
from tests.doubles import MemoryCheckpoints
from tests.security.rows import Row, plain
from tests.security.scenes import Call, Scene

LEAD = frozenset({Role.DSL})


async def seal(scene: Scene) -> None:
    """Seal what there is."""
    runtime = scene.world.runtime
    keys = SealKeyFolder(runtime.settings.keys_dir)
    done = await Sealing(runtime.database, keys, MemoryCheckpoints()).once()
    assert done.failed == []


async def _sealed(scene: Scene) -> Call:
    await seal(scene)
    return Call()


async def _entry(scene: Scene) -> Call:
    await seal(scene)
    entry = scene.world.sql(
        "select id from trail where school_id = %s order by seq limit 1", scene.school.id
    )[0][0]
    return Call({"entry_id": str(entry)})


async def _consistency(scene: Scene) -> Call:
    await seal(scene)
    return Call()


ROWS = {
    "open_audit": Row(LEAD, plain(), foreign=None),
    "list_checkpoints": Row(LEAD, _sealed, foreign=None),
    "get_latest_checkpoint": Row(LEAD, _sealed, foreign=None, once=True),
    "prove_consistency": Row(LEAD, _consistency, foreign=None, once=True),
    "list_seal_keys": Row(LEAD, plain(), foreign=None),
    "prove_entry": Row(LEAD, _entry),
}
