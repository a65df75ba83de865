"""The benchmark and the soak run: a few rows and seconds of each, so that they cannot rot.

No figure is looked at: what they measure is for a quiet machine.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import embedded
from tests.sampling import in_turn

REPOSITORY = Path(__file__).parents[2]
A_WORKER_IS_KILLED = "1"
"""The seed of a soak whose first stroke takes one worker, and comes soon."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where they keep their server, which ends with them."""
    made = Path(tempfile.mkdtemp(prefix="cairn-bench-"))
    made.chmod(0o755)
    yield made
    for name in ("bench", "soak"):
        embedded.erase(made / "var" / name / "postgres")
    shutil.rmtree(made)


def run(folder: Path, *words: str, **environment: str) -> str:
    """What it printed; fails unless it ends well."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:]
    return done.stdout


class TestTheBenchmark:
    def test_compares_every_operation_with_the_twin(self, folder: Path) -> None:
        said = run(folder, "bench", "--tiny", "--print-only", "--rounds", "1", "--seconds", "0.2")
        measured = {line.strip().partition(":")[0] for line in said.splitlines()}
        for operation in ("list", "chronology", "raise"):
            assert {f"{operation} app", f"{operation} twin"} <= measured


class TestTheSoak:
    @in_turn(4)
    def test_keeps_every_promise_when_a_worker_is_killed(self, folder: Path) -> None:
        said = run(folder, "bench.soak", SOAK_S="0.1", SOAK_TICK="1", SOAK_SEED=A_WORKER_IS_KILLED)
        assert "kill worker-1" in said
        assert "MISSED" not in said
