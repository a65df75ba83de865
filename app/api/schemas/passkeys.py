"""Passkeys in the JSON forms of WebAuthn Level 3, so that browsers' own functions read them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from app.api.schemas.auth import RaisedOut
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
    """Whether the credential can be found without its id."""

    rk: bool = absent()


class ExtensionResultsIn(WebAuthnIn):
    """Results of extensions; none is asked for."""

    cred_props: Annotated[CredentialPropertiesIn, Field(alias="credProps")] = absent()


class CredentialIn(WebAuthnIn):
    """What making and using a passkey answer alike."""

    id: ShortBytes
    raw_id: ShortBytes = Field(alias="rawId")
    type: Literal["public-key"]
    authenticator_attachment: Annotated[
        Attachment | None, Field(alias="authenticatorAttachment")
    ] = None
    extension_results: Annotated[ExtensionResultsIn, Field(alias="clientExtensionResults")] = (
        absent()
    )


class MadeIn(WebAuthnIn):
    """What the authenticator says of a passkey it made."""

    client_data: LongBytes = Field(alias="clientDataJSON")
    attestation: LongBytes = Field(alias="attestationObject")
    authenticator_data: Annotated[LongBytes, Field(alias="authenticatorData")] = absent()
    public_key: Annotated[LongBytes | None, Field(alias="publicKey")] = None
    algorithm: Annotated[int, Field(alias="publicKeyAlgorithm", ge=-70_000, le=70_000)] = absent()
    transports: Annotated[list[Transport], Field(max_length=10)] = absent()


class NewCredentialIn(CredentialIn):
    """`PublicKeyCredential.toJSON()` of a passkey that was made."""

    response: MadeIn


class UsedIn(WebAuthnIn):
    """What the authenticator signed."""

    client_data: LongBytes = Field(alias="clientDataJSON")
    authenticator_data: LongBytes = Field(alias="authenticatorData")
    signature: ShortBytes
    user_handle: Annotated[ShortBytes | None, Field(alias="userHandle")] = None


class UsedCredentialIn(CredentialIn):
    """`PublicKeyCredential.toJSON()` of a passkey that was used."""

    response: UsedIn


class PasskeyIn(In):
    """A passkey to be taken into use."""

    name: Name = Field(description="What I call it, such as `blue key` or `office computer`.")
    credential: NewCredentialIn


class PasskeyOut(Out):
    """One of my passkeys."""

    id: UUID
    name: str
    synced: bool = Field(description="Whether copies of it exist in a provider's keychain.")
    created_at: datetime
    last_used_at: datetime | None


class RelyingPartyOut(Out):
    """Whom the passkey is for."""

    id: str
    name: str


class UserHandleOut(Out):
    """Whose passkey it will be."""

    id: str
    name: str
    displayName: str  # noqa: N815 - as WebAuthn spells it


class AlgorithmOut(Out):
    """A kind of key that is taken."""

    type: str
    alg: int


class DescriptorOut(Out):
    """A credential that exists."""

    id: str
    type: str


class SelectionOut(Out):
    """What the authenticator has to be able to do."""

    residentKey: str  # noqa: N815 - as WebAuthn spells it
    requireResidentKey: bool  # noqa: N815
    userVerification: str  # noqa: N815


class CreationOptionsOut(Out):
    """For `PublicKeyCredential.parseCreationOptionsFromJSON`; valid once, for five minutes."""

    rp: RelyingPartyOut
    user: UserHandleOut
    challenge: str
    pubKeyCredParams: list[AlgorithmOut]  # noqa: N815
    timeout: int
    excludeCredentials: list[DescriptorOut]  # noqa: N815
    authenticatorSelection: SelectionOut  # noqa: N815
    attestation: str


class RequestOptionsOut(Out):
    """For `PublicKeyCredential.parseRequestOptionsFromJSON`; valid once, for five minutes."""

    challenge: str
    timeout: int
    rpId: str  # noqa: N815
    allowCredentials: list[DescriptorOut]  # noqa: N815
    userVerification: str  # noqa: N815


class PasskeyAddedOut(PasskeyOut, RaisedOut):
    """The passkey is in use, and this session was proved by it: a fresh access token."""

    recovery_codes: Annotated[
        list[str], Field(description="Shown this once, with the first factor only.")
    ] = absent()
