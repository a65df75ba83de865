"""Sets documents beside the event loop, a few at a time, and says what a reader can do about it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import orjson

from app.core.moments import written
from app.domain.sharing.documents.errors import DocumentNotMade, DocumentsBusy
from app.formats.documents import DocumentTooLarge, SettingBusy, SettingFailed, render

AT_ONCE = 2
MOST_WAITING = 16
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="documents")
_waiting: set[object] = set()


async def typeset(template: str, content: Mapping[str, Any], *, language: str = "en") -> bytes:
    """The PDF. Raises `DocumentNotMade`, `DocumentsBusy`."""
    if len(_waiting) >= MOST_WAITING:
        raise DocumentsBusy
    turn = object()
    _waiting.add(turn)
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            _threads, lambda: render(template, content, language=language)
        )
    except (DocumentTooLarge, SettingFailed) as error:
        raise DocumentNotMade from error
    except SettingBusy:
        raise DocumentsBusy from None
    finally:
        _waiting.discard(turn)


def printable_content(
    content: bytes,
    *,
    sha256: str,
    made_at: datetime,
    printed_by: str | None,
    printed_at: datetime,
    reference: str,
    approval: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Frozen bytes as a template takes them, with who approved and who prints them, and when."""
    return {
        **orjson.loads(content),
        "document": {
            "sha256": sha256,
            "made_at": written(made_at),
            "printed_by": printed_by,
            "printed_at": written(printed_at),
            "reference": reference,
            "approval": approval,
        },
    }
