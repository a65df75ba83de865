"""Tools that send alerts: what they are called, how they are understood, what they sign with."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Served, Work
from app.api.kinds import Records, again
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.intake_sources import (
    IntakeSourceCard,
    IntakeSourceIn,
    IntakeSourceListIn,
    IntakeSourceOut,
    IntakeSourcePatch,
    IntakeSourceSecretOut,
)
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.errors import AlreadyExists
from app.domain.exchange.intake_sources import commands, queries
from app.domain.exchange.intake_sources.errors import (
    IntakeSourceEnded,
    IntakeSourceNotFound,
    SpeakerUnknown,
)

ops = Operations("intake sources")
router = ops.router
CHANGES = (IntakeSourceNotFound, IntakeSourceEnded)
SOURCES = Records(
    ops, "/v1/intake-sources/{source_id}", IntakeSourceOut, again(queries.read_source),
    writes=Permission.INTAKE_CHANGE, errors=(IntakeSourceNotFound,),
)  # fmt: skip


@ops.query("/v1/intake-sources", out=PageOut[IntakeSourceCard], needs=Permission.INTAKE_CHANGE)
async def list_intake_sources(
    request: Request, reading: Reading, query: Annotated[IntakeSourceListIn, Query()]
) -> Response:
    """List monitoring tools.

    Lists the tools that send alerts, newest first. Send `state=ended` for the ones that were ended.
    """
    sources = await queries.list_sources(reading, page_asked(query), state=query.state)
    return replies.page(request, sources)


@ops.command(
    "POST", "/v1/intake-sources", out=IntakeSourceSecretOut, needs=Permission.INTAKE_CHANGE,
    status=201, errors=(SpeakerUnknown,), recent=True, secret=True,
)  # fmt: skip
async def add_intake_source(body: IntakeSourceIn, work: Work, runtime: Served) -> Response:
    """Add a monitoring tool.

    Adds a monitoring tool. Its signing secret appears in this answer only, so store it now.
    """
    made = await commands.add_source(work, runtime.vault, **body.model_dump())
    return await _with_secret(work, runtime, made, status=201)


@ops.query(
    "/v1/intake-sources/{source_id}", out=IntakeSourceOut, needs=Permission.INTAKE_CHANGE,
    errors=(IntakeSourceNotFound,), etag=True,
)  # fmt: skip
async def get_intake_source(source_id: UUID, reading: Reading, request: Request) -> Response:
    """Get a monitoring tool.

    Shows one tool: its mapping, the words it sent that have no mapping, and its counts.
    """
    source = await queries.read_source(reading.driver, reading.actor, source_id)
    return replies.record(source, version=source.pop("version"), request=request)


SOURCES.change(
    "", commands.change_source, IntakeSourcePatch,
    "Update a monitoring tool.\n\n"
    "Changes how Cairn interprets what the tool sends. It applies to later alerts only. If "
    "you change its severities, categories, identifiers or key, safeguarding leads are alerted.",
    name="update_intake_source", errors=(IntakeSourceEnded, AlreadyExists, SpeakerUnknown),
)  # fmt: skip


@ops.command(
    "POST", "/v1/intake-sources/{source_id}/rotate", out=IntakeSourceSecretOut,
    needs=Permission.INTAKE_CHANGE, errors=CHANGES, recent=True, secret=True,
)  # fmt: skip
async def rotate_intake_source(
    source_id: UUID, work: Work, runtime: Served, if_match: IfMatch
) -> Response:
    """Rotate a monitoring tool's secret.

    Gives the tool a new signing secret, shown in this answer only. The current one works for
    another 24 hours.
    """
    made = await commands.rotate_source(work, source_id, if_match, runtime.vault)
    return await _with_secret(work, runtime, made)


SOURCES.change(
    "end", commands.end_source, None,
    "End a monitoring tool.\n\n"
    "Stops accepting what the tool signs, at once. Its earlier alerts stay. Safeguarding "
    "leads are alerted. An older ETag is accepted, so that nothing delays you.",
    name="end_intake_source",
)  # fmt: skip


async def _with_secret(
    work: Work, runtime: Served, made: commands.WithSecret, *, status: int = 200
) -> Response:
    source = await queries.read_source(await work.driver(), work.actor, made.source.id)
    version = source.pop("version")
    address = f"{runtime.settings.base_url}/v1/alert-intake/{made.source.id}"
    content = {**source, "signing_secret": made.secret, "address": address}
    location = f"/v1/intake-sources/{made.source.id}" if status == 201 else None
    return replies.record(content, status=status, version=version, location=location)
