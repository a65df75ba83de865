"""Makes any text fit to be typeset: what has no shape in our fonts is named, never lost."""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.formats.documents.words import sentences

FONTS = Path(__file__).parent / "fonts"
LONGEST = 3_000_000
"""Characters of text in one document, as they are set."""
LONGEST_WORD = 24
PIECE = 10
PILE = 8
BREAK = "\u200b"
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
"""Marks that turn the direction of what follows: shown, since they make a text lie."""
UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufeff")
"""Marks that have no shape and need none."""
ISOLATES = frozenset("\u2066\u2067\u2068")
END_OF_ISOLATE = "\u2069"
WIDTHLESS = frozenset({"Mn", "Me", "Cf"})
VARIANTS = re.compile("[\ufe0e\ufe0f]")
LONG_WORD = re.compile(rf"[^\s{BREAK}]{{{LONGEST_WORD},}}")
ADDRESS = re.compile(
    r"https?://[^\s<>]+|(?<![^\s@<>(),;:])[^\s@<>(),;:]+@[^\s@<>(),;:]+\.[^\s@<>(),;:.]+"
)
"""An email address, or one of the web: what a reader copies."""
KEPT, KEPT_END, JOINT = "\ue000", "\ue001", "\ue002"
"""Around an address that stays on one line, and where a longer one may end a line. The templates
take them out again; nobody can write them, since characters for private use are named."""
WHOLE_ADDRESS = 40
"""Letters of an address that fit the narrowest place it can stand in."""
MOST_ADDRESSES = 500
"""Of one document; each further one is set as any long word."""
AFTER = re.compile("(?<=[@./?&=])")
LINE = re.compile("\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@cache
def _starts_and_ends(name: str) -> tuple[list[int], list[int]]:
    runs = json.loads((FONTS / "coverage.json").read_text())[name]
    return [first for first, _ in runs], [last for _, last in runs]


class DocumentTooLarge(Exception):
    """More than one document may hold, or than can be set in bounded time."""


def has_shape(character: str, fonts: str = "all") -> bool:
    """Whether one of our fonts has this character; `plain` asks Noto Sans alone."""
    starts, ends = _starts_and_ends(fonts)
    index = bisect_right(starts, ord(character)) - 1
    return index >= 0 and ord(character) <= ends[index]


def named(text: str) -> str:
    """Characters by their Unicode numbers, as a reader can look them up."""
    return "".join(f"\u2039U+{ord(item):04X}\u203a" for item in text)


class Letters:
    """Clears the texts of one document, and counts what had to be named instead of shown.

    Raises `DocumentTooLarge` once there is too much. `refused` are clusters that the typesetter
    could not show; `fonts` as in `has_shape`.
    """

    def __init__(self, refused: Iterable[str] = (), fonts: str = "all") -> None:
        self._refused = [item for item in refused if item]
        self._fonts = fonts
        self.named = 0
        self.size = 0
        self._addresses = 0

    def clear(self, text: str) -> str:
        """A text of one line or many without anything that could not be set."""
        text = LINE.sub("\n", text).expandtabs(4)
        if not text.isascii():
            text = self._rendered(unicodedata.normalize("NFC", VARIANTS.sub("", text)))
        elif not text.isprintable():
            text = self._rendered(text)
        for item in self._refused:
            if item in text:
                self.named += text.count(item)
                text = text.replace(item, named(item))
        text = self._with_places_to_break(text)
        self.size += len(text)
        if self.size > LONGEST:
            raise DocumentTooLarge
        return text

    def line(self, value: Any) -> str:
        """A text on one line."""
        return self.clear(sentences(" ".join(str(value).split("\n")).strip()))

    def paragraphs(self, value: Any) -> list[list[str]]:
        """The paragraphs of a text, each as its lines; at least one."""
        text = self.clear(sentences(str(value))).strip("\n ")
        return [part.split("\n") for part in BLANK.split(text)] if text else [["\u2013"]]

    def _with_places_to_break(self, text: str) -> str:
        """Long words with places where a line may end; in an address nothing that is copied."""
        if "@" not in text and "://" not in text:
            return LONG_WORD.sub(_broken, text)
        parts: list[str] = []
        end = 0
        for match in ADDRESS.finditer(text):
            self._addresses += 1
            if self._addresses > MOST_ADDRESSES:
                break
            parts += [LONG_WORD.sub(_broken, text[end : match.start()]), _joined(match.group())]
            end = match.end()
        return "".join([*parts, LONG_WORD.sub(_broken, text[end:])])

    def _rendered(self, text: str) -> str:
        """Also names what is piled up without width: setting a long pile would never end."""
        words: list[str] = []
        pile = 0
        loose = _loose(text)
        for character in text:
            pile = pile + 1 if unicodedata.category(character) in WIDTHLESS else 0
            printable = pile <= PILE and character not in loose
            words.append(self._letter(character) if printable else self._named(character))
        return "".join(words)

    def _letter(self, character: str) -> str:
        if character == "\n" or (character in UNSEEN and self._fonts != "plain"):
            return character
        if (
            character not in OVERRIDES
            and _is_plain(character)
            and has_shape(character, self._fonts)
        ):
            return character
        return self._named(character)

    def _named(self, character: str) -> str:
        self.named += 1
        return named(character)


def _loose(text: str) -> frozenset[str]:
    """The marks that begin or end a turned passage, where they do not come in pairs."""
    depth = 0
    for character in text:
        if character in ISOLATES:
            depth += 1
        elif character == END_OF_ISOLATE:
            depth -= 1
        elif character == "\n" and depth:
            break
        if not 0 <= depth <= PILE:
            break
    return ISOLATES | {END_OF_ISOLATE} if depth else frozenset()


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs", "Cn", "Co"}


def _broken(match: re.Match[str]) -> str:
    """A long word with places where a line may end."""
    word = match.group()
    return BREAK.join(word[at : at + PIECE] for at in range(0, len(word), PIECE))


def _joined(address: str) -> str:
    """An address that the templates keep whole, or let end a line where it has a sign for it."""
    if len(address) <= WHOLE_ADDRESS:
        return f"{KEPT}{address}{KEPT_END}"
    pieces = (part[at : at + PIECE] for part in AFTER.split(address) if part
              for at in range(0, len(part), PIECE))  # fmt: skip
    return JOINT.join(pieces)


def printable(content: Mapping[str, Any]) -> str:
    """The content as JSON for the typesetter."""
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"))
