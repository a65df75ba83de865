"""What somebody says of the files that would leave, having looked at them."""

from typing import Annotated

from pydantic import Field

from app.core.schemas import In


class AttachmentConfirmationIn(In):
    """Your check of one file. Open it first: Cairn cannot remove names from files."""

    number: int = Field(ge=1, le=500, description="Number of the file in the preview.")
    sha256: str = Field(
        min_length=64, max_length=64, description="SHA-256 of the file in the preview."
    )
    shows_nobody_else: bool = Field(
        default=False,
        description="`true`: no other child appears by name, picture or voice. Not needed if a "
        "referral names others on purpose.",
    )
    shows_nothing_withheld: bool = Field(
        default=False,
        description="`true`: it shows nothing that you left out of the text. Required with "
        "redactions.",
    )
    warnings_seen: bool = Field(
        default=False,
        description="`true`: you have read its flags. `not_scanned` means no malware scan. "
        "Required if there are `warnings`.",
    )


Confirmations = Annotated[list[AttachmentConfirmationIn], Field(max_length=100)]
