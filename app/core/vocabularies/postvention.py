"""The words for the time after a death."""

from typing import Final

from app.core.vocabularies.terms import Vocabulary

VOCABULARIES: Final[tuple[Vocabulary, ...]] = ()
