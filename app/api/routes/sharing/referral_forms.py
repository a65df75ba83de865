"""What each kind of referral asks for, and the local forms of authorities."""

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.operations import Operations
from app.api.schemas import referral_forms as schemas
from app.api.schemas.referrals import ReferralFormOut, ReferralKindListOut
from app.core.codes import ReferralKindsIn
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.sharing.referral_forms import commands, queries
from app.domain.sharing.referral_forms.errors import VariantNotFound

ops = Operations("referrals")
router = ops.router


@ops.query("/v1/referral-kinds", out=ReferralKindListOut, needs=Permission.REFERRAL_READ)
async def list_referral_kinds() -> Response:
    """List referral kinds.

    Lists what each kind of referral asks for, section by section and field by field, so that a
    client can build the form. Next: `draft_referral`.
    """
    return replies.listing(queries.list_referral_kinds())


@ops.query(
    "/v1/referral-kinds/{kind}", out=ReferralFormOut, needs=Permission.REFERRAL_READ,
    errors=(VariantNotFound,),
)  # fmt: skip
async def get_referral_kind(
    kind: Annotated[ReferralKindsIn, Path(description="Kind of referral.")],
    reading: Reading,
    query: Annotated[schemas.FormIn, Query()],
) -> Response:
    """Get the form of a referral kind.

    Returns the form of a kind as sections and fields, and the same as JSON Schema. Send `variant`
    for a local form.
    """
    return replies.record(await queries.read_form(reading, kind, query.variant))


@ops.query("/v1/referral-variants", out=PageOut[schemas.VariantOut], needs=Permission.REFERRAL_READ)
async def list_referral_variants(reading: Reading) -> Response:
    """List local referral forms.

    Lists the school's own forms, and those that come with Cairn.
    """
    return replies.listing(await queries.list_variants(reading))


@ops.command(
    "POST", "/v1/referral-variants", out=schemas.VariantOut, needs=Permission.AGENCY_CHANGE,
    status=201, etag=False,
)  # fmt: skip
async def add_referral_variant(body: schemas.VariantIn, work: Work) -> Response:
    """Add a local referral form.

    Adds a local authority's form, or the next version of one. A saved version never changes.
    """
    row = await commands.add_variant(work, body.model_dump(mode="json", exclude_none=True))
    content = {
        "variant": row.variant,
        "version": str(row.number),
        "variant_of": row.kind,
        "authority": row.authority,
        "title": row.content["title"],
        "example": False,
        "bundled": False,
    }
    location = f"/v1/referral-kinds/{row.kind}?variant={row.variant}"
    return replies.record(content, status=201, location=location)
