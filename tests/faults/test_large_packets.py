"""A packet larger than the memory it may use: written and read with a lid on the process."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sampling import WHOLE

pytestmark = pytest.mark.machine_time

SIZE = 300_000_000 if WHOLE else 100_000_000
ROOM = 64_000_000
"""What a packet may cost beside the program: one part at a time, as bytes, ciphertext and text."""

PROGRAM = """
import resource, sys
from pathlib import Path
from app.formats.packets import PacketReader, PacketWriter
from tests.packets import MADE_AT, PACKET_ID, RECEIVER, SENDER, make_packet, opened

size, room, target = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
opened(make_packet({"warm": b"x" * 9_000_000}))
lines = Path("/proc/self/status").read_text().splitlines()
used = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmSize:"))
resource.setrlimit(resource.RLIMIT_AS, (used + room, used + room))

writer = PacketWriter(SENDER, RECEIVER, packet_id=PACKET_ID, made_at=MADE_AT)
block = bytes(range(256)) * 4096
with target.open("wb") as file:
    file.write(writer.begin("scan.pdf", "application/pdf"))
    for _ in range(size // len(block)):
        file.write(writer.write(block))
    file.write(writer.end() + writer.finish())
with target.open("rb") as file:
    reader = PacketReader(file)
    reader.open(keys=[RECEIVER], senders=[SENDER])
    reader.verify()
    assert reader.files[0].size == size // len(block) * len(block)
print(reader.manifest_sha256 == writer.manifest_sha256)
bytes(2 * room)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_flat_for_a_large_packet(tmp_path: Path) -> None:
    """The last line asks for more than the room: a lid that is not felt proves nothing."""
    target = tmp_path / "large.packet"
    words = [sys.executable, "-c", PROGRAM, str(SIZE), str(ROOM), str(target)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "True\n", done.stderr[-2000:]
    assert "MemoryError" in done.stderr.splitlines()[-1]
    assert target.stat().st_size > SIZE
