"""What somebody says of the files that would leave, having looked at them."""

from typing import Annotated

from pydantic import Field

from app.core.schemas import (
    In,
)


class AttachmentConfirmationIn(In):
    """What you say of one file, having opened it: nobody can take a name out of a file."""

    number: int = Field(ge=1, le=500, description="Number of the file in the preview.")
    sha256: str = Field(
        min_length=64, max_length=64, description="SHA-256 of the file in the preview."
    )
    shows_nobody_else: bool = Field(
        default=False,
        description="No other child is in it, by name, picture or voice. Not asked where a "
        "referral names others on purpose.",
    )
    shows_nothing_withheld: bool = Field(
        default=False,
        description="Nothing is in it that was left out of the text. Asked where a passage is.",
    )
    warnings_seen: bool = Field(
        default=False,
        description="You know of its flags, and that nobody looked for malware where `warnings` "
        "says `not_scanned`. Asked where there are any.",
    )


Confirmations = Annotated[list[AttachmentConfirmationIn], Field(max_length=100)]
