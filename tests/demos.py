"""`cairn demo` as a program of its own: started, waited for, and stopped with all it started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.db import embedded

CAIRN = Path(sys.executable).with_name("cairn")
STOP_SECONDS = 20
READY = "Press Ctrl-C to stop."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descendants(pid: int) -> set[int]:
    """Every process below one, as `ps` sees them."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    parents = {int(one): int(two) for one, two in (line.split() for line in listed.splitlines())}
    found, added = {pid}, {pid}
    while added:
        added = {one for one, above in parents.items() if above in added}
        found |= added
    return found - {pid}


@dataclass
class Running:
    """A `cairn demo` that has been started, and what it said so far."""

    folder: Path
    """Where its `var/` lies."""
    port: int
    line: str = ""
    """What a page says to type for it."""
    typed_in: Path | None = None
    """Where that is typed."""
    process: "subprocess.Popen[str]" = field(init=False)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        kept = {n: v for n, v in os.environ.items() if n not in ("DATABASE_URL", "PORT")}
        self.output = self.folder / f"said-{self.port}.txt"
        with self.output.open("w") as said:
            self.process = subprocess.Popen(
                ["bash", "-c", self.line] if self.line else [str(CAIRN), "demo"],
                cwd=self.typed_in or self.folder,
                env={**kept, "PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=bool(self.line),
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str, seconds: float) -> float:
        """How long after the start it said so."""
        while text not in self.said:
            waited = time.monotonic() - self.started
            assert self.process.poll() is None, self.said
            assert waited < seconds, self.said
            time.sleep(0.1)
        return time.monotonic() - self.started

    def postmaster(self) -> int:
        found = next(self.clusters(), None)
        assert found is not None
        return int(found.read_text().splitlines()[0])

    def clusters(self) -> Iterator[Path]:
        """The file that names the server's process, wherever the cluster had to be put."""
        wanted = self.folder / "var" / "postgres"
        for home in (wanted, embedded._moved(wanted, durable=True)):
            if (path := home / "data" / "postmaster.pid").exists():
                yield path

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Tell it to stop; answers its exit code once nothing of it is left."""
        below = descendants(self.process.pid) | {
            int(path.read_text().splitlines()[0]) for path in self.clusters()
        }
        if self.line:
            os.killpg(self.process.pid, number)  # as a terminal tells a shell and its program
        else:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        assert not [pid for pid in below if alive(pid)], self.said
        assert not list(self.clusters())
        return code
