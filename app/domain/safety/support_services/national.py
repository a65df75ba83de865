"""The support services that come with Cairn: read from our files, never from the database."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from app.core.vocabularies.terms import DRAFT
from app.domain.duty.lead_availability.rules import ALWAYS
from app.domain.safety.support_services.rules import is_confirmed

HERE = Path(__file__).parent
EVERYWHERE: Final = ("england", "wales", "scotland", "northern_ireland")
IDS: Final[Mapping[str, str]] = {"999": "emergency", "111": "nhs111_mh", "116 123": "samaritans"}
MENTAL_HEALTH: Final = ("england",)
"""Where 111 has the mental health option as it is described here; elsewhere ask at 111."""


def always() -> list[dict[str, Any]]:
    """999, 111 and 116 123: in the program itself, confirmed whatever the day."""
    return [
        _row(
            id=IDS[one.number], origin="always", name=one.who, about=one.why,
            audiences=["everyone", "worried_about_somebody"],
            channels=[{"kind": "phone", "contact": one.number}], hours="Day and night",
            nations=list(MENTAL_HEALTH if one.number == "111" else EVERYWHERE), languages=["en"],
            source="Known to everybody; part of the program", confirmed=True,
        )
        for one in ALWAYS
    ]  # fmt: skip


@lru_cache(maxsize=1)
def shipped() -> Sequence[Mapping[str, Any]]:
    """The rows of the file, as they stand there."""
    rows: list[dict[str, Any]] = tomllib.loads((HERE / "national.toml").read_text())[
        "support_service"
    ]
    return tuple(rows)


def national(today: date) -> list[dict[str, Any]]:
    """Every support service of the program as it is shown on a day; the compiled ones first."""
    return [
        *always(),
        *(
            _row(
                **row, origin="national", confirmed=is_confirmed(row.get("check_by"), today)
            )
            for row in shipped()
        ),
    ]  # fmt: skip


def known() -> Mapping[str, Mapping[str, Any]]:
    """What a school can adopt, by its id."""
    return {row["id"]: row for row in shipped()}


def suits(row: Mapping[str, Any], nation: str | None, audience: str | None) -> bool:
    """Whether one is for a nation and an audience; what is for everyone is for all."""
    here = nation is None or nation in row["nations"] or row["origin"] == "always"
    return here and (audience is None or bool({audience, "everyone"} & {*row["audiences"]}))


def _row(**given: Any) -> dict[str, Any]:
    return {"checked_on": None, "check_by": None, **given, "vocabulary_status": DRAFT}
