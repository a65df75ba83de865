"""Passkeys in the JSON forms of WebAuthn Level 3, so that browsers' own functions read them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from app.api.schemas.sessions import StepUpOut
from app.core.schemas import In, Name, Out, absent

URL_SAFE = "^[A-Za-z0-9_-]*$"
ShortBytes = Annotated[str, StringConstraints(max_length=1_400, pattern=URL_SAFE)]
LongBytes = Annotated[str, StringConstraints(max_length=16_000, pattern=URL_SAFE)]
Transport = Annotated[str, StringConstraints(max_length=20, pattern="^[a-z-]+$")]
Attachment = Annotated[str, StringConstraints(max_length=30, pattern="^[a-z-]+$")]


class WebAuthnIn(In):
    """A part of what a browser answers, in its spelling."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    def as_sent(self) -> dict[str, Any]:
        """The part as the browser spelled it, without what it left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


class CredentialPropertiesIn(WebAuthnIn):
    """Properties of the new credential."""

    rk: bool = absent(description="Whether it is discoverable without its ID.")


class ExtensionResultsIn(WebAuthnIn):
    """Results of WebAuthn extensions."""

    cred_props: Annotated[CredentialPropertiesIn, Field(alias="credProps")] = absent(
        description="Properties of the passkey."
    )


class CredentialIn(WebAuthnIn):
    """What making and using a passkey answer alike."""

    id: ShortBytes = Field(description="Credential ID, base64url.")
    raw_id: ShortBytes = Field(alias="rawId", description="Credential ID, base64url.")
    type: Literal["public-key"]
    authenticator_attachment: Annotated[
        Attachment | None, Field(alias="authenticatorAttachment")
    ] = Field(default=None, description="Whether it is part of the device.")
    extension_results: Annotated[ExtensionResultsIn, Field(alias="clientExtensionResults")] = (
        absent(description="Results of extensions. Cairn asks for none.")
    )


class PasskeyCreationIn(WebAuthnIn):
    """The authenticator's answer with a new passkey."""

    client_data: LongBytes = Field(
        alias="clientDataJSON", description="Client data the browser signed, base64url."
    )
    attestation: LongBytes = Field(
        alias="attestationObject", description="The new key and its data, base64url."
    )
    authenticator_data: Annotated[LongBytes, Field(alias="authenticatorData")] = absent(
        description="Authenticator data, base64url."
    )
    public_key: Annotated[LongBytes | None, Field(alias="publicKey")] = Field(
        default=None, description="Public key, base64url."
    )
    algorithm: Annotated[int, Field(alias="publicKeyAlgorithm", ge=-70_000, le=70_000)] = absent(
        description="COSE number of the algorithm."
    )
    transports: Annotated[list[Transport], Field(max_length=10)] = absent(
        description="How the browser can reach it."
    )


class NewCredentialIn(CredentialIn):
    """`PublicKeyCredential.toJSON()` of a new passkey."""

    response: PasskeyCreationIn = Field(description="Answer of the authenticator.")


class PasskeyProofIn(WebAuthnIn):
    """The authenticator's signature."""

    client_data: LongBytes = Field(
        alias="clientDataJSON", description="Client data the browser signed, base64url."
    )
    authenticator_data: LongBytes = Field(
        alias="authenticatorData", description="Authenticator data, base64url."
    )
    signature: ShortBytes = Field(description="The signature, base64url.")
    user_handle: Annotated[ShortBytes | None, Field(alias="userHandle")] = Field(
        default=None, description="Handle of the account, base64url."
    )


class UsedCredentialIn(CredentialIn):
    """`PublicKeyCredential.toJSON()` of a passkey you used."""

    response: PasskeyProofIn = Field(description="Answer of the authenticator.")


class PasskeyIn(In):
    """A new passkey."""

    name: Name = Field(description="Your name for it, such as `blue key` or `office computer`.")
    credential: NewCredentialIn = Field(description="Credential the browser made.")


class PasskeyOut(Out):
    """One of your passkeys."""

    id: UUID = Field(description="Passkey ID.")
    name: str = Field(description="Your name for it.")
    synced: bool = Field(description="Whether a provider's keychain keeps copies.")
    created_at: datetime = Field(description="When the passkey was added.")
    last_used_at: datetime | None = Field(description="When you last used it; null: never.")


class RelyingPartyOut(Out):
    """The site the passkey is for."""

    id: str = Field(description="Domain the passkey is for.")
    name: str = Field(description="Name to show.")


class UserHandleOut(Out):
    """The account the passkey is for."""

    id: str = Field(description="Handle of the account, base64url.")
    name: str = Field(description="Name of the account.")
    displayName: str = Field(description="Name to show.")  # noqa: N815 - as WebAuthn spells it


class AlgorithmOut(Out):
    """A key type the server accepts."""

    type: str = Field(description="Always `public-key`.")
    alg: int = Field(description="COSE number of the algorithm.")


class DescriptorOut(Out):
    """An existing credential."""

    id: str = Field(description="Credential ID, base64url.")
    type: str = Field(description="Always `public-key`.")


class SelectionOut(Out):
    """What the authenticator must support."""

    residentKey: str = Field(description="Whether the device must store the passkey.")  # noqa: N815 - as WebAuthn spells it
    requireResidentKey: bool = Field(description="As `residentKey`, for older browsers.")  # noqa: N815
    userVerification: str = Field(description="Whether the user must unlock it.")  # noqa: N815


class CreationOptionsOut(Out):
    """Options for `parseCreationOptionsFromJSON`. Valid once, for five minutes."""

    rp: RelyingPartyOut = Field(description="Site the passkey is for.")
    user: UserHandleOut = Field(description="Account the passkey is for.")
    challenge: str = Field(description="Challenge to sign, base64url.")
    pubKeyCredParams: list[AlgorithmOut] = Field(description="Types of keys that are accepted.")  # noqa: N815
    timeout: int = Field(description="Time limit in milliseconds.")
    excludeCredentials: list[DescriptorOut] = Field(description="Passkeys you already have.")  # noqa: N815
    authenticatorSelection: SelectionOut = Field(  # noqa: N815
        description="Requirements for the authenticator."
    )
    attestation: str = Field(description="Always `none`.")


class RequestOptionsOut(Out):
    """Options for `parseRequestOptionsFromJSON`. Valid once, for five minutes."""

    challenge: str = Field(description="Challenge to sign, base64url.")
    timeout: int = Field(description="Time limit in milliseconds.")
    rpId: str = Field(description="Domain the passkey is for.")  # noqa: N815
    allowCredentials: list[DescriptorOut] = Field(  # noqa: N815
        description="Passkeys to choose from; empty: any."
    )
    userVerification: str = Field(description="Whether the user must unlock it.")  # noqa: N815


class PasskeyAddedOut(PasskeyOut, StepUpOut):
    """The new passkey, now in use, and a fresh access token for this session."""

    recovery_codes: Annotated[
        list[str],
        Field(description="Recovery codes, shown only once. Only with your first second factor."),
    ] = absent()
