"""Types every schema uses: strict input, safe text, open and closed vocabularies, pages."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from app.core.addresses import ADDRESS, LONGEST_ADDRESS
from app.core.ids import made_by, maker
from app.core.moments import written
from app.core.pointers import PATHS, WITHIN_OTHERS
from app.core.vocabularies import VOCABULARIES, codes
from app.core.vocabularies.terms import DRAFT

T = TypeVar("T")

RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class BodyFault(ValueError):
    """A fault in a body, in words that are shown to the client and never repeat what was sent.

    `missing` is the member that has to be added, where it is one.
    """

    def __init__(self, text: str, missing: str | None = None) -> None:
        super().__init__(text)
        self.missing = missing


class In(BaseModel):
    """A body a client sends: unknown fields are refused, nothing is coerced from strings."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=False, defer_build=True
    )


def given(body: BaseModel, but_not: Collection[str] = ()) -> dict[str, Any]:
    """The fields that were sent, as they were validated: what a merge patch changes."""
    return {name: getattr(body, name) for name in body.model_fields_set if name not in but_not}


class Out(BaseModel):
    """A body we answer; a field this reader may not see is absent."""

    model_config = ConfigDict(extra="ignore", defer_build=True)


class PageOut(Out, Generic[T]):
    """One page of rows."""

    items: list[T] = Field(description="Results.")
    next: str | None = Field(
        description="Send as `cursor` for the next page, which the header `Link` names; null: the "
        "end."
    )

    def __class_getitem__(cls, row: Any) -> Any:
        """Such as `TaskCardPage`, a class of its own that the description can call so."""
        general: Any = super().__class_getitem__(row)
        if isinstance(row, TypeVar):
            return general
        if row not in _PAGES:
            made = {"__module__": row.__module__}
            _PAGES[row] = type(f"{row.__name__.removesuffix('Out')}Page", (general,), made)
        return _PAGES[row]


_PAGES: Final[dict[Any, Any]] = {}


def _storable(text: str) -> str:
    if UNSTORABLE.search(text):
        raise BodyFault("the text has a character that cannot be saved")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise BodyFault("the text is blank")
    return text


def text_of(limit: int) -> Any:
    """Text of 1 to `limit` characters that is not blank and can be stored."""
    return Annotated[
        str,
        StringConstraints(min_length=1, max_length=limit),
        AfterValidator(_storable),
        AfterValidator(_not_blank),
    ]


Word = text_of(100)
Line = text_of(300)
Narrative: Any = text_of(20_000)
Name = text_of(100)
TypedName = text_of(200)
SignedText = text_of(8_192)
"""A signed statement in compact form."""
Address = text_of(500)
SeveralLines = text_of(2_000)
CHANGE_REASON = "Why you change it; kept with the former values."
Paragraph = text_of(4_000)
Password = text_of(1_000)
EmailAddress = Annotated[str, StringConstraints(max_length=LONGEST_ADDRESS, pattern=ADDRESS)]


def _only_day(value: object) -> object:
    """A day of our own code is one already; JSON brings text."""
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or len(text) != 10 or not "1900" <= text[:4] <= "2200":
        raise BodyFault("a day must be YYYY-MM-DD, between 1900 and 2200")
    return text


Day = Annotated[
    date, BeforeValidator(_only_day), WithJsonSchema({"type": "string", "format": "date"})
]
"""A day as text, in a year that a record can be about."""


def _storable_moment(moment: datetime) -> datetime:
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise BodyFault("the time is out of range") from error
    if not 1900 <= utc.year <= 2200:
        raise BodyFault("the time is out of range")
    return utc


def _only_rfc3339(value: Any) -> Any:
    """Pydantic alone would also take numbers, in text too, as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and RFC3339.fullmatch(value)):
        return value
    raise BodyFault("a time must be RFC 3339 with its offset, like 2026-11-20T10:15:00Z")


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_rfc3339),
    AfterValidator(_storable_moment),
    PlainSerializer(written, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment with its offset, kept in UTC."""


def _of_its_maker(sent: UUID | None) -> UUID | None:
    return None if sent is None else made_by(maker.get(), sent)


NewId = Annotated[
    UUID | None,
    AfterValidator(_of_its_maker),
    Field(
        default=None,
        description="Client-made ID (UUIDv7), for offline work: sent twice, it makes one record. "
        "The answer has the record's own ID, different but with the same time. Other UUIDs are "
        "accepted, and have no time.",
    ),
]


LIFT = "x-lift"
"""Marks a schema that the description keeps once, under this name."""
SAID = "x-said"
"""What is said of that schema, whatever a field says of itself besides."""


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


def _described(vocabulary: str, text: str) -> str:
    """What is said of a vocabulary's codes, with a sentence where nobody has reviewed them yet."""
    return f"{text} {DRAFT.capitalize()}." if VOCABULARIES[vocabulary].draft else text


VocabularyStatus = Annotated[
    str | None,
    Field(description="Notice to show with these words: the review they still need; null: none."),
]
"""The field `vocabulary_status` of answers made of draft words; its value is `DRAFT`."""


OWN_CODE: Final = "^own:[a-z0-9_]{1,60}$"
"""A word of a school's own; no code of a vocabulary is like it."""


def code_of(vocabulary: str) -> Any:
    """A code of a vocabulary, as clients may send it: only known codes are accepted."""
    known = sorted(codes(vocabulary))

    schema: dict[str, Any] = {
        "type": "string",
        "enum": known,
        "description": _described(vocabulary, f"Labels: `/v1/vocabularies/{vocabulary}`."),
        SAID: _described(vocabulary, f"Labels: `/v1/vocabularies/{vocabulary}`."),
        LIFT: f"{_camel(vocabulary)}Known",
    }
    if VOCABULARIES[vocabulary].closed:
        schema["x-closed"] = True
    return _checked(vocabulary, schema)


def own_or_code_of(vocabulary: str) -> Any:
    """A code of the vocabulary, or a school's own word, which is looked up later."""
    described = _described(
        vocabulary, f"Code of `GET /v1/vocabularies/{vocabulary}`, or the school's own."
    )
    schema: dict[str, Any] = {
        "anyOf": [
            {"type": "string", "enum": sorted(codes(vocabulary))},
            {"type": "string", "pattern": OWN_CODE},
        ],
        "description": described,
        SAID: described,
        LIFT: f"{_camel(vocabulary)}Chosen",
    }
    return _checked(vocabulary, schema, OWN_CODE)


def _checked(vocabulary: str, schema: Mapping[str, Any], own: str | None = None) -> Any:
    def check(value: str) -> str:
        mine = own is not None and re.fullmatch(own, value)
        if not mine and value not in VOCABULARIES[vocabulary].codes:
            raise BodyFault(f"not a code of GET /v1/vocabularies/{vocabulary}")
        return value

    return Annotated[
        str,
        StringConstraints(max_length=80),
        AfterValidator(check),
        WithJsonSchema({**schema}, mode="validation"),
    ]


def open_code(vocabulary: str) -> Any:
    """A code in an answer: a closed vocabulary's literal list, or known codes and any string."""
    known = VOCABULARIES[vocabulary]
    described = _described(vocabulary, f"Labels: `/v1/vocabularies/{vocabulary}`.")
    if known.closed:
        schema: dict[str, Any] = {
            "type": "string",
            "enum": sorted(known.codes),
            "x-closed": True,
            "description": described,
            SAID: described,
            LIFT: _camel(vocabulary),
        }
    else:
        schema = {
            "anyOf": [{"type": "string", "enum": sorted(known.codes)}, {"type": "string"}],
            "description": described,
            SAID: described,
            LIFT: _camel(vocabulary),
        }
    return Annotated[str, WithJsonSchema(schema)]


def words(name: str | None, known: Iterable[str], *, closed: bool = False) -> Any:
    """A word in an answer that is in no vocabulary; kept in the description under `name`.

    One that is not closed may be any string besides. Without a name it stands in its one field.
    """
    kept = {} if name is None else {SAID: "", LIFT: name}
    listed: dict[str, Any] = {"type": "string", "enum": sorted(known)}
    if closed:
        return Annotated[str, WithJsonSchema({**listed, "x-closed": True, **kept})]
    return Annotated[str, WithJsonSchema({"anyOf": [listed, {"type": "string"}], **kept})]


RecordKind: Any = words("RecordKinds", {*PATHS, *WITHIN_OTHERS})
"""What a pointer points at."""


class PersonOut(Out):
    """A member of staff or a child, by name."""

    id: UUID = Field(description="Staff ID, or child ID where it is a child.")
    name: str = Field(description="Full name; empty if a program gets the ID only.")


class NamedChildOut(Out):
    """A child by name."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")


ChildRole: Any = open_code("concern_child_roles")


class UnnamedChildOut(Out):
    """Another child, without a name."""

    label: str = Field(description="Description of the child here, without a name.")
    role: ChildRole = Field(description="The child's part in it.")


class NamedConcernOut(Out):
    """A concern by its reference."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")


class ReasonIn(In):
    """A reason, kept with the step it explains."""

    reason: Narrative = Field(description="Why you do it.")


class PointerOut(Out):
    """A pointer to a record."""

    kind: RecordKind = Field(description="Type of record.")
    id: UUID = Field(description="ID of the record.")
    path: str | None = Field(
        description="Path to open it, if you may; null: shown with another record, or cannot be "
        "opened."
    )


class ProblemField(Out):
    """One problem, and where it is."""

    pointer: str = Field(description="JSON Pointer into the body, or `/query/...`.")
    code: str = Field(description="Code of the fault.")
    detail: str = Field(description="What is wrong, in words.")


class Problem(Out):
    """RFC 9457 problem details; switch on `code`."""

    type: str = Field(description="Problem type URI.")
    title: str = Field(description="What happened.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="Why it happened here.")
    instance: str = Field(description="Request ID. Quote it when asking for help.")
    code: str = Field(
        description="Code to switch on. An operation lists those it gives today and may give more; "
        "go by `status` for others."
    )
    errors: list[ProblemField] | None = Field(
        default=None, description="Problems with single fields."
    )


def distinct(values: Iterable[Any]) -> bool:
    """Whether no value comes twice."""
    listed = list(values)
    return len(listed) == len(set(listed))


def _without_repeats(values: list[Any]) -> list[Any]:
    if not distinct(values):
        raise BodyFault("a value is given twice")
    return values


EachOnce: Final = AfterValidator(_without_repeats)
"""A rule for lists: nothing may come twice."""


def absent(**options: Any) -> Any:
    """A field that may be left out; the description shows no default and no null."""
    return Field(default_factory=lambda: None, **options)


class ListIn(BaseModel):
    """Query parameters of a list; a noun adds its filters, and unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    limit: int = Field(default=50, ge=1, le=200, description="Maximum results per page.")
    cursor: str | None = Field(
        default=None, max_length=200, description="`next` from the previous page."
    )


def fields_of(body: BaseModel, *, but: str = "", only_set: bool = False) -> dict[str, Any]:
    """The body's fields: nested ones as JSON values, ids and moments as they are.

    `only_set` leaves out what the client did not send, as a merge patch needs.
    """
    names = body.model_fields_set if only_set else set(type(body).model_fields)
    nested = body.model_dump(mode="json")
    return {
        name: nested[name] if isinstance(nested[name], dict | list) else getattr(body, name)
        for name in names - {but}
    }
