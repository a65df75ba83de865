"""Has one document typeset: bounded in size, in time, in number and in what it can reach."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from app.formats.documents.letters import DocumentTooLarge, Letters, printable

COMPILER = Path(__file__).parent / "compiling.py"
REFUSED_CODE = 3
AT_ONCE = 2
WAIT_SECONDS = 20.0
LONGEST_SECONDS = 300.0
"""On a machine that is busy with other things; what is too much ends by its CPU time before."""
TRIES = 6
REFUSED = re.compile(r'the text `("(?:[^"\\]|\\.)*")` could not be displayed')
ESCAPE = re.compile(r"\\u\{([0-9a-f]{1,6})\}")

Layout = Callable[[Letters], Mapping[str, Any]]
_turns = BoundedSemaphore(AT_ONCE)


class SettingBusy(Exception):
    """Too many documents are being set; try again shortly."""


class SettingFailed(Exception):
    """The typesetter refused the document: a fault of ours. Its text quotes no content."""


class _NoShape(Exception):
    """A text that the typesetter cannot show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def set_document(template: str, lay_out: Layout) -> bytes:
    """The document as PDF/UA-1 and PDF/A-2a.

    Text that the typesetter cannot show is named by its Unicode numbers, until it can; at the
    last everything but plain letters is.
    Raises `DocumentTooLarge`, `SettingBusy`, `SettingFailed`.
    """
    refused: list[str] = []
    for _ in range(TRIES):
        try:
            return _compiled(template, printable(lay_out(Letters(refused))))
        except _NoShape as error:
            refused.append(error.text)
        except SettingFailed:
            break
    try:
        return _compiled(template, printable(lay_out(Letters(fonts="plain"))))
    except _NoShape:
        raise SettingFailed("letters") from None


def _compiled(template: str, laid: str) -> bytes:
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise SettingBusy
    try:
        done = subprocess.run(  # noqa: S603 - our own program, with a name of ours
            [sys.executable, "-I", str(COMPILER), template],
            input=laid.encode(),
            capture_output=True,
            timeout=LONGEST_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise SettingBusy from None
    finally:
        _turns.release()
    if done.returncode == 0 and done.stdout.startswith(b"%PDF"):
        return done.stdout
    if done.returncode == REFUSED_CODE:
        _explain(done.stderr.decode(errors="replace"))
    if done.returncode < 0:  # it used up its CPU time or its memory
        raise DocumentTooLarge
    raise SettingFailed("the typesetter did not start")


def _explain(message: str) -> None:
    """Raise what the typesetter's message means; its words alone are repeated, never a text."""
    match = REFUSED.search(message)
    if match is not None and (text := _unescaped(match[1])):
        raise _NoShape(text)
    raise SettingFailed(message.split("`", 1)[0][:120])


def _unescaped(quoted: str) -> str:
    """A text as the typesetter quotes it in its message."""
    plain = ESCAPE.sub(lambda item: f"\\U{int(item[1], 16):08x}", quoted)
    try:
        return str(ast.literal_eval(plain))
    except (SyntaxError, ValueError):
        return ""
