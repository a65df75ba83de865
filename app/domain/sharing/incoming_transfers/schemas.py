"""How a file that came is accepted."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Narrative


class AcceptanceIn(In):
    """Child to accept the file for. Default: the child with this UPN."""

    child_id: UUID | None = Field(
        default=None, description="Child to accept it for. Default: the child with this UPN."
    )
    new_child: bool = Field(
        default=False, description="`true`: add the child. Only if no UPN matches."
    )
    signer_checked: Narrative | None = Field(
        default=None,
        description="How you checked who signed it. Required if `signer.trust` is `unknown`.",
    )
