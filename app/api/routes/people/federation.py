"""Signing in with a school's own identity provider: who to trust, and who a person is there."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.addresses import client_network
from app.api.deps import Reading, Served, Work
from app.api.grants.answers import max_age_of
from app.api.id_tokens import prove_shown
from app.api.kinds import Records, again
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.federation import (
    IdentityIn,
    IdentityOut,
    IdentityProviderCard,
    IdentityProviderListIn,
    IdentityProviderOut,
    IdentityProviderPatch,
    NonceOut,
    SignInProviderOut,
)
from app.api.schemas.sessions import AcceptedOut
from app.core.schemas import PageOut
from app.core.settings import Settings
from app.core.words import Permission
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed
from app.domain.people.federation import commands, queries
from app.domain.people.federation.errors import (
    IdentityNotFound,
    IdentityProviderNotFound,
    IdentityProviderUnavailable,
    IdentityRefused,
    IdentityTaken,
    IssuerRefused,
)
from app.domain.people.federation.schemas import IdentityProviderIn

ops = Operations("federation")
router = ops.router
PROVIDERS = Records(
    ops, "/v1/identity-providers/{provider_id}", IdentityProviderOut, again(queries.read_provider),
    writes=Permission.SCHOOL_CHANGE, errors=(IdentityProviderNotFound,),
)  # fmt: skip


@ops.public("POST", "/v1/auth/nonce", out=NonceOut, no_if_match=NoIfMatch.OWN)
async def issue_nonce(runtime: Served, request: Request) -> Response:
    """Get a nonce for a sign-in.

    Returns a nonce for one sign-in at an identity provider. It is valid for ten minutes. Next:
    `issue_token`.

    Put `nonce` in the authorization request. Keep `nonce_verifier` and send it with the ID token,
    so that an ID token that leaks is useless to anyone else.
    """
    made = await commands.issue_nonce(runtime.database, client_network(request.scope))
    return replies.record(made)


@ops.public("GET", "/v1/auth/providers/{organisation_id}", out=PageOut[SignInProviderOut])
async def list_sign_in_providers(organisation_id: UUID, runtime: Served) -> Response:
    """List an organisation's sign-in providers.

    Lists where people of an organisation can sign in. The list is also empty if there is no such
    organisation. Next: `issue_nonce`.
    """
    return replies.listing(await commands.providers_of(runtime.database, organisation_id))


@ops.query("/v1/identity-providers", out=PageOut[IdentityProviderCard], needs=None)
async def list_identity_providers(
    request: Request, reading: Reading, query: Annotated[IdentityProviderListIn, Query()]
) -> Response:
    """List identity providers.

    Lists the school's identity providers, newest first. Administrators, leads and headteachers may
    see it.
    """
    return replies.page(request, await queries.list_providers(reading, page_asked(query)))


@ops.command(
    "POST", "/v1/identity-providers", out=IdentityProviderOut, needs=Permission.SCHOOL_CHANGE,
    status=201, errors=(IssuerRefused,), recent=True,
)  # fmt: skip
async def add_identity_provider(body: IdentityProviderIn, work: Work, runtime: Served) -> Response:
    """Add an identity provider.

    Adds a Google Workspace, an Entra tenant, or an issuer that the operator allows. Leads and
    headteachers are alerted.

    Nobody can sign in with it until a lead or headteacher who did not set it up calls
    `approve_identity_provider`.
    """
    provider = await commands.add_provider(work, body, _issuer(body, runtime.settings))
    return await PROVIDERS.made(work, provider)


def _issuer(body: IdentityProviderIn, settings: Settings) -> str:
    """The issuer that the kind has on this server, or the one of those allowed."""
    own = {"google": settings.google_issuer, "entra": settings.entra_issuer}.get(body.kind)
    if own is not None:
        if body.issuer is not None:
            sentence = "The issuer of Google and Entra is known."
            raise ValidationFailed(problems=[FieldProblem("/issuer", "not_fitting", sentence)])
        return own
    if body.issuer is None:
        sentence = "Say which issuer."
        raise ValidationFailed(problems=[FieldProblem("/issuer", "missing", sentence)])
    if body.issuer not in settings.oidc_issuers:
        raise IssuerRefused
    return body.issuer


@ops.query(
    "/v1/identity-providers/{provider_id}", out=IdentityProviderOut, needs=None,
    errors=(IdentityProviderNotFound,), etag=True,
)  # fmt: skip
async def get_identity_provider(provider_id: UUID, reading: Reading, request: Request) -> Response:
    """Get an identity provider.

    Shows one of the school's identity providers and who approved it.
    """
    provider = await queries.read_provider(reading.driver, reading.actor, provider_id)
    return replies.record(provider, version=provider.pop("version"), request=request)


PROVIDERS.change(
    "", commands.change_provider, IdentityProviderPatch,
    "Update an identity provider.\n\n"
    "Changes the provider with a merge patch. `enabled: false` stops further sign-ins with "
    "it; sessions already open continue.\n\n"
    "If you change the client, the tenants or what counts as a second factor, it needs a new "
    "approval: `approve_identity_provider`.",
    name="update_identity_provider", recent=True,
)  # fmt: skip
PROVIDERS.change(
    "approve", commands.approve_provider, None,
    "Approve an identity provider.\n\n"
    "Puts the provider into use. A lead or headteacher who neither added nor last changed it "
    "approves it.",
    name="approve_identity_provider", needs=Permission.ROLE_GRANT, errors=(SecondPersonNeeded,),
    recent=True,
)  # fmt: skip


@ops.query("/v1/me/identities", out=PageOut[IdentityOut], needs=None)
async def list_my_identities(reading: Reading) -> Response:
    """List my linked identities.

    Lists the accounts at identity providers that are linked to yours.
    """
    return replies.listing(await queries.list_identities(reading))


@ops.command(
    "POST", "/v1/me/identities", out=AcceptedOut, needs=None, etag=False,
    errors=(IdentityRefused, IdentityTaken, IdentityProviderUnavailable), prepare=prove_shown,
    recent=True, no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def link_my_identity(
    body: IdentityIn, work: Work, request: Request, runtime: Served
) -> Response:
    """Link an identity to my account.

    Links the identity in an ID token to your account. From then on you can sign in with that
    provider.

    If you signed in with a provider alone, prove your identity here first: call `step_up`.
    """
    del body  # described here; what it proves was proved before the transaction began
    await commands.link_identity(work, request.state.prepared.proof, max_age_of(runtime))
    return replies.record({"accepted": True})


@ops.command(
    "DELETE", "/v1/me/identities/{identity_id}", out=None, needs=None, status=204, etag=False,
    errors=(IdentityNotFound,), recent=True, no_if_match=NoIfMatch.OWN,
)  # fmt: skip
async def unlink_my_identity(identity_id: UUID, work: Work, runtime: Served) -> Response:
    """Unlink one of my identities.

    Removes the link. You can no longer sign in with that account.
    """
    await commands.unlink_identity(work, identity_id, max_age_of(runtime))
    return Response(status_code=204)
