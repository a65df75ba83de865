"""Who is watching, as an answer."""

from dataclasses import asdict
from typing import Any

from app.domain.watching.rules import Watch


def shown(watch: Watch) -> dict[str, Any]:
    """The fields of `WatchOut`."""
    return {
        "watched": watch.watched,
        "watched_from": watch.watched_from,
        "call": [asdict(call) for call in watch.call],
        "advice": watch.advice,
    }
