"""Second factors: authenticator apps, recovery codes, step-up."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.passkeys import UsedCredentialIn
from app.api.schemas.sessions import StepUpOut
from app.core.schemas import In, Out, Password, SeveralLines, Word, absent

Code = Annotated[Word, Field(description="The present code of the authenticator app.")]


class TotpOut(Out):
    """A secret for an authenticator app, shown this once; confirm it with a first code."""

    secret: str = Field(description="As people type it into an app (base32).")
    uri: str = Field(description="`otpauth://totp/...`, to be shown as a QR code.")


class CodeIn(In):
    """A first code of the app."""

    code: Code


class RecoveryCodesOut(Out):
    """Recovery codes, shown this once; each works once instead of a code of the app."""

    recovery_codes: list[str] = Field(description="The codes; each works once.")


class TotpConfirmedOut(StepUpOut):
    """The app is in use: recovery codes, shown this once, and a fresh access token."""

    recovery_codes: list[str] = Field(description="The codes; each works once.")


class StepUpIn(In):
    """One proof of who I am."""

    otp: Annotated[
        Word, Field(description="A code of the authenticator app, or a recovery code.")
    ] = absent()
    credential: Annotated[
        UsedCredentialIn,
        Field(description="What a passkey answered to POST /v1/me/step-up/options."),
    ] = absent()
    password: Annotated[
        Password, Field(description="Only for those who have no second factor.")
    ] = absent()


class SecondFactorResetIn(In):
    """Why a colleague's second factors are removed."""

    reason: SeveralLines = Field(description="For instance how the person was recognised.")
