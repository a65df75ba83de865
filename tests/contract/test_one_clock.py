"""Every program of a run has the same time, also where `make test-dates` moves it."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import psycopg
import pytest

from app.core import clock

pytestmark = pytest.mark.machine_time

SECONDS = 30.0
STARTED = "import time; print(time.time())"


def test_the_server_has_the_time_of_this_process(admin_url: str) -> None:
    with psycopg.connect(admin_url) as connection:
        rows = connection.execute("select extract(epoch from clock_timestamp())").fetchall()
    assert abs(float(rows[0][0]) - time.time()) < SECONDS


def test_a_program_that_is_started_has_it_too() -> None:
    said = subprocess.run(
        [sys.executable, "-c", STARTED], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    assert abs(float(said) - time.time()) < SECONDS


def test_the_clock_is_that_of_the_machine_here() -> None:
    assert abs(clock.now().timestamp() - time.time()) < SECONDS


def test_the_date_is_moved_by_what_was_asked_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file's time is the kernel's, which nothing moves; usually nothing else is, either."""
    file = tmp_path_factory.mktemp("now") / "now"
    file.touch()
    real = subprocess.run(
        ["stat", "-c", "%Y", str(file)],
        env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
        stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    moved = datetime.fromtimestamp(time.time(), UTC) - datetime.fromtimestamp(int(real), UTC)
    assert abs(moved.total_seconds() - int(os.environ.get("CAIRN_MOVED_BY", "0"))) < SECONDS
