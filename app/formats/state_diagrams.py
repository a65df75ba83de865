"""Diagrams of how records go from one state to another, in Mermaid."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

OPENING = """\
# States

For front-end developers and safeguarding leads: the states of each kind of record, and what leads
from one to the next. Made by `cairn states`.

An arrow has the IDs of operations, or says what else moves the record. What a person may do next
with a record stands in its `permissions`.
"""


ANY_ORDER = """\
Steps come in any order: the step into a state can be taken from every state before it.
"""


class Drawn(NamedTuple):
    """A kind of record."""

    title: str
    changes: Collection[tuple[str, str, str]]
    """From which state (empty where it is made), to which, and by what."""
    vocabulary: str | None
    """Which vocabulary has its states."""
    order: Sequence[str]
    """Its states, the first ones first."""
    any_order: bool = False
    """Whether steps come in any order, so that an arrow may pass over states."""


def page_of(kinds: Iterable[Drawn]) -> str:
    """The page with a diagram for each kind."""
    return "\n".join((OPENING, *(section for kind in kinds for section in _section(kind))))


def _section(kind: Drawn) -> Iterator[str]:
    yield f"## {kind.title[:1].upper()}{kind.title[1:]}\n"
    if kind.vocabulary is not None:
        yield f"Labels: `GET /v1/vocabularies/{kind.vocabulary}`.\n"
    if kind.any_order:
        yield ANY_ORDER
    yield "```mermaid"
    yield "stateDiagram-v2"
    places = {state: index for index, state in enumerate(("", *kind.order))}
    yield from _arrows(
        sorted(kind.changes, key=lambda change: (places[change[0]], places[change[1]]))
    )
    yield "```\n"


def _arrows(changes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """One arrow from state to state with all its verbs; what leaves a state as it is has none."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for before, after, verb in changes:
        if before != after:
            arrows.setdefault((before, after), []).append(verb)
    for (before, after), verbs in arrows.items():
        yield f"    {before or '[*]'} --> {after}: {', '.join(verbs)}"
