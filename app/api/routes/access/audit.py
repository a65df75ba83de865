"""The trail: what was done, and the proofs that nothing of it was bent."""

from base64 import b64encode
from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.audit import (
    AuditEntryOut,
    AuditListIn,
    CheckpointOut,
    ConsistencyIn,
    ConsistencyProofOut,
    InclusionProofOut,
    SealKeyOut,
)
from app.core.schemas import ListIn, PageOut
from app.core.words import Permission
from app.domain.access.audit import queries
from app.domain.access.audit.errors import (
    CheckpointNotFound,
    EntryNotFound,
    EntryNotSealed,
    ProofUnavailable,
)
from app.formats.trail_log.notes import PublicKey
from app.integrations.seal_keys import SealKeyFolder

ops = Operations("audit")
router = ops.router
FILTERS = ("actor_id", "child_id", "about_kind", "about_id", "verb", "since", "until")


@ops.opening("/v1/audit", out=PageOut[AuditEntryOut], needs=Permission.AUDIT_READ, etag=False)
async def open_audit(
    request: Request, work: Work, query: Annotated[AuditListIn, Query()]
) -> Response:
    """Open the audit log.

    Shows what was done in this school, newest first. Reading the audit log is itself logged.

    Entries about children and concerns you have a conflict of interest with are left out.
    """
    asked = queries.EntryFilter(**{name: getattr(query, name) for name in FILTERS})
    return replies.page(request, await queries.open_audit(work, asked, page_asked(query)))


@ops.query("/v1/audit/checkpoints", out=PageOut[CheckpointOut], needs=Permission.AUDIT_READ)
async def list_checkpoints(
    request: Request, reading: Reading, query: Annotated[ListIn, Query()]
) -> Response:
    """List audit checkpoints.

    Lists the signed checkpoints of the audit log, newest first. Keep copies outside Cairn, so that
    you can show later that nothing was changed.
    """
    return replies.page(request, await queries.list_checkpoints(reading, page_asked(query)))


@ops.query(
    "/v1/audit/checkpoints/latest", out=CheckpointOut, needs=Permission.AUDIT_READ,
    errors=(CheckpointNotFound,),
)  # fmt: skip
async def get_latest_checkpoint(reading: Reading) -> Response:
    """Get the latest audit checkpoint.

    Shows the newest signed checkpoint of the audit log. Keep a copy outside Cairn. Next: with two
    checkpoints, `prove_consistency`.
    """
    return replies.record(await queries.latest_checkpoint(reading))


@ops.query(
    "/v1/audit/consistency", out=ConsistencyProofOut, needs=Permission.AUDIT_READ,
    errors=(CheckpointNotFound, ProofUnavailable),
)  # fmt: skip
async def prove_consistency(reading: Reading, query: Annotated[ConsistencyIn, Query()]) -> Response:
    """Prove that nothing was removed from the audit log.

    Returns a proof that nothing was removed from the audit log or changed between two checkpoints.
    """
    return replies.record(await queries.prove_consistency(reading, query.from_size, query.to_size))


@ops.query("/v1/audit/keys", out=PageOut[SealKeyOut], needs=Permission.AUDIT_READ)
async def list_seal_keys(_reading: Reading, runtime: Served) -> Response:
    """List the audit log's signing keys.

    Lists the public keys that sign checkpoints now, and those that signed earlier ones, oldest
    first.
    """
    published = SealKeyFolder(runtime.settings.keys_dir).published()
    return replies.listing(
        [
            {
                "name": key.name,
                "line": PublicKey(key.name, key.public).line,
                "public_key": b64encode(key.public).decode(),
                "since": key.since,
                "retired": key.retired,
            }
            for key in published
        ]
    )


@ops.opening(
    "/v1/audit/entries/{entry_id}/proof", out=InclusionProofOut, needs=Permission.AUDIT_READ,
    errors=(EntryNotFound, EntryNotSealed, ProofUnavailable), etag=False,
)  # fmt: skip
async def prove_entry(entry_id: UUID, work: Work) -> Response:
    """Prove that an audit log entry is sealed.

    Returns a proof that one entry is in the sealed audit log, with the bytes that were hashed.
    """
    return replies.record(await queries.prove_entry(work, entry_id))
