"""What staff wrote into a record that has a shape of its own, whatever it is.

Unrolled as deep as any record goes: generators of clients give up on a type that holds itself.
"""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypeAliasType

from app.core.codes import BodyMapRegionsOut, BodyMapViewsOut, MarkColoursOut, MarkShapesOut
from app.core.schemas import Out

WrittenLeaf = TypeAliasType(
    "WrittenLeaf",
    Annotated[
        str | int | float | bool | None, Field(description="Text, a number, yes or no, or nothing.")
    ],
)
WrittenTwig = TypeAliasType(
    "WrittenTwig",
    Annotated[
        str | int | float | bool | list[WrittenLeaf] | dict[str, WrittenLeaf] | None,
        Field(description="A leaf, or a list or an object of leaves."),
    ],
)
WrittenBranch = TypeAliasType(
    "WrittenBranch",
    Annotated[
        str | int | float | bool | list[WrittenTwig] | dict[str, WrittenTwig] | None,
        Field(description="As `WrittenTwig`, one level deeper."),
    ],
)
WrittenBough = TypeAliasType(
    "WrittenBough",
    Annotated[
        str | int | float | bool | list[WrittenBranch] | dict[str, WrittenBranch] | None,
        Field(description="As `WrittenTwig`, two levels deeper."),
    ],
)
WrittenStem = TypeAliasType(
    "WrittenStem",
    Annotated[
        str | int | float | bool | list[WrittenBough] | dict[str, WrittenBough] | None,
        Field(description="As `WrittenTwig`, three levels deeper."),
    ],
)
WrittenPart = TypeAliasType(
    "WrittenPart",
    Annotated[
        str | int | float | bool | list[WrittenStem] | dict[str, WrittenStem] | None,
        Field(description="What somebody wrote, or a list or an object of it, up to five deep."),
    ],
)


class ToldMarkOut(Out):
    """A mark on a body map; `x` and `y` go from 0 to 1, from the left and from the top."""

    view: BodyMapViewsOut = Field(description="Side of the body map.")
    x: float = Field(description="Distance from the left of the drawing, 0 to 1.")
    y: float = Field(description="Distance from the top of the drawing, 0 to 1.")
    region: BodyMapRegionsOut = Field(description="Part of the body.")
    size_mm: int | None = Field(description="Size in millimetres; null: not said.")
    colour: MarkColoursOut | None = Field(description="Colour of the mark; null: not said.")
    shape: MarkShapesOut | None = Field(description="Shape of the mark; null: not said.")
    explanation: str | None = Field(
        description="How the child or an adult explains it; null: not said."
    )
