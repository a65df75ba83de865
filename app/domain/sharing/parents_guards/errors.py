"""Refusals to tell home."""

from collections.abc import Sequence
from typing import Any

from app.domain.errors import Conflict, Retry


class ParentsGuarded(Conflict):
    code = "parents_guarded"
    title = "Do not tell home yet: something has to be settled first."
    advice = (
        "`guards` says what and why, `give` what to write down, and `social_care` who to call now."
        " In an emergency, tell them first with `told_under` `life_at_risk`, and write down why "
        "afterwards."
    )
    retry = Retry.SAME

    def __init__(
        self, guards: Sequence[dict[str, Any]] = (), give: Sequence[str] = (),
        social_care: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.extra: dict[str, Any] = {
            "guards": list(guards), "give": list(give), "social_care": social_care,
        }  # fmt: skip
