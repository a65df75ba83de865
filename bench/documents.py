"""How long documents take to set, and how large they become.

Usage: `python bench/documents.py`. Each is set in a process of its own, so that the time holds the
start of one, too.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

from app.formats.documents import DocumentTooLarge, render
from tests.unit.formats import document_samples as samples

PROSE = "The quick brown fox jumps over the lazy dog. "


def with_text(text: str) -> dict[str, Any]:
    """A share that says this."""
    account = [{"kind": "observed", "text": text, "prompted_by": None, "basis": None}]
    return samples.a_share(items=[samples.a_concern(account=account, body_map=[])])


def with_marks(count: int) -> dict[str, Any]:
    """A share with so many marks."""
    marks = [samples.a_mark("front", 0.5, n / count, "chest_m") for n in range(count)]
    return samples.a_share(items=[samples.a_concern(body_map=marks)])


CASES: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "share of one concern": ("share", samples.a_share),
    "referral": ("referral", samples.a_referral),
    "chronology, 100 events": ("chronology", lambda: samples.a_chronology(100)),
    "chronology, 1,000 events": ("chronology", lambda: samples.a_chronology(1_000)),
    "chronology, 5,000 events": ("chronology", lambda: samples.a_chronology(5_000)),
    "share of 1 MB of prose": ("share", lambda: with_text((PROSE * 20 + "\n\n") * 1_100)),
    "share of one word of 1 MB": ("share", lambda: with_text("a" * 1_000_000)),
    "share of 60 marks": ("share", lambda: with_marks(60)),
    "share of 10,000 marks": ("share", lambda: with_marks(10_000)),
    "share of 100,000 accents on one letter": (
        "share",
        lambda: with_text("a" + "\u0301" * 100_000),
    ),
    "share of 4 MB": ("share", lambda: with_text(PROSE * 90_000)),
}


def main() -> None:
    print(f"{'document':42} {'seconds':>8} {'CPU':>8} {'kB':>8}")
    for name, (template, content) in CASES.items():
        made_of = content()
        begun, spent = time.perf_counter(), _spent()
        try:
            size = f"{len(render(template, made_of)) / 1000:8.0f}"
        except DocumentTooLarge:
            size = " refused"
        took = f"{time.perf_counter() - begun:8.2f} {_spent() - spent:8.2f}"
        print(f"{name:42} {took} {size}", flush=True)


def _spent() -> float:
    """CPU seconds of this process and of those it started."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
