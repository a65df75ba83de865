"""Two files of one pupil: proposed, merged, and unmerged again."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.routes.record.children import NOT_REACHED
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import (
    FileFrozen,
    FileLocked,
    PermissionMissing,
    SecondPersonNeeded,
    StateConflict,
)
from app.domain.record.child_merges import commands, queries
from app.domain.record.child_merges.errors import MergeBlocked
from app.domain.record.child_merges.schemas import (
    ChildMergeOut,
    MergeChildIn,
    PossibleDuplicateOut,
    UnmergeChildIn,
)

ops = Operations("children")
router = ops.router
MERGES = Records(
    ops, "/v1/children/{child_id}", ChildMergeOut, None, writes=Permission.CHILD_SAFEGUARD,
    errors=(*NOT_REACHED, FileLocked, FileFrozen, SecondPersonNeeded),
)  # fmt: skip


@ops.opening(
    "/v1/children/{child_id}/possible-duplicates", out=PageOut[PossibleDuplicateOut],
    needs=Permission.CHILD_SAFEGUARD, etag=False, errors=(*NOT_REACHED, FileLocked),
)  # fmt: skip
async def open_possible_duplicates(child_id: UUID, work: Work) -> Response:
    """Open a child's possible duplicates.

    Lists children who may be the same pupil: a shared number, or a name with a date of birth.

    A proposal merges nobody. At most 20, shared numbers first. The audit log keeps who looked.
    """
    return replies.listing(await queries.open_possible_duplicates(work, child_id))


@ops.opening(
    "/v1/children/{child_id}/merge", out=ChildMergeOut, needs=Permission.CHILD_SAFEGUARD,
    errors=NOT_REACHED,
)  # fmt: skip
async def open_child_merge(child_id: UUID, work: Work, request: Request) -> Response:
    """Open a merge of two children.

    Shows the last merge of a child into another: asked for, done or undone.

    The child is the one who was merged; its id stays in `merged_from` of the other.
    """
    record, version = await commands.open_child_merge(work, child_id)
    return replies.record(record, version=version, request=request)


MERGES.change(
    "merge", commands.merge_child, MergeChildIn,
    "Merge two children.\n\n"
    "Merges a child into another of the school: they are one pupil.\n\n"
    "Everything of this child moves to the other file, and this id answers with the other child. "
    "It needs two people: the first request asks, and a second person sends the same one. One of "
    "them reads class K5. "
    "`blocked_by` may say: `named_together`, `related`, `transfer_open`, `bereavement`, "
    "`two_plans`, `granted` (end the grants first) or `cohort` (somebody would see more: give "
    "both the same year and class first).",
    errors=(MergeBlocked,),
)  # fmt: skip
MERGES.change(
    "unmerge", commands.unmerge_child, UnmergeChildIn,
    "Undo a merge of two children.\n\n"
    "Takes a merge back, or the request for one: they are two pupils after all.\n\n"
    "Both files become what they were, except what people changed since (`not_restored`). Newer "
    "records stay with the other child. Needs class K5. Refused while a file of either is on its "
    "way (`transfer_open`).",
    errors=(StateConflict, PermissionMissing, MergeBlocked),
)  # fmt: skip
