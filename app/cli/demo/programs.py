"""Starts the API and the worker of the demo, watches them, and stops them in time."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from app.cli.failures import CommandFailed

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GOODBYE_SECONDS = 5.0
READY_SECONDS = 60.0
LOOK_EVERY = 0.2
PR_SET_PDEATHSIG = 1
BEGIN = "from app.cli.demo.programs import begin; begin()"
LAST_LINES = 12


def begin() -> None:
    """Run as one of the demo's programs: a `cairn` command that ends when the demo is killed."""
    from app.cli import main

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    main()


@contextmanager
def signals_held() -> Iterator[None]:
    """Let nothing interrupt a step that has to be done or not done; what came is told after."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def stoppable() -> Iterator[None]:
    """Every way to be told to stop becomes the one that Python knows, `KeyboardInterrupt`."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.raise_signal(signal.SIGINT)

    # A shell starts what it puts into the background with Ctrl-C ignored.
    before = {signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler)}
    for number in STOP_SIGNALS[1:]:
        before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_port(port: int) -> None:
    """Raise `CommandFailed` where another program listens already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandFailed(
                f"port {port} is taken by another program; choose another: put "
                f"`PORT={port + 1}` before `make`"
            ) from None


@dataclass(slots=True)
class Program:
    """One child process and the file that it writes to."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def end_of_log(self) -> str:
        """The last lines it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"  {line}" for line in lines) or "  (it said nothing)"


@dataclass(slots=True)
class Programs:
    """The demo's programs, all started and stopped together."""

    logs: Path
    environment: Mapping[str, str]
    running: list[Program] = field(default_factory=list)

    def start(self, name: str, *arguments: str) -> None:
        """Start `cairn` with arguments, in a group of its own: Ctrl-C reaches the demo first."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        path = self.logs / f"{name}.log"
        with signals_held(), path.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                [sys.executable, "-c", BEGIN, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                start_new_session=True,
                # The mask is inherited, and they have to hear us.
                preexec_fn=_hear_again,  # noqa: PLW1509 - there is one thread only
            )
            self.running.append(Program(name, process, path))

    def wait_until_ready(self, url: str) -> None:
        """Until the API answers. Raises `CommandFailed` when it does not."""
        patience = time.monotonic() + READY_SECONDS
        while not _answers(url):
            self.check()
            if time.monotonic() > patience:
                raise CommandFailed(f"the API did not answer within {READY_SECONDS:.0f} seconds")
            time.sleep(LOOK_EVERY)

    def watch(self) -> None:
        """Until one of them ends. Raises `CommandFailed`, which says which and why."""
        while True:
            self.check()
            time.sleep(LOOK_EVERY)

    def check(self) -> None:
        """Raise `CommandFailed` where one has ended."""
        for program in self.running:
            if (code := program.process.poll()) is not None:
                raise CommandFailed(
                    f"the {program.name} program ended by itself (exit code {code}), so the demo "
                    f"stops. {program.log} ends with:\n{program.end_of_log()}"
                )

    def stop(self) -> None:
        """Tell all of them to end, wait a little, and end what is left."""
        for program in self.running:
            if program.process.poll() is None:
                program.process.terminate()
        patience = time.monotonic() + GOODBYE_SECONDS
        for program in self.running:
            try:
                program.process.wait(max(0.1, patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()
        self.running.clear()


def _hear_again() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
