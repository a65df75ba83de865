"""Bodies and rows of child groups to commands and answers."""

from app.api.schemas.child_groups import ChildGroupListIn
from app.db.repositories.safety.child_groups import ChildGroupFilter


def asked(query: ChildGroupListIn) -> ChildGroupFilter:
    """The filters of a list."""
    return ChildGroupFilter(query.state, query.kind, query.child_id)
