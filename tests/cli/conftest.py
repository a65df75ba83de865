"""What the tests of commands share."""

import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from app.cli import main
from tests.cli.installations import Cairn


@pytest.fixture(scope="module")
def module_cairn() -> Iterator[Cairn]:
    """Runs a command with its own environment: exit code, and what it said."""
    with pytest.MonkeyPatch.context() as patch:

        def run(variables: dict[str, str], *words: str) -> tuple[int, str, str]:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["cairn", *words])
            said, error = StringIO(), StringIO()
            with redirect_stdout(said), redirect_stderr(error), pytest.raises(SystemExit) as ended:
                main()
            return int(ended.value.code or 0), said.getvalue(), error.getvalue()

        yield run


@pytest.fixture
def cairn(module_cairn: Cairn) -> Cairn:
    """The same for one test."""
    return module_cairn
