"""The words for the pathway after self-harm or words about dying."""

from typing import Final

from app.core.vocabularies.terms import Vocabulary

VOCABULARIES: Final[tuple[Vocabulary, ...]] = ()
