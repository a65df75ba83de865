"""Second factors: authenticator apps, recovery codes, step-up."""

from typing import Annotated

from pydantic import Field

from app.api.schemas.passkeys import UsedCredentialIn
from app.api.schemas.sessions import StepUpOut
from app.core.schemas import In, Out, Password, SeveralLines, Word, absent

Code = Annotated[Word, Field(description="Current code from the authenticator app.")]


class TotpOut(Out):
    """A secret for an authenticator app, shown only once. Confirm it with a first code."""

    secret: str = Field(description="Secret to type into an app (base32).")
    uri: str = Field(description="`otpauth://totp/...`, to show as a QR code.")


class CodeIn(In):
    """A first code from the authenticator app."""

    code: Code


class RecoveryCodesOut(Out):
    """Recovery codes, shown only once. Each works once instead of an app code."""

    recovery_codes: list[str] = Field(description="The codes; each works once.")


class TotpConfirmedOut(StepUpOut):
    """The app is in use: recovery codes, shown only once, and a fresh access token."""

    recovery_codes: list[str] = Field(description="The codes; each works once.")


class StepUpIn(In):
    """One proof of your identity."""

    otp: Annotated[
        Word, Field(description="Code from the authenticator app, or a recovery code.")
    ] = absent()
    credential: Annotated[
        UsedCredentialIn,
        Field(description="Passkey answer to the options from `POST /v1/me/step-up/options`."),
    ] = absent()
    password: Annotated[
        Password, Field(description="Password. Only if you have no second factor.")
    ] = absent()


class SecondFactorResetIn(In):
    """Why you remove a colleague's second factors."""

    reason: SeveralLines = Field(description="Reason, such as how you recognised the person.")
