"""Lists of permissions and classes, as bodies name what a role carries."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from app.core.schemas import BodyFault, distinct
from app.core.words import PERMISSION_BY_NAME
from app.domain.people.roles import rules


def _one_of(known: tuple[str, ...], described: str, *, most: int) -> Any:
    """A list of distinct words out of a few."""

    def check(values: list[str]) -> list[str]:
        if any(value not in known for value in values):
            raise BodyFault("a value is not on the list")
        if not distinct(values):
            raise BodyFault("a value is given twice")
        return values

    items = {"type": "string", "enum": list(known)}
    schema = {"type": "array", "items": items, "maxItems": most, "description": described}
    return Annotated[
        list[Annotated[str, StringConstraints(max_length=80)]],
        Field(max_length=most),
        AfterValidator(check),
        WithJsonSchema(schema, mode="validation"),
    ]


PermissionsIn = _one_of(tuple(PERMISSION_BY_NAME), "Permissions of `GET /v1/permissions`.", most=80)
ClassesIn = _one_of(rules.CLASSES, "Classes read without any further reason.", most=4)
CohortClassesIn = _one_of(
    rules.COHORT_CLASSES, "Classes read where a child is in their cohort.", most=3
)
