"""Replace people's names in narrative with their roles, so that one file names one child.

Names match as whole words, without case or accents; O'Neil also matches ONeil, Anne-Marie matches
Anne Marie, and Will matches Wills. A name that is also an ordinary word is replaced wherever the
word appears: a person can correct an odd sentence, but not a leak.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

SHORTEST_PART, SHORTEST_POSSESSIVE = 2, 3
"""Minimum letters of a part that is a name alone (Jo in Jo Ann), and of a possessive name."""
FIRST_LETTERS = 24
"""Letters of two words used to look up the names that can begin with them."""
NOT_DECOMPOSED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})
APOSTROPHES = "'`\u2018\u2019\u00b4\u02bb\u02bc\u2032"
DASHES = "-\u2010\u2011\u2012\u2013\u2014"
JOINERS = frozenset(APOSTROPHES + DASHES + "._")
GAPS = JOINERS | frozenset(",;")
GAPLESS = {code: None for code in range(128) if not chr(code).isalnum()}
UNSPACED = re.compile(r"[^ \n]+")
PLAIN_WORD = re.compile(r"[a-z]+|[0-9]+")
NOT_NAMES = frozenset(
    {"van", "der", "den", "von", "bin", "ibn", "bint", "del", "dos", "das", "los", "las", "the",
     "and", "mrs", "miss", "mister", "doctor", "sir", "dame", "teacher",
     "af", "al", "ap", "av", "da", "de", "di", "do", "dr", "du", "el", "la", "le", "lo", "mr", "ms",
     "mx", "of", "st", "te", "ul", "zu"}
)  # fmt: skip
"""Particles and titles: replaced only as parts of a whole name."""


@dataclass(frozen=True, slots=True)
class Names:
    """The name columns of one person; empty ones are left out."""

    given: tuple[str, ...]
    family: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Each column alone."""
        return (*self.given, *self.family, *self.middle)

    def forms(self) -> frozenset[str]:
        """Every way to write the whole name, and each column alone."""
        whole = {f"{given} {family}" for given in self.given for family in self.family}
        turned = {f"{family} {given}" for given in self.given for family in self.family}
        long = {
            f"{given} {middle} {family}"
            for given in self.given
            for middle in self.middle
            for family in self.family
        }
        return frozenset({*self.columns(), *whole, *turned, *long})


@dataclass(frozen=True, slots=True)
class Hidden:
    """A person to make unrecognisable: names, marks such as IDs, and the replacement words."""

    names: Names
    words: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """A folded name without its gaps; `seams` are the offsets where gaps may occur."""

    key: str
    seams: frozenset[int]
    words: str | None


@dataclass(frozen=True, slots=True)
class _Token:
    key: str
    start: int
    end: int


class Pseudonymiser:
    """Replaces `hidden` names in text and leaves `staying` names."""

    def __init__(self, staying: Iterable[Names], hidden: Sequence[Hidden]) -> None:
        self._staying, self._hidden = tuple(staying), hidden
        columns = {column for person in hidden for column in person.names.columns()}
        self._keys = {key for column in columns for key in _keys(column)}
        self._marks = [
            (re.compile(re.escape(mark), re.IGNORECASE), person.words)
            for person in hidden
            for mark in person.marks
        ]

    @cached_property
    def _forms(self) -> Sequence["_Form"]:
        """Every name with its replacement; built late, since most texts contain no name."""
        result: dict[str, _Form] = {}
        for names in self._staying:
            for text in names.forms():
                _add(result, text, None)
        for person in self._hidden:
            for text in person.names.forms():
                _add(result, text, person.words)
        for person in self._hidden:
            for part in _parts(person.names):
                _add(result, part, person.words)
        return tuple(result.values())

    @cached_property
    def _alone(self) -> dict[str, list["_Form"]]:
        return _by_word(self._forms)

    @cached_property
    def _starts(self) -> dict[str, list["_Form"]]:
        return _by_first_letters(self._forms)

    def may_touch(self, text: str) -> bool:
        """Whether the text could hold a hidden name or mark. False is certain; True is not.

        A name can match only where its letters are consecutive once gaps are removed.
        """
        if not text.isascii():
            return True
        letters = text.lower().translate(GAPLESS)
        return any(key in letters for key in self._keys) or any(
            mark.search(text) for mark, _ in self._marks
        )

    def __call__(self, text: str) -> str:
        """Replace every hidden name and mark in the text."""
        return self._replaced(text) if self.may_touch(text) else text

    def _replaced(self, text: str) -> str:
        for mark, instead in self._marks:
            text = mark.sub(instead, text)
        tokens = _tokens(text)
        pieces: list[str] = []
        written, at = 0, 0
        while at < len(tokens):
            end, words = self._longest(text, tokens, at)
            if words is not None:
                pieces.extend((text[written : tokens[at].start], words))
                written = tokens[end - 1].end
            at = end
        pieces.append(text[written:])
        return "".join(pieces)

    def _longest(self, text: str, tokens: Sequence[_Token], at: int) -> tuple[int, str | None]:
        """Find where the longest name from here ends, and its replacement; exact match first."""
        best: tuple[int, bool] | None = None
        words: str | None = None
        for form in self._beginning(text, tokens, at):
            match = _match(form, text, tokens, at)
            if match is None:
                continue
            if best is None or match > best:
                best = match
                words = form.words
                if words is not None and not match[1]:
                    words += "'s"
        return (best[0] if best else at + 1), words

    def _beginning(self, text: str, tokens: Sequence[_Token], at: int) -> list[_Form]:
        """List the names that can start here: with this word, or with this one and the next."""
        word = tokens[at].key
        forms = self._alone.get(word, [])
        if at + 1 < len(tokens) and _spaces(text[tokens[at].end : tokens[at + 1].start]):
            first = (word[:FIRST_LETTERS] + tokens[at + 1].key)[:FIRST_LETTERS]
            forms = forms + self._starts.get(first, [])
        return forms


def _add(forms: dict[str, _Form], text: str, words: str | None) -> None:
    tokens = _tokens(text)
    key = "".join(token.key for token in tokens)
    if not key:
        return
    offset, seams = 0, set()
    for token in tokens[:-1]:
        offset += len(token.key)
        seams.add(offset)
    known = forms.get(key)
    if known is None:
        forms[key] = _Form(key, frozenset(seams), words)
    else:
        forms[key] = _Form(key, known.seams | seams, known.words)


def _by_word(forms: Iterable[_Form]) -> dict[str, list[_Form]]:
    """Index names by whole word, alone or with the possessive s."""
    words: dict[str, list[_Form]] = {}
    for form in forms:
        for written in (form.key, f"{form.key}s"):
            words.setdefault(written, []).append(form)
    return words


def _by_first_letters(forms: Iterable[_Form]) -> dict[str, list[_Form]]:
    """Index names of several words by their first letters, including the possessive s."""
    starts: dict[str, list[_Form]] = {}
    for form in forms:
        written = f"{form.key}s"[:FIRST_LETTERS]
        for length in range(1, len(written) + 1):
            starts.setdefault(written[:length], []).append(form)
    return starts


def _parts(names: Names) -> set[str]:
    words = {token.key for column in names.columns() for token in _tokens(column)}
    return {word for word in words if _is_name_alone(word)}


def _keys(column: str) -> Iterable[str]:
    """List what a text must contain for any name with this column to occur: its shortest parts."""
    words = [token.key for token in _tokens(column)]
    whole = "".join(words)
    return [word for word in words if _is_name_alone(word)] or ([whole] if whole else [])


def _is_name_alone(word: str) -> bool:
    return len(word) >= SHORTEST_PART and word not in NOT_NAMES


def _match(form: _Form, text: str, tokens: Sequence[_Token], at: int) -> tuple[int, bool] | None:
    """Index after the form's last token, and whether it matched without a possessive s."""
    offset = 0
    while True:
        word = tokens[at].key
        if not form.key.startswith(word, offset):
            possessive = len(form.key) >= SHORTEST_POSSESSIVE and word == form.key[offset:] + "s"
            return (at + 1, False) if possessive else None
        offset += len(word)
        at += 1
        if offset == len(form.key):
            return at, True
        if at == len(tokens):
            return None
        gap = text[tokens[at - 1].end : tokens[at].start]
        hidden_apart = form.words is not None and _joins(gap)  # "Will's" is not the child Wills
        if not hidden_apart and not (offset in form.seams and _spaces(gap)):
            return None


def _joins(gap: str) -> bool:
    return all(character in JOINERS for character in gap)


def _spaces(gap: str) -> bool:
    return all(character in GAPS or character.isspace() for character in gap)


def _tokens(text: str) -> list[_Token]:
    """Split a text into folded words and numbers, with their positions."""
    if text.isascii():
        return _plain_tokens(text, 0)
    tokens: list[_Token] = []
    for run in UNSPACED.finditer(text):
        read = _plain_tokens if run.group().isascii() else _folded_tokens
        tokens.extend(read(run.group(), run.start()))
    return tokens


def _plain_tokens(text: str, first: int) -> list[_Token]:
    """Split ASCII text into tokens; `first` is its position in the whole text."""
    return [
        _Token(word.group(), first + word.start(), first + word.end())
        for word in PLAIN_WORD.finditer(text.lower())
    ]


def _folded_tokens(text: str, first: int) -> list[_Token]:
    """Split any text into tokens, letter by letter; `first` is its position in the whole text."""
    tokens: list[_Token] = []
    key, kind, start, end = "", "", 0, 0
    for index, character in enumerate(text, first):
        letters = _visible_letters(character)
        if letters == "":
            end = index + 1 if key else end
        for letter in letters:
            result = _kind(letter)
            if key and result != kind:
                tokens.append(_Token(key, start, end))
                key = ""
            if result:
                start = start if key else index
                key, kind, end = key + letter, result, index + 1
    if key:
        tokens.append(_Token(key, start, end))
    return tokens


@lru_cache(maxsize=8192)
def _visible_letters(character: str) -> str:
    """Fold a character's case and accents. Empty for marks and invisible characters."""
    if character in JOINERS:
        return character
    apart = unicodedata.normalize("NFKD", character.casefold().translate(NOT_DECOMPOSED))
    return "".join(
        letter
        for letter in apart.casefold()
        if not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
    )


@lru_cache(maxsize=8192)
def _kind(character: str) -> str:
    """`word` or `number`. Empty for any other character."""
    if character in JOINERS:
        return ""
    return {"L": "word", "M": "word", "N": "number"}.get(unicodedata.category(character)[0], "")
