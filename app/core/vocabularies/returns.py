"""The words for returns, absences and places."""

from typing import Final

from app.core.vocabularies.terms import Vocabulary

VOCABULARIES: Final[tuple[Vocabulary, ...]] = ()
