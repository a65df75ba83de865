"""What is looked up, and what is found."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.schemas import In, Out, PointerOut


class LookUpIn(In):
    """What to look up."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)] = (
        Field(
            description="Reference such as `C-2026-000042`, any number of a child (UPN, former "
            "UPN or other), or a name."
        )
    )


class LookUpMatchOut(PointerOut):
    """One match. Open it by its path."""

    title: str = Field(description="Child's name, or the reference.")
    found_by: Literal["reference", "number", "name"] = Field(
        json_schema_extra={"x-closed": True}, description="What matched."
    )


class LookUpOut(Out):
    """Up to 20 matches, best first."""

    items: list[LookUpMatchOut] = Field(description="Matches, best first.")
