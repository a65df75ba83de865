"""A web filter of the demo's secondary school, and what it has sent since yesterday."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.core.words import Actor, Role
from app.db.models import MonitoringAlert
from app.db.unit_of_work import UnitOfWork, open_work
from app.demo.people import SECONDARY
from app.demo.pupils import Child
from app.demo.stage import Stage, lived_at
from app.domain.exchange.alert_intake.commands import ReceiveAlert, Received, receive_alert
from app.domain.exchange.intake_sources.commands import add_source
from app.domain.exchange.monitoring_alerts.commands import dismiss_alert
from app.domain.exchange.monitoring_alerts.schemas import DismissIn
from app.domain.people.second_factors.rules import Vault
from app.domain.record.children.commands import add_identifier
from app.domain.record.children.schemas import IdentifierIn

SOURCE = "Harbour web filter"
SEVERITIES = {"Danger": "critical", "Caution": "high", "Advisory": "low"}
CATEGORIES = {"Suicide": "self_harm", "Bullying": "cyberbullying", "Weapons": "weapon_carried"}


@dataclass(frozen=True, slots=True)
class Seen:
    """Something the filter saw, how long ago, and whose user name it had."""

    ago: timedelta
    user: int | None
    """Which of the known children; None is a guest's account."""
    severity: str
    category: str
    terms: tuple[str, ...]
    snippet: str
    essay: bool = False


STORY = (
    Seen(
        timedelta(hours=26), 0, "Caution", "Weapons", ("musket", "bayonet"),
        "what was a musket and bayonet used for at waterloo", essay=True,
    ),
    Seen(
        timedelta(minutes=41), 1, "Caution", "Bullying", ("nobody likes you",),
        "send it to the others so she sees that nobody likes you",
    ),
    Seen(
        timedelta(minutes=38), 1, "Caution", "Bullying", ("delete",),
        "delete this after you read it",
    ),
    Seen(
        timedelta(minutes=36), 1, "Caution", "Bullying", ("nobody likes you",),
        "told you nobody likes you",
    ),
    Seen(
        timedelta(minutes=22), None, "Advisory", "Proxy sites", ("unblock",),
        "unblock games at school",
    ),
)  # fmt: skip


async def watch(stage: Stage, vault: Vault, children: Sequence[Child]) -> None:
    """Add the filter, make some children known by their user names, and send what it saw."""
    known = [child for child in children if child.place is SECONDARY][:2]
    admin = stage.team(SECONDARY, Role.SCHOOL_ADMIN)[0]
    with lived_at(stage.now - timedelta(hours=30)):
        for number, child in enumerate(known):
            await stage.act(admin, _known_by(child, user_name(child, number)))
        async with open_work(stage.database, admin.actor) as work:
            parts = ["upn", "mis_id", "email", "username"]
            await add_source(work, vault, SOURCE, "filter", SEVERITIES, CATEGORIES, parts)
    for number, seen in enumerate(STORY, start=1):
        await _send(stage, number, seen, known)


def user_name(child: Child, number: int) -> str:
    """How the network knows a child."""
    family = str(child.pupil.facts["legal_family_name"])
    return f"{child.name[:1]}.{family}{number}".lower().replace(" ", "")


def _known_by(child: Child, name: str) -> Any:
    async def add(work: UnitOfWork) -> None:
        await add_identifier(work, child.id, IdentifierIn(system="username", value=name))

    return add


async def _send(stage: Stage, number: int, seen: Seen, known: Sequence[Child]) -> None:
    at = stage.now - seen.ago
    user = "library-guest" if seen.user is None else user_name(known[seen.user], seen.user)
    with lived_at(at + timedelta(seconds=40)):
        async with open_work(stage.database, Actor.system(SECONDARY.id)) as work:
            received = await receive_alert(work, _command(number, seen, user, at))
    if seen.essay:
        with lived_at(at + timedelta(minutes=20)):
            await _dismiss(stage, received)


def _command(number: int, seen: Seen, user: str, at: datetime) -> ReceiveAlert:
    body: dict[str, Any] = {
        "source": SOURCE,
        "external_id": f"filter-{number:04d}",
        "occurred_at": at.isoformat(),
        "source_severity": seen.severity,
        "source_category": seen.category,
        "subject": {"username": user},
        "device": {"name": f"LIB-{number:02d}"},
        "application": "Browser",
        "matched_terms": list(seen.terms),
        "snippet": seen.snippet,
    }
    return ReceiveAlert(
        source=SOURCE,
        external_id=body["external_id"],
        occurred_at=at,
        detected_at=None,
        severity=None,
        source_severity=seen.severity,
        category=None,
        source_category=seen.category,
        body=body,
        raw=orjson.dumps(body),
    )


async def _dismiss(stage: Stage, received: Received) -> None:
    lead = stage.team(SECONDARY, Role.DSL)[0]

    async def dismiss(work: UnitOfWork) -> None:
        alert = await work.concerns.find(MonitoringAlert, received.id)
        assert alert is not None  # noqa: S101 - it was sent just now
        note = "Year 8 history: the essay about Waterloo."
        body = DismissIn(reason_code="false_positive", reason=note)
        await dismiss_alert(work, alert.id, alert.version, body)

    await stage.act(lead, dismiss)
