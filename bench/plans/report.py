"""Says what lists and jobs cost: one line for each, those that read too much first."""

from collections.abc import Iterator, Mapping, Sequence

from app.core import clock
from bench.plans.plans import BASE, EACH, Ran

Found = Mapping[str, Mapping[str, Sequence[Ran]]]
KNOWN: Mapping[str, str] = {
    "/overview": "counts all that is open",
    "/support-list": "every child on the list, then cut",
    "owners: settle": "all that is open",
    "check-ins: ": "every plan and check-in that is open",
    "clocks: count": "every clock that runs",
    "roster: find": "the whole roster, once a night",
    "webhooks: forget": "deletes all that is old, here two years at once",
}
"""What reads more than its page by what it is for, by a part of its title.

Mostly that grows with what is open; a child's ended tasks are passed over on the support list.
"""


def report(heading: str, found: Found) -> str:
    """The section of `RESULTS.md`."""
    lines = [
        heading,
        "",
        "Made by `python -m bench plans`: the real operations, as the application's role, under",
        "forced row-level security, in a school of 4,000 pupils with 20,000 concerns and what came",
        "of them in some years; 199 other schools are there too, the ordinary one with a fiftieth",
        "of everything. Every statement ran with a plan for its values and with one for any; shown",
        "is the one that read most beyond what its rows explain. A buffer is a page of 8 kB, in",
        f"memory or not; a statement may read {BASE} and {EACH} for each row of its answer. Times",
        "were taken while other work ran beside this: buffers are what counts.",
        "",
        f"- When: {clock.now():%Y-%m-%d %H:%M} UTC",
        f"- {len(found)} operations and jobs; {sum(1 for one in found if _excess(found, one) > 0)}",
        "  with a statement that reads more than its rows explain",
        "",
        "| | rows | buffers | in the ordinary school | ms | most is read by | |",
        "|---|---|---|---|---|---|---|",
    ]
    order = sorted(found, key=lambda title: -max(0, _excess(found, title)))
    for title in order:
        lines += list(_line(title, found))
    return "\n".join(lines) + "\n"


def _excess(found: Found, title: str) -> int:
    return max((ran.excess for ran in _ran(found, title)), default=0)


def _ran(found: Found, title: str) -> Sequence[Ran]:
    by_school = found[title]
    return by_school.get("large") or by_school.get("trust") or ()


def _line(title: str, found: Found) -> Iterator[str]:
    ran = _ran(found, title)
    if not ran:
        return
    worst = max(ran, key=lambda one: (max(0, one.excess), one.buffers))
    same = [one for one in found[title].get("ordinary", ()) if one.text == worst.text]
    ordinary = f"{max(one.buffers for one in same):,}" if same else ""
    why = next((why for part, why in KNOWN.items() if part in title), "")
    flag = (why or "**reads too much**") if worst.excess > 0 else ""
    yield (
        f"| {title} | {worst.rows:,} | {worst.buffers:,} | {ordinary} "
        f"| {worst.milliseconds:.1f} | {worst.worst} | {flag} |"
    )
