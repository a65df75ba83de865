"""Starts and stops the programs that are measured, and reads the CPU time they used."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60


def free_port() -> int:
    """A port nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    name: str, command: list[str], port: int, environment: Mapping[str, str]
) -> Iterator[int]:
    """Run a server until the block ends; its process id. Its log goes to `var/bench`."""
    with Path("var/bench", f"{name}.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command], env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            _wait_for(port, server)
            yield server.pid
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("a server did not start: see the logs in var/bench")


def cpu_seconds(root: int) -> float:
    """CPU time so far of a process, its living children and those it has waited for."""
    total = sum(_times(root, with_ended=True))
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == root:
            total += sum(_times(int(entry.name), with_ended=False))
    return total / TICK


def memory_mib(pid: int) -> float:
    """Resident memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(folder: Path) -> int:
    fields = _stat(folder)
    return int(fields[1]) if fields else 0


def _times(pid: int, *, with_ended: bool) -> list[int]:
    fields = _stat(Path(f"/proc/{pid}"))
    return [int(field) for field in fields[11 : 15 if with_ended else 13]]
