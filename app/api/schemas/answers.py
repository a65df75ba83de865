"""What is known of something that was or was not asked: a value, or why there is none."""

from datetime import date
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import Field, WithJsonSchema, model_validator

from app.core.schemas import LIFT, BodyFault, In, Line, Narrative, Out

T = TypeVar("T")
WhyNone = Literal["not_known", "not_asked", "declined"]
WORDS: Final[list[tuple[Any, str]]] = [
    (Narrative, "Narrative"), (Line, "Line"), (str, "Text"), (bool, "Flag"), (date, "Day"),
]  # fmt: skip
"""What types are called that have no name of their own."""


def _word(kind: Any) -> str:
    """What a type is called in the names of schemas, which have to be plain."""
    for known, word in WORDS:
        if kind == known:
            return word
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return "".join(item.title() for item in inner)
    if get_origin(kind) is list:
        return f"{_word(inner[0])}List"
    if get_origin(kind) is Annotated:
        for mark in inner[1:]:
            if isinstance(mark, WithJsonSchema) and LIFT in (mark.json_schema or {}):
                return str(mark.json_schema[LIFT]).removesuffix("Known")  # type: ignore[index]
        return _word(inner[0])
    return str(kind.__name__).removesuffix("In").removesuffix("Out")


_MADE: Final[dict[str, Any]] = {}


def _plain(general: type, answer: Any, kind: Any) -> Any:
    """The answer as a class of its own, which the description can call by a plain name."""
    name = f"{_word(kind)}{general.__name__}"
    if name not in _MADE:
        _MADE[name] = type(name, (answer,), {"__doc__": general.__doc__, "__module__": __name__})
    if _MADE[name].model_fields["value"].annotation != answer.model_fields["value"].annotation:
        raise TypeError(f"{name} is the name of another type already")
    return _MADE[name]


class AnswerIn(In, Generic[T]):
    """A value, or the reason for none. Leave out to say nothing."""

    value: T | None = Field(default=None, description="The answer, or send `none`.")
    none: WhyNone | None = Field(
        default=None, description="Reason for no value. `declined`: the pupil did not say."
    )

    def __class_getitem__(cls, kind: Any) -> Any:
        """Such as `NarrativeAnswerIn`."""
        return _plain(cls, super().__class_getitem__(kind), kind)

    @model_validator(mode="after")
    def _either(self) -> "AnswerIn[T]":
        if (self.value is None) == (self.none is None):
            raise BodyFault("give either a value or why there is none")
        return self


class AnswerOut(Out, Generic[T]):
    """A value, or the reason for none."""

    value: T | None = Field(description="The answer; null: see `none`.")
    none: Literal["not_known", "not_asked", "declined"] | None = Field(
        json_schema_extra={"x-closed": True},
        description="Reason for no value; null: there is one.",
    )

    def __class_getitem__(cls, kind: Any) -> Any:
        """Such as `TextAnswerOut`."""
        return _plain(cls, super().__class_getitem__(kind), kind)
