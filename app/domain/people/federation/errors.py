"""Refusals of sign-in through another provider, and of changes to trusted providers."""

from typing import Any

from app.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Retry,
    Unauthenticated,
    Unavailable,
)


class IdentityRefused(Unauthenticated):
    code = "id_token_refused"
    title = "This ID token does not prove who you are to this organisation."
    advice = "Start again with a new nonce. The organisation must trust the provider."
    retry = Retry.CHANGED
    extra: dict[str, Any] = {"error": "invalid_request"}  # noqa: RUF012 - read only


class IdentityUnknown(Forbidden):
    code = "identity_unknown"
    title = "Your provider knows you, but nobody here is linked to that identity."
    advice = "Sign in another way and link it with POST /v1/me/identities, or ask an administrator."


class IdentityTaken(Conflict):
    code = "identity_taken"
    title = "This identity is already linked to an account."
    advice = "Unlink it there first, or sign in to that account."


class IdentityNotFound(NotFound):
    code = "identity_not_found"
    title = "Cairn cannot find this identity among yours."


class IdentityProviderNotFound(NotFound):
    code = "identity_provider_not_found"
    title = "Cairn cannot find this identity provider."


class IdentityProviderUnavailable(Unavailable):
    code = "identity_provider_unavailable"
    title = "Cairn cannot get the identity provider's keys at the moment."
    advice = "Try again shortly. The ID token and its nonce are still valid."


class IssuerRefused(Invalid):
    code = "issuer_refused"
    title = "The operator of this server does not allow this issuer."
    advice = "Ask the operator to add it to CAIRN_OIDC_ISSUERS."
