"""What a concern can be about at a school: common categories, and words of its own."""

from pydantic import Field

from app.core.codes import ConcernCategoriesOut
from app.core.schemas import Out, VocabularyStatus


class OwnCategoryNamedOut(Out):
    """A word of the school's own, as it stood when it was chosen."""

    code: str = Field(description="Code of the school's own category.")
    label: str = Field(description="Name when it was chosen.")
    categories: list[ConcernCategoriesOut] = Field(description="What it meant, in common codes.")


class CategoryChoiceOut(Out):
    """What may be chosen as a category here, today."""

    code: str = Field(description="What to send.")
    label: str = Field(description="Name to show.")
    own: bool = Field(description="Whether it is the school's own word.")
    parent: str | None = Field(description="The common group that it is shown in, if any.")
    categories: list[ConcernCategoriesOut] = Field(description="What it means, in common codes.")
    vocabulary_status: VocabularyStatus
