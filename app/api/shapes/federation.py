"""From a body to the command to trust a provider."""

from app.api.schemas.federation import IdentityProviderIn
from app.core.settings import Settings
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.people.federation.commands import AddProvider
from app.domain.people.federation.errors import IssuerRefused


def command_to_add(body: IdentityProviderIn, settings: Settings) -> AddProvider:
    """The command, with the issuer that the kind has on this server.

    Raises `IssuerRefused`, `ValidationFailed`.
    """
    return AddProvider(
        body.kind,
        body.label,
        _issuer(body, settings),
        body.client_id,
        body.tenants,
        body.second_factor_values,
        body.enabled,
    )


def _issuer(body: IdentityProviderIn, settings: Settings) -> str:
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
