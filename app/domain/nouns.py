"""Every kind there is. Each door imports this, so that a walk over kinds meets all of them."""

from typing import Any, Final

from app.domain.actions.kind import ACTION
from app.domain.kinds import Kind
from app.domain.reviews.kind import REVIEW

EVERY: Final[tuple[Kind[Any], ...]] = (ACTION, REVIEW)
