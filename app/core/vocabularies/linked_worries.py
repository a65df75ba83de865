"""The words for ties and linked worries."""

from typing import Final

from app.core.vocabularies.terms import Vocabulary

VOCABULARIES: Final[tuple[Vocabulary, ...]] = ()
