"""What a concern can be about at a school: common categories, and words of its own."""

from pydantic import Field

from app.core.codes import ConcernCategoriesOut
from app.core.schemas import Out, VocabularyStatus


class OwnCategoryNamedOut(Out):
    """A school's own category, as it was when chosen."""

    code: str = Field(description="Code of the school's own category.")
    label: str = Field(description="Name when it was chosen.")
    categories: list[ConcernCategoriesOut] = Field(description="Common categories it meant.")


class CategoryChoiceOut(Out):
    """A category reporters can choose at this school today."""

    code: str = Field(description="Code to send.")
    label: str = Field(description="Name to show.")
    own: bool = Field(description="Whether it is the school's own category.")
    parent: str | None = Field(description="Common group to show it under; null: none.")
    categories: list[ConcernCategoriesOut] = Field(description="Common categories it means.")
    vocabulary_status: VocabularyStatus
