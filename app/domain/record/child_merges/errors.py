"""How merging two children can be refused."""

from collections.abc import Sequence

from app.domain.errors import Conflict, Retry


class MergeBlocked(Conflict):
    code = "merge_blocked"
    title = "These two files cannot be made one, or two again, as they are now."
    advice = "`blocked_by` says why. Put it right, and try again then."
    retry = Retry.SAME

    def __init__(self, because: Sequence[str]) -> None:
        super().__init__()
        self.extra = {"blocked_by": list(because)}
