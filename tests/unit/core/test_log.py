"""Log lines say where and what kind, never what an exception's text quotes."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from app.core import log as logs

SECRET = "Zyxglorp"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What has been written to the log."""
    logs.configure("debug")
    yield lambda: capsys.readouterr().err
    logs.configure("error")


def an_error() -> Exception:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


class TestAnException:
    def test_is_named_without_its_text(self, said: Callable[[], str]) -> None:
        structlog.get_logger().error("broke", exc_info=an_error())
        written = said()
        line = json.loads(written)
        assert line["exception"][-1] == "ValueError"
        assert "test_log.py" in line["exception"][0]
        assert SECRET not in written

    def test_of_a_library_is_named_without_its_text(self, said: Callable[[], str]) -> None:
        error = an_error()
        logging.getLogger("library").error("broke", exc_info=error)
        written = said()
        line = json.loads(written)
        assert line["exception"][-1] == "ValueError"
        assert SECRET not in written

    def test_that_is_its_own_cause_is_told_once(self, said: Callable[[], str]) -> None:
        error = an_error()
        error.__cause__ = error
        structlog.get_logger().error("broke", exc_info=error)
        assert json.loads(said())["exception"].count("ValueError") == 1
