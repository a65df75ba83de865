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

    Lists children who may be the same pupil: they share a number, or a name and date of birth.

    Nothing is merged until people call `merge_child`. It lists at most 20, shared numbers first.
    The audit log records that you looked.
    """
    return replies.listing(await queries.open_possible_duplicates(work, child_id))


@ops.opening(
    "/v1/children/{child_id}/merge", out=ChildMergeOut, needs=Permission.CHILD_SAFEGUARD,
    errors=NOT_REACHED,
)  # fmt: skip
async def open_child_merge(child_id: UUID, work: Work, request: Request) -> Response:
    """Open a merge of two children.

    Shows the latest merge of this child into another: requested, done or undone.

    Send the ID of the child who was merged; the other child lists it in `merged_from`.
    """
    record, version = await commands.open_child_merge(work, child_id)
    return replies.record(record, version=version, request=request)


MERGES.change(
    "merge", commands.merge_child, MergeChildIn,
    "Merge two children.\n\n"
    "Merges this child into another of the school, because they are one pupil.\n\n"
    "Everything in this child's file moves to the other, and this ID then answers with the "
    "other child. It takes two people: the first call requests the merge, and a second "
    "person repeats it. One of them must read class K5. `blocked_by` says what stands in the "
    "way: `named_together`, `related`, `transfer_open`, `bereavement`, `two_plans`, "
    "`granted` (end the grants first) or `cohort` (somebody would see more: put both in the "
    "same year and class first).",
    errors=(MergeBlocked,),
)  # fmt: skip
MERGES.change(
    "unmerge", commands.unmerge_child, UnmergeChildIn,
    "Undo a merge of two children.\n\n"
    "Undoes a merge, or withdraws the request for one, because they are two pupils after "
    "all.\n\n"
    "Both files become what they were, except what people have changed since "
    "(`not_restored`). Newer records stay with the other child. You must read class K5. "
    "Cairn refuses while a transfer of either file is open (`transfer_open`).",
    errors=(StateConflict, PermissionMissing, MergeBlocked),
)  # fmt: skip
