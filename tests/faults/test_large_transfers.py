"""A file larger than the memory it may use moves from school to school, through every job."""

import hashlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.ids import new_id
from tests.api.records import a_concern
from tests.transfers import arrived, step_of, work_off
from tests.world import School, World

SIZE = 400 * 1024 * 1024
ROOM = 160_000_000
"""What the whole server of the tests may grow by: parts in flight, and everything else it does."""


def peak() -> int:
    """The most memory this process has had since `forget_peak`, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def blocks(digest: "hashlib._Hash") -> AsyncIterator[bytes]:
    """As many bytes as one attachment has, no two blocks alike."""
    for number in range(SIZE // (1 << 20)):
        block = number.to_bytes(4, "big") * (1 << 18)
        digest.update(block)
        yield block


async def enlarge(world: World, school: School, concern: str) -> str:
    """Give the concern an attachment that no upload would be allowed to be; its hash."""
    added = await school.staff.request(
        "POST", f"/v1/concerns/{concern}/attachments", content=b"A scan.",
        headers={"Content-Type": "text/plain"},
    )  # fmt: skip
    assert added.status_code == 201, added.text
    key, digest = f"attachments/{school.id}/{new_id()}", hashlib.sha256()
    await world.runtime.storage.put(key, blocks(digest), limit=SIZE)
    world.sql(
        "update attachment set key = %s, size = %s, sha256 = %s where school_id = %s and id = %s",
        key, SIZE, digest.hexdigest(), school.id, added.json()["id"],
    )  # fmt: skip
    return digest.hexdigest()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_moves_a_file_larger_than_the_room(
    world: World, school: School, other_school: School
) -> None:
    child = await school.child("Ada", "Marsh")
    concern = await a_concern(school, child, text="The scans are attached.")
    wanted = await enlarge(world, school, str(concern))
    forget_peak()
    before = peak()
    _, incoming = await arrived(world, school, other_school, child)
    await step_of(other_school.lead, "incoming-transfers", incoming, "accept", {"new_child": True})
    await work_off(world, school, other_school)
    grown = peak() - before
    ((key, size, sha256),) = world.sql(
        "select key, size, sha256 from received_attachment where school_id = %s", other_school.id
    )
    assert (size, sha256) == (SIZE, wanted)
    digest = hashlib.sha256()
    async for piece in await world.runtime.storage.get(key):
        digest.update(piece)
    assert digest.hexdigest() == wanted
    assert grown < ROOM, f"grew by {grown:,} bytes"
