"""Pure rules of federated sign-in: what a verified ID token says, and who it counts for.

Google and other providers: the person is `sub`, and may be found by a verified email address the
first time. Entra: the person is `oid` within `tid`; addresses there can be changed by anybody who
administers the tenant, and prove nothing.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.federation.errors import IdentityRefused

NONCE_LASTS = timedelta(minutes=10)
UNKNOWN_AGE = timedelta(hours=12)
"""How long ago somebody is taken to have proved who they are, where the provider does not say."""
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
FACTOR_VALUES = frozenset(
    {
        "mfa", "otp", "hwk", "ngcmfa", "fido", "phr", "phrh",
        "http://schemas.microsoft.com/claims/multipleauthn",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        "https://refeds.org/profile/mfa",
        *(f"c{number}" for number in range(1, 26)),
    }
)  # fmt: skip
"""What can prove a second factor: RFC 8176, OpenID EAP, REFEDS, and Entra's own (`c1` to `c25` are
its authentication contexts)."""
REAPPROVED = ("client_id", "tenants", "second_factor_values")
"""Changing one of these takes the approval of a provider away."""
GOOGLE, ENTRA, OTHER = "google", "entra", "oidc"


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom a school trusts, as kept. The issuer of Entra holds `{tid}`."""

    id: UUID
    kind: str
    issuer: str
    client_id: str
    tenants: tuple[str, ...]
    second_factor_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """Somebody as their provider knows them. `email` is there only where it was verified."""

    issuer: str
    subject: str
    email: str | None
    second_factor: bool
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Nonce:
    """A nonce and what its asker keeps; only hashes stay here."""

    nonce: str
    verifier: str


def new_nonce() -> Nonce:
    """Two times 256 random bits."""
    return Nonce(secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def hash_of(text: str) -> bytes:
    """What is kept of a nonce, a verifier or a token."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def is_same(content: bytes, text: str) -> bool:
    """Whether a text is the one a hash was kept of."""
    return hmac.compare_digest(content, hash_of(text))


def issuer_for(provider: Provider, claims: Mapping[str, Any]) -> str | None:
    """The issuer this provider has for a token's tenant, or None for a tenant not let in."""
    if provider.kind != ENTRA:
        return provider.issuer
    tenant = claims.get("tid")
    return provider.issuer.replace("{tid}", tenant) if tenant in provider.tenants else None


def provider_of(
    providers: Sequence[Provider],
    issuer: str,
    audiences: Collection[str],
    claims: Mapping[str, Any],
) -> Provider | None:
    """The provider that a token says it comes from, meant for us; nothing is proved by it."""
    for provider in providers:
        if provider.client_id in audiences and issuer_for(provider, claims) == issuer:
            return provider
    return None


def identify(provider: Provider, claims: Mapping[str, Any], now: datetime) -> ProviderIdentity:
    """Whom a verified token is about. Raises `IdentityRefused` for somebody not let in."""
    subject, email = _subject(provider, claims), _verified_email(claims)
    if provider.kind == GOOGLE:
        if email is None or str(claims.get("hd", "")).lower() not in provider.tenants:
            raise IdentityRefused
    elif provider.kind == ENTRA:
        if claims.get("tid") not in provider.tenants:
            raise IdentityRefused
        email = None
    values = _methods(claims)
    return ProviderIdentity(
        str(claims["iss"]),
        subject,
        email,
        not values.isdisjoint(provider.second_factor_values),
        proved_at(claims, now),
    )


def _subject(provider: Provider, claims: Mapping[str, Any]) -> str:
    if provider.kind != ENTRA:
        return str(claims["sub"])
    object_id = claims.get("oid")
    if not isinstance(object_id, str) or UUID_TEXT.fullmatch(object_id) is None:
        raise IdentityRefused
    return object_id


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    return email.strip() if 3 <= len(email) <= 300 else None


def _methods(claims: Mapping[str, Any]) -> set[str]:
    """What a token says about how somebody was proved: `amr`, `acr` and Entra's `acrs`."""
    words: set[str] = set()
    for name in ("amr", "acr", "acrs"):
        methods = claims.get(name)
        listed = methods if isinstance(methods, list) else [methods]
        words.update(item for item in listed if isinstance(item, str))
    return words


def proved_at(claims: Mapping[str, Any], now: datetime) -> datetime:
    """When somebody last proved who they are to the provider.

    A token alone may come from a sign-in of this morning: without `auth_time` it is taken for old.
    """
    seconds = claims.get("auth_time")
    if type(seconds) is not int or seconds <= 0:
        return now - UNKNOWN_AGE
    if seconds >= now.timestamp():
        return now
    return datetime.fromtimestamp(seconds, UTC)


def amr_of(who: ProviderIdentity) -> tuple[str, ...]:
    """How the session is said to be proved: by another's word, and perhaps by two factors."""
    return ("fed", "mfa") if who.second_factor else ("fed",)


def checked_tenants(kind: str, tenants: Collection[str]) -> list[str]:
    """Domains of Google, tenant ids of Entra, none of others. Raises `ValidationFailed`."""
    items = [tenant.strip().lower() for tenant in tenants]
    shape = {GOOGLE: DOMAIN, ENTRA: UUID_TEXT}.get(kind)
    if shape is None:
        sentence = "Only Google domains and Entra tenants can be listed."
        good = not items
    else:
        sentence = "List domains (`hd`) for Google, tenant ids (`tid`) for Entra: at least one."
        good = bool(items) and all(shape.fullmatch(item) for item in items)
    if not good:
        raise ValidationFailed(problems=[FieldProblem("/tenants", "not_fitting", sentence)])
    return sorted(set(items))


def checked_factor_values(values: Collection[str]) -> list[str]:
    """Values that can prove a second factor, never a password. Raises `ValidationFailed`."""
    if not FACTOR_VALUES.issuperset(values):
        sentence = "Only values that prove a second factor, such as `mfa`, can be listed."
        problem = FieldProblem("/second_factor_values", "not_fitting", sentence)
        raise ValidationFailed(problems=[problem])
    return sorted(set(values))
