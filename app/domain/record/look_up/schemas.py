"""What is looked up, and what is found."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.schemas import In, Out, PointerOut


class LookUpIn(In):
    """What somebody has in front of them."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)] = (
        Field(
            description="A reference such as `C-2026-000042`, a UPN, former UPN or any other "
            "number of a child, or a name."
        )
    )


class LookUpMatchOut(PointerOut):
    """One thing that was found; open it by its path."""

    title: str = Field(description="The child's name, or the reference.")
    found_by: Literal["reference", "number", "name"] = Field(
        json_schema_extra={"x-closed": True}, description="What matched."
    )


class LookUpOut(Out):
    """At most 20, the surest first."""

    items: list[LookUpMatchOut] = Field(description="What was found, surest first.")
