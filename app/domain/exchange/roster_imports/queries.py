"""Readers' view of roster imports and of the problems in their files."""

from typing import Any, Final

from app.core import clock
from app.core.words import Actor
from app.db.repositories.exchange.imports import Tables
from app.db.repositories.exchange.roster_changes import HAS_LATER
from app.domain.exchange.imports.queries import Sort
from app.domain.exchange.imports.rules import HELD, steps
from app.domain.exchange.roster.rules import LEAVER, reason_told, sentence


def _shaped(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    code = reason_told(actor, row.pop("because"))
    fault = code and {"code": code, "detail": sentence(code)}
    counts = row["counts"] or None
    if counts and actor.is_service:
        held = [hold for hold in counts.get("held", ()) if hold["code"] != LEAVER]
        counts = {**counts, "held": held}
    overtaken = row.pop("has_later", False)
    permissions = steps("roster_import", row, () if actor.is_service else (HELD,), clock.now())
    if overtaken and "undo_roster_import" in permissions:
        permissions.remove("undo_roster_import")
    return {**row, "counts": counts, "fault": fault, "permissions": permissions}


ROSTERS: Final = Sort(
    Tables(
        "roster_import", "roster_problem",
        ("source", "format", "organisation_source_id", "handling"),
        of_problem=("file", "severity", "detail"),
        beside={"has_later": f"i.state = 'applied' and {HAS_LATER.format(school='$1')}"},
    ),
    _shaped,
)  # fmt: skip
