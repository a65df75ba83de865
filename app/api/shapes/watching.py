"""Who is watching, as an answer."""

from dataclasses import asdict
from typing import Any

from app.domain.watching.rules import Watch, advice_of


def shown(watch: Watch, *, kept: bool = False) -> dict[str, Any]:
    """The fields of `WatchOut`; `kept` where something has just been written down."""
    return {
        "watched": watch.watched,
        "watched_from": watch.watched_from,
        "call": [asdict(call) for call in watch.call],
        "advice": advice_of(watch, kept=kept),
    }
