"""What is known of something that was or was not asked: a value, or why there is none."""

from typing import Generic, Literal, TypeVar

from pydantic import Field, model_validator

from app.api.schemas.common import In, Out, Told

T = TypeVar("T")
WhyNone = Literal["not_known", "not_asked", "declined"]


class AnswerIn(In, Generic[T]):
    """Either a `value`, or why there is none; leaving the whole answer out says nothing."""

    value: T | None = None
    none: WhyNone | None = Field(default=None, description="`declined`: the pupil did not say.")

    @model_validator(mode="after")
    def _either(self) -> "AnswerIn[T]":
        if (self.value is None) == (self.none is None):
            raise Told("give either a value or why there is none")
        return self


class AnswerOut(Out, Generic[T]):
    """A value, or why there is none."""

    value: T | None
    none: Literal["not_known", "not_asked", "declined"] | None = Field(
        json_schema_extra={"x-closed": True}
    )
