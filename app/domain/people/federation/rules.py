"""Pure rules of federated sign-in: the contents of a verified ID token, and its person.

Google and other providers: the person is `sub`, found the first time by a verified email address.
Entra: the person is `oid` within `tid`; any administrator of the tenant can change addresses there,
so they prove nothing.
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

from app.core.addresses import is_address
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.federation.errors import IdentityRefused

NONCE_LASTS = timedelta(minutes=10)
UNKNOWN_AGE = timedelta(hours=12)
"""Assumed age of a proof if the provider gives none."""
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
"""Values that can prove a second factor.

Sources: RFC 8176, OpenID EAP, REFEDS, and Entra's own (`c1` to `c25` are its authentication
contexts).
"""
REAPPROVED = ("client_id", "tenants", "second_factor_values")
"""Changing one of these takes the approval of a provider away."""
GOOGLE, ENTRA, OTHER = "google", "entra", "oidc"


@dataclass(frozen=True, slots=True)
class Provider:
    """A trusted provider, as stored. The issuer of Entra contains `{tid}`."""

    id: UUID
    kind: str
    issuer: str
    client_id: str
    tenants: tuple[str, ...]
    second_factor_values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """A person as their provider knows them. `email` is present only if verified and plain."""

    issuer: str
    subject: str
    email: str | None
    second_factor: bool
    proved_at: datetime


@dataclass(frozen=True, slots=True)
class Nonce:
    """A nonce and its asker's secret; only their hashes are stored here."""

    nonce: str
    verifier: str


def new_nonce() -> Nonce:
    """Two times 256 random bits."""
    return Nonce(secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def hash_of(text: str) -> bytes:
    """Hash a nonce, a verifier or a token for storage."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def is_same(content: bytes, text: str) -> bool:
    """Whether a text is the one a hash was kept of."""
    return hmac.compare_digest(content, hash_of(text))


def issuer_for(provider: Provider, claims: Mapping[str, Any]) -> str | None:
    """The provider's issuer for a token's tenant, or None if the tenant is not allowed."""
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
    """Find the provider a token claims, if the token is meant for us; this proves nothing."""
    for provider in providers:
        if provider.client_id in audiences and issuer_for(provider, claims) == issuer:
            return provider
    return None


def identify(provider: Provider, claims: Mapping[str, Any], now: datetime) -> ProviderIdentity:
    """Identify the person of a verified token. Raises `IdentityRefused` if not allowed."""
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
    address = email.strip()
    return address if is_address(address) else None


def _methods(claims: Mapping[str, Any]) -> set[str]:
    """A token's values on how the person was proved: `amr`, `acr` and Entra's `acrs`."""
    words: set[str] = set()
    for name in ("amr", "acr", "acrs"):
        methods = claims.get(name)
        listed = methods if isinstance(methods, list) else [methods]
        words.update(item for item in listed if isinstance(item, str))
    return words


def proved_at(claims: Mapping[str, Any], now: datetime) -> datetime:
    """When the person last proved who they are to the provider.

    A token may come from a sign-in hours ago: without `auth_time` the proof counts as old.
    """
    seconds = claims.get("auth_time")
    if type(seconds) is not int or seconds <= 0:
        return now - UNKNOWN_AGE
    if seconds >= now.timestamp():
        return now
    return datetime.fromtimestamp(seconds, UTC)


def amr_of(who: ProviderIdentity) -> tuple[str, ...]:
    """The session's methods: proved by a provider, and perhaps by two factors."""
    return ("fed", "mfa") if who.second_factor else ("fed",)


def checked_tenants(kind: str, tenants: Collection[str]) -> list[str]:
    """Check domains of Google, tenant IDs of Entra, none of others. Raises `ValidationFailed`."""
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
