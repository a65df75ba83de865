"""Refusals of requests about service keys, and of programs that sign in."""

from typing import Any

from app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Retry, Unauthenticated


class ServiceKeyNotFound(NotFound):
    code = "service_key_not_found"
    title = "Cairn cannot find this service key."


class ServiceKeyRevoked(Conflict):
    code = "service_key_revoked"
    title = "This service key was revoked permanently."
    advice = "Add a new key for the program."


class ScopeNotYours(Forbidden):
    code = "scope_not_yours"
    title = "You cannot give a key a scope that you do not hold yourself."
    advice = "Leave the scope out, or ask somebody who holds it."
    retry = Retry.CHANGED


class ClientRefused(Unauthenticated):
    code = "client_refused"
    title = "No such service key can sign in from here with this secret."
    advice = (
        "Check the ID and the secret, whether the key has ended, and from where it may be used."
    )
    retry = Retry.CHANGED
    extra: dict[str, Any] = {"error": "invalid_client"}  # noqa: RUF012 - read only


class ScopeRefused(Invalid):
    code = "scope_refused"
    title = "The service key does not have this scope."
    advice = "Ask only for scopes of the key, separated by spaces. Ask for none to get all of them."
    extra: dict[str, Any] = {"error": "invalid_scope"}  # noqa: RUF012 - read only
