"""A real clamd of a test's own, with a signature for the harmless test file alone."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
HARMLESS = (
    "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + "$H+H*"
).encode()
"""The test file of EICAR, in parts, so that nothing takes this file for it."""
SIGNATURE = "Local.Eicar"
WAITING = 30.0


@dataclass
class Daemon:
    """A clamd that runs."""

    socket: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """As the setting has it."""
        return f"clamd://{self.socket}"


@contextmanager
def a_clamd(*, most_bytes: int = 30_000_000) -> Iterator[Daemon]:
    """A clamd until the block ends; it takes files of up to `most_bytes`."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(prefix="cairn-clamd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = folder / "db"
        database.mkdir()
        (database / "local.ndb").write_text(f"{SIGNATURE}:0:*:{HARMLESS.hex()}\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        lines = {
            "LocalSocket": folder / "socket", "TCPSocket": port, "TCPAddr": "127.0.0.1",
            "DatabaseDirectory": database, "Foreground": "yes", "SelfCheck": 0,
            "StreamMaxLength": most_bytes, "AlertExceedsMax": "yes", "AlertEncrypted": "yes",
            "AlertOLE2Macros": "yes",
        }  # fmt: skip
        settings = folder / "clamd.conf"
        settings.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        with subprocess.Popen(
            [PROGRAM, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                _wait(folder / "socket", process)
                yield Daemon(folder / "socket", port, process)
            finally:
                process.kill()


def _wait(place: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + WAITING
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(place)) == 0:
                return
        assert process.poll() is None, "clamd did not start"
        assert time.monotonic() < until
        time.sleep(0.05)
