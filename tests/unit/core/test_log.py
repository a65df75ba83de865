"""Log lines say where and what kind, never what an exception's text quotes."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog

from app.core import log as logs

SECRET = "Zyxglorp"


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """What is written while the log is configured to write here."""
    text = io.StringIO()
    with redirect_stderr(text):
        logs.configure("debug")
        yield text
    logs.configure("error")


def an_error() -> Exception:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


class TestAnException:
    def test_is_named_without_its_text(self, said: io.StringIO) -> None:
        structlog.get_logger().error("broke", exc_info=an_error())
        line = json.loads(said.getvalue())
        assert line["exception"][-1] == "ValueError"
        assert "test_log.py" in line["exception"][0]
        assert SECRET not in said.getvalue()

    def test_of_a_library_is_named_without_its_text(self, said: io.StringIO) -> None:
        error = an_error()
        logging.getLogger("library").error("broke", exc_info=error)
        line = json.loads(said.getvalue())
        assert line["exception"][-1] == "ValueError"
        assert SECRET not in said.getvalue()

    def test_that_is_its_own_cause_is_told_once(self, said: io.StringIO) -> None:
        error = an_error()
        error.__cause__ = error
        structlog.get_logger().error("broke", exc_info=error)
        assert json.loads(said.getvalue())["exception"].count("ValueError") == 1
