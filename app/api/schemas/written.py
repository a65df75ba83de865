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
WrittenLevel1 = TypeAliasType(
    "WrittenLevel1",
    Annotated[
        str | int | float | bool | list[WrittenLeaf] | dict[str, WrittenLeaf] | None,
        Field(description="A leaf, or a list or an object of leaves."),
    ],
)
WrittenLevel2 = TypeAliasType(
    "WrittenLevel2",
    Annotated[
        str | int | float | bool | list[WrittenLevel1] | dict[str, WrittenLevel1] | None,
        Field(description="As `WrittenLevel1`, one level deeper."),
    ],
)
WrittenLevel3 = TypeAliasType(
    "WrittenLevel3",
    Annotated[
        str | int | float | bool | list[WrittenLevel2] | dict[str, WrittenLevel2] | None,
        Field(description="As `WrittenLevel1`, two levels deeper."),
    ],
)
WrittenLevel4 = TypeAliasType(
    "WrittenLevel4",
    Annotated[
        str | int | float | bool | list[WrittenLevel3] | dict[str, WrittenLevel3] | None,
        Field(description="As `WrittenLevel1`, three levels deeper."),
    ],
)
WrittenPart = TypeAliasType(
    "WrittenPart",
    Annotated[
        str | int | float | bool | list[WrittenLevel4] | dict[str, WrittenLevel4] | None,
        Field(description="What somebody wrote, or a list or an object of it, up to five deep."),
    ],
)


class ToldMarkOut(Out):
    """A mark on a body map. `x` and `y` run from 0 to 1, from left and top."""

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
