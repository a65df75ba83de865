"""The words for signposts and local packs."""

from typing import Final

from app.core.vocabularies.terms import Vocabulary

VOCABULARIES: Final[tuple[Vocabulary, ...]] = ()
