"""How a file that came is accepted."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Narrative


class AcceptanceIn(In):
    """Whose file it is; without a name, the child with this UPN."""

    child_id: UUID | None = Field(
        default=None, description="Child to accept it for. Default: the child with this UPN."
    )
    new_child: bool = Field(default=False, description="Add the child; only where no UPN matches.")
    signer_checked: Narrative | None = Field(
        default=None,
        description="How you made sure who signed it: needed where `signer.trust` is `unknown`.",
    )
