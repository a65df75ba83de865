"""Collects what a document shows, part by part, as plain values for the typesetter."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.formats.documents.letters import Letters
from app.formats.documents.words import Words, as_time

LONGEST_WHOLE = 900
MOST_WHOLE_LINES = 24
MOST_TOGETHER = 15
Said = tuple[str, Any]
"""A text in a cell and how it is said: `plain`, `label`, `strong`, `quiet` or `mark`."""


class Sheet:
    """The parts of one document, in reading order; every text goes through `letters`."""

    def __init__(self, words: Words, letters: Letters) -> None:
        self.words = words
        self.letters = letters
        self.blocks: list[dict[str, Any]] = []
        self.marks = 0
        self._level = 1

    def heading(self, text: object, level: int = 2) -> None:
        """A heading; never more than one level below the one before (PDF/UA)."""
        self._level = min(level, self._level + 1)
        self._add("heading", level=self._level, text=self.letters.line(text))

    def text(self, text: object) -> None:
        """Running text."""
        self._add("text", text=self.letters.paragraphs(text))

    def labelled(self, label: str, text: object) -> None:
        """A text under its label; nothing for no text."""
        if text not in (None, ""):
            self._add("labelled", label=label, text=self.letters.paragraphs(text))

    def quote(
        self,
        label: str,
        text: object,
        *,
        before: Sequence[tuple[str, object]] = (),
        after: Sequence[tuple[str, object]] = (),
    ) -> None:
        """Somebody's own words, with short facts before and after them."""
        self._add(
            "quote",
            label=self.letters.line(label),
            text=self.letters.paragraphs(text),
            before=self._facts(before),
            after=self._facts(after),
        )

    def notice(self, label: str, text: object) -> None:
        """Something the reader should know about the document."""
        self._add("notice", label=label, text=self.letters.paragraphs(text))

    def facts(self, rows: Sequence[tuple[str, object]], *, wide: bool = False) -> None:
        """Short answers beside their labels, in one column or two; empty ones are left out."""
        if facts := self._facts(rows):
            self._add("facts", rows=facts, wide=wide)

    def table(
        self,
        columns: Sequence[tuple[str, float]],
        rows: Sequence[Sequence[Sequence[Said] | str]],
        *,
        small: bool = False,
        together: bool = False,
    ) -> None:
        """A table whose first row comes again on each page; nothing for no rows.

        `columns` are labels with their parts of the width, 0 for as wide as needed. A short
        one can stay `together` on one page, with the heading before it.
        """
        if not rows:
            return
        self._add(
            "table",
            columns=[{"label": label, "width": width} for label, width in columns],
            rows=[self._row(row) for row in rows],
            small=small,
            whole=together and len(rows) <= MOST_TOGETHER,
        )

    def drawings(self, drawings: Sequence[Mapping[str, Any]]) -> None:
        """Drawings beside one another."""
        if drawings:
            self._add("drawings", drawings=list(drawings))

    def timeline(self, drawn: Mapping[str, Any]) -> None:
        """A time axis."""
        self._add("timeline", drawn=dict(drawn))

    def _facts(self, rows: Sequence[tuple[str, object]]) -> list[dict[str, Any]]:
        return [
            {"label": self.letters.line(label), "text": self.letters.paragraphs(value)}
            for label, value in rows
            if value not in (None, "")
        ]

    def _row(self, row: Sequence[Sequence[Said] | str]) -> dict[str, Any]:
        """A row that stays on one page, unless it is long."""
        before = self.letters.size
        cells = [self._cell(cell) for cell in row]
        lines = sum(len(item) for cell in cells for part in cell for item in part["text"])
        whole = self.letters.size - before <= LONGEST_WHOLE and lines <= MOST_WHOLE_LINES
        return {"cells": cells, "whole": whole}

    def _cell(self, cell: Sequence[Said] | str) -> list[dict[str, Any]]:
        parts: Sequence[Said] = [("plain", cell)] if isinstance(cell, str) else cell
        return [
            {"kind": kind, "text": self.letters.paragraphs("" if text is None else text)}
            for kind, text in parts
        ]

    def _add(self, kind: str, **more: Any) -> None:
        self.blocks.append({"kind": kind, **more})


def laid_out(
    sheet: Sheet, content: Mapping[str, Any], *, title: str, heading: str
) -> dict[str, Any]:
    """The whole document for the typesetter: head, foot, title and parts.

    The title that programs show names the kind and the reference, never a child.
    """
    words, letters = sheet.words, sheet.letters
    about = content["document"]
    reference = letters.line(about.get("reference") or content.get("reference") or "")
    by = about.get("printed_by")
    if letters.named:
        sheet.notice(words("no_shape"), words("no_shape_text", count=letters.named))
    made = as_time(about.get("made_at"))
    moment = as_time(about.get("printed_at")) or made
    if moment is None:
        raise ValueError("a document says when it was made")
    return {
        "language": words.language,
        "title": f"{title} {reference}".strip(),
        "heading": letters.line(heading),
        "classification": letters.line(about.get("classification") or words("classification")),
        "reference": reference,
        "school": letters.line(content["school"]["name"]),
        "made": [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second],
        "head": {"school": letters.line(content["school"]["name"]), "reference": reference},
        "foot": {
            "page": words("page"),
            "of": words("of"),
            "printed": letters.line(
                words("printed", at=words.moment(about.get("printed_at") or about.get("made_at")),
                      by=words("by", name=by) if by else "")
            ),
            "hash": letters.line(words("hash", hash=about["sha256"])).replace("\u200b", ""),
        },
        "blocks": sheet.blocks,
    }  # fmt: skip
