"""Casts for promise 4: a child, other children and staff with awkward names, and how to find them.

What is looked for is kept here, from what the cast was made of; nothing is asked of the code that
hides names. How a word is judged:

- a word (two letters or more) of another child's name must not stand in a document more often than
  in its control: the same document of the same child, whose other children are called by
  unlikely names and whose narratives say nothing. So "May" or "Will" may stand where a label says
  it, and nowhere else;
- a word that is part of the child's own name proves nothing and is left out; particles ("de",
  "van") are judged as parts of their whole column alone;
- whole columns are looked for as words in a row and run together ("O'Neil", "ONeil").
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid5

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]
GIVEN = (
    "Will", "Grace", "May", "Mark", "Rose", "Bo", "Xu", "Anne-Marie", "Éloïse", "Zoë", "Łukasz",
    "José María", "Jo Ann", "Li Wei", "Ali", "Alistair", "Sam", "Samuel", "D'Arcy", "Siân",
    "Noor al-Din", "Ana", "Anna", "Ngozi", "Faith", "Jo", "Kai",
)  # fmt: skip
FAMILY = (
    "Marsh", "Field", "Smith-Jones", "O'Neil", "de la Cruz", "van der Berg", "Nguyễn", "Strauß",
    "Ærø", "Al-Amin", "Hope", "King", "Young", "Lee", "Li", "May", "Grace", "McDonald", "St John",
    "Ñandú", "Wills", "Baker", "Xu", "Marshall",
)  # fmt: skip
KNOWN = (None, None, "Bob", "Lou", "Em", "Gracie", "JJ", "Ted", "Will", "Wren")
MIDDLE = (None, None, "Jean", "Wolfgang Amadeus", "Rosé")
PARTICLES = frozenset(
    {"de", "la", "van", "der", "al", "st", "o", "d", "mc", "din", "ap", "of", "the", "and"}
) - {"din"}
STRANGERS = ("Qwfpgj", "Zzyzxq", "Vvrkth", "Xqxqzk")
"""Names of the other children in a control: nobody and nothing else is called so."""
NAMESPACE = UUID(int=4)
COLUMNS = (
    "legal_given_name", "legal_family_name", "middle_names", "known_given_name",
    "known_family_name",
)  # fmt: skip


@dataclass(frozen=True)
class Pupil:
    """A child with everything that is theirs alone."""

    id: UUID
    columns: Mapping[str, str | None]
    born: date
    upn: str
    address: str
    contact: str
    phone: str

    @property
    def names(self) -> list[str]:
        """The columns that hold a name."""
        return [value for name in COLUMNS if (value := self.columns[name])]

    @property
    def whole(self) -> str:
        """The legal name."""
        return f"{self.columns['legal_given_name']} {self.columns['legal_family_name']}"

    @property
    def marks(self) -> tuple[str, ...]:
        """What is theirs alone, as it is written."""
        return (
            str(self.id), self.id.hex, self.upn, self.born.isoformat(), self.address, self.contact,
            self.phone,
        )  # fmt: skip


@dataclass
class Cast:
    """One child, the others, staff, and passages that go to nobody."""

    child: Pupil
    others: list[Pupil]
    staff: list[str]
    mentions: list[str] = field(default_factory=list)
    """Ways in which narratives write the others."""
    silent: bool = False
    """A control: its narratives say nothing."""

    def says(self, pick: Callable[[Sequence[str]], str], secret: str = "") -> str:
        """A narrative in which others are named, and a passage that is to be withheld."""
        if self.silent:
            return f"Nothing. {secret}".strip()
        own = [self.child.whole, self.child.names[0]]
        parts = [pick(SENTENCES).format(pick(self.mentions), pick(own)) for _ in range(2)]
        return f"{parts[0]} {secret} {parts[1]}".replace("  ", " ")

    def everybody_else(self) -> str:
        """All the others by their names; in a control nobody."""
        return "Nobody" if self.silent else " and ".join(one.whole for one in self.others)


SENTENCES = (
    "{0} hit {1} after lunch.",
    "She saw {0}, then {1}, at the gate.",
    "“{0}” was written on the bag of {1}.",
    "Later ({0}) came; {1} cried.",
    "It was {0}",
    "{1} sat with {0}\nand nobody else.",
)


def a_cast(pick: Callable[[Sequence[Any]], Any], number: int = 0) -> Cast:
    """A cast drawn by `pick`; `number` makes its ids its own."""
    child = _pupil(pick, number, 0)
    others = [_pupil(pick, number, place) for place in range(1, pick((2, 3, 4)))]
    if pick((False, True)):  # a sibling
        family = child.columns["legal_family_name"]
        others[0] = _renamed(others[0], legal_family_name=family)
    staff = [f"{pick(GIVEN)} {pick(FAMILY)}" for _ in range(2)]
    if pick((False, True)):  # staff who is called as a child is
        staff[1] = others[-1].whole
    cast = Cast(child, others, staff)
    cast.mentions = [
        pick(WRITINGS)(said) for one in others for said in _sayings(one) for _ in range(1)
    ] + [mark for one in others for mark in (str(one.id), one.id.hex.upper(), one.upn.lower())]
    return cast


def control_of(cast: Cast) -> Cast:
    """The same child and staff; the others have names and numbers that nobody has."""
    others = [
        Pupil(
            uuid5(NAMESPACE, f"stranger {place}"),
            {
                name: (STRANGERS[place] if value and name in COLUMNS[:2] else None)
                for name, value in one.columns.items()
            },
            date(1901, 1, 1 + place), f"Z00000000000{place}", f"{place} Nowhere",
            f"Nobody {place}", f"00000 00000{place}",
        )
        for place, one in enumerate(cast.others)
    ]  # fmt: skip
    return Cast(cast.child, others, cast.staff, silent=True)


def _pupil(pick: Callable[[Sequence[Any]], Any], number: int, place: int) -> Pupil:
    columns = {
        "legal_given_name": pick(GIVEN),
        "legal_family_name": pick(FAMILY),
        "middle_names": pick(MIDDLE),
        "known_given_name": pick(KNOWN),
        "known_family_name": pick((None, None, None, *FAMILY)),
    }
    id_ = uuid5(NAMESPACE, f"{number} {place}")
    digits = f"{id_.int % 10**9:09d}"
    return Pupil(
        id_, columns, date(2010 + place, 1 + id_.int % 12, 1 + id_.int % 27),
        f"R{digits}{place:03d}",
        f"{digits[:4]} Quince Row", f"Perpetua Bonnefoy{digits[:3]}", f"01632 9{digits[:5]}",
    )  # fmt: skip


def _renamed(pupil: Pupil, **columns: str | None) -> Pupil:
    return Pupil(**{**vars(pupil), "columns": {**pupil.columns, **columns}})


def _sayings(pupil: Pupil) -> Iterator[str]:
    """The names of a child as people say them: alone, together, turned, in parts."""
    yield from pupil.names
    given, family = pupil.names[0], pupil.names[1]
    yield f"{given} {family}"
    yield f"{family}, {given}"
    for name in pupil.names:
        for word in re.split(r"[ '-]", name):
            if len(word) > 1 and plain(word) not in PARTICLES:
                yield word


WRITINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: name.replace("'", "\u2019"),
    lambda name: name.replace("-", " "),
    lambda name: re.sub(r"['-]", "", name),
    lambda name: f"{name}'s",
    lambda name: f"({name})",
    lambda name: f"{name}\u2019s",
    lambda name: name.replace(" ", "\u00a0"),
    lambda name: name.replace(" ", "_"),
)


def plain(text: str) -> str:
    """Lower case without accents: an own way to compare."""
    lowered = text.casefold()
    for letter, apart_ in (("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("đ", "d"), ("ł", "l")):
        lowered = lowered.replace(letter, apart_)
    apart = unicodedata.normalize("NFKD", lowered).casefold()
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The plain words of a text."""
    return re.findall(r"[^\W_]+", plain(text))


@dataclass(frozen=True)
class Looked:
    """What was found that must not be there; empty is good."""

    words: Mapping[str, int]
    columns: Sequence[str]
    marks: Sequence[str]
    secrets: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.words or self.columns or self.marks or self.secrets)


def look(
    cast: Cast,
    secrets: Sequence[str],
    texts: Sequence[str],
    control: Sequence[str],
    *,
    repeats: bool = False,
) -> Looked:
    """What a document gives away that its control does not; texts are its parts.

    With `repeats` what stands in the control may stand more often: labels of every page.
    """
    own = {word for name in cast.child.names for word in words_of(name)}
    whole, usual = "\n".join(texts), "\n".join(control)
    counted, allowed = Counter(words_of(whole)), Counter(words_of(usual))
    if repeats:
        allowed = Counter({word: counted[word] for word in allowed})
    wanted = {word for one in cast.others for name in one.names for word in words_of(name)}
    wanted = {word for word in wanted - own - PARTICLES if len(word) > 1}
    return Looked(
        {word: counted[word] for word in sorted(wanted) if counted[word] > allowed[word]},
        sorted(_columns_in(cast, own, words_of(whole), words_of(usual), repeats=repeats)),
        sorted(_marks_in(cast, whole)),
        [secret for secret in secrets if secret.casefold() in whole.casefold()],
    )


def _columns_in(
    cast: Cast, own: set[str], found: Sequence[str], usual: Sequence[str], *, repeats: bool
) -> Iterator[str]:
    """Names of several words that stand in a row or run together.

    Who printed it stands on every page, and can have the name of a pupil.
    """
    for one in cast.others:
        for name in (*one.names, one.whole, " ".join(reversed(one.names[:2]))):
            row = words_of(name)
            if len(row) < 2 or set(row) <= own | PARTICLES:
                continue
            often = _rows(usual, row)
            if _rows(found, row) > often and not (repeats and often):
                yield name


def _rows(found: Sequence[str], row: Sequence[str]) -> int:
    joined = "".join(row)
    in_a_row = sum(list(row) == list(found[at : at + len(row)]) for at in range(len(found)))
    return in_a_row + found.count(joined) + found.count(f"{joined}s")


def _marks_in(cast: Cast, whole: str) -> Iterator[str]:
    own = {mark.casefold() for mark in cast.child.marks}
    folded = whole.casefold()
    for one in cast.others:
        for mark in one.marks:
            if mark.casefold() not in own and mark.casefold() in folded:
                yield mark
