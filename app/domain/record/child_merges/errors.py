"""Refusals to merge two children."""

from collections.abc import Sequence

from app.domain.errors import Conflict, Retry


class MergeBlocked(Conflict):
    code = "merge_blocked"
    title = "These two files cannot be merged, or separated again, as they are now."
    advice = "See `blocked_by` for the reason. Put it right, then try again."
    retry = Retry.SAME

    def __init__(self, blocked_by: Sequence[str]) -> None:
        super().__init__()
        self.extra = {"blocked_by": list(blocked_by)}
