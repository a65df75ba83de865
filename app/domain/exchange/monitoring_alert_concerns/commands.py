"""Taking a monitoring alert up: a person raises a concern from it, or adds it to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core.vocabularies import term
from app.core.words import AuditEvent, Permission
from app.db.models import Concern, IntakeSource, MonitoringAlert
from app.db.repositories.exchange import monitoring_alerts
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concern_access.queries import concern_to_work_on
from app.domain.adults.allegations.commands import raise_report
from app.domain.common.alerts.commands import tell
from app.domain.common.category_rules.rules import following, is_about_adult
from app.domain.common.deadlines.commands import calendar_of
from app.domain.disclosures import is_news
from app.domain.errors import FieldProblem
from app.domain.exchange.monitoring_alert_concerns.schemas import TakeUpIn
from app.domain.exchange.monitoring_alerts.commands import KIND, decide, match_of
from app.domain.exchange.monitoring_alerts.errors import (
    ConcernAboutOthers,
    MonitoringAlertUnmatched,
)
from app.domain.exchange.monitoring_alerts.queries import alert_for
from app.domain.exchange.monitoring_alerts.rules import rank
from app.domain.record.concern_amendments.rules import NO_ANSWERS, Answers
from app.domain.record.concern_notes.commands import AmendConcern, amend_concern
from app.domain.record.concern_reports.commands import RaiseConcern, Raised
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.steps import record_row

LONGEST, MOST_SHEETS = 20_000, 20
"""Maximum characters of one statement, and statements of one alert."""
MORE = (
    "There are more alerts of this burst: they are kept with this alert, and can be opened there."
)
REASON = "A monitoring alert about the same child was taken up."
NOTHING = (None, NO_ANSWERS)
NO_WORDS: Mapping[str, Any] = {}
"""For alerts without any of the school's own words."""


async def take_up_alert(
    work: UnitOfWork, alert_id: UUID, version: int, body: TakeUpIn
) -> MonitoringAlert:
    """Make a concern of an alert, or a part of one; each links to the other.

    One about an adult goes to the adult register, and the alert does not name it. Raises the errors
    of `alert_for` and `raise_report`, `MonitoringAlertUnmatched`, `ConcernNotFound`,
    `ConcernEnded`, `ConcernAboutOthers`.
    """
    alert = await alert_for(work, alert_id, version)
    if alert.child_id is None:
        raise MonitoringAlertUnmatched
    words = await _words_of(work, alert)
    concern_id: UUID | None
    if body.concern_id is not None:
        concern_id, outcome = await _add(work, alert, body, words), "added_to_concern"
    else:
        raised = await _raise(work, alert, body, words)
        concern_id = None if raised.in_adult_register else raised.id
        outcome = "concern_raised"
    alert.concern_id = concern_id
    await decide(work, alert, "taken_up", outcome)
    record_row(
        work, AuditEvent.MONITORING_TAKEN_UP, alert,
        details={
            "concern_id": concern_id and str(concern_id), "outcome": outcome, "count": alert.count,
            "source_id": str(alert.source_id),
        },
    )  # fmt: skip
    return alert


@dataclass(frozen=True, slots=True)
class Words:
    """A concern's text about an alert, in statements of limited length, and its tool."""

    texts: Sequence[str]
    source: str


async def _words_of(work: UnitOfWork, alert: MonitoringAlert) -> Words:
    """The alert and all alerts counted with it: a milder first one hides nothing."""
    source = await work.concerns.find(IntakeSource, alert.source_id)
    name = source.name if source is not None else "a monitoring tool"
    trusted = source.identifiers if source is not None else ()
    versions = await _versions(work, alert, trusted)
    pieces = [
        written(alert, name, versions[0]),
        *(_part(version, "Another version") for version in versions[1:]),
    ]
    parts = await monitoring_alerts.burst_of(
        await work.driver(), alert.school_id, alert.id, alert.count
    )
    for row in parts:
        title = f"Alert {row['id']} of the same burst: severity {row['severity']}, "
        moment = f"{row['occurred_at']:%Y-%m-%d %H:%M} UTC"
        pieces.append(_part(orjson.loads(row["content"]), title + moment))
    return Words(sheets(pieces), name)


async def _versions(
    work: UnitOfWork, alert: MonitoringAlert, trusted: Sequence[str]
) -> list[dict[str, Any]]:
    """Content of the newest version, and of the gravest and first if they say more.

    Leaves out content that names another child: no record of this child may hold it.
    """
    driver = await work.driver()
    bodies = list(await monitoring_alerts.bodies_of(driver, alert.school_id, alert.id))
    chosen = []
    for row in bodies:
        content: dict[str, Any] = orjson.loads(row["content"])
        match = await match_of(work, trusted, content.get("subject", {}))
        if match.child_id in (None, alert.child_id):
            chosen.append((row, content))
    chosen = chosen or [(bodies[0], orjson.loads(bodies[0]["content"]))]
    gravest = max(chosen, key=lambda item: rank(item[0]["severity"]))
    rows: list[dict[str, Any]] = []
    for _, content in (chosen[0], gravest, chosen[-1]):
        if _lines(content) not in [_lines(known) for known in rows]:
            rows.append(content)
    return rows


def sheets(pieces: Sequence[str]) -> list[str]:
    """Join pieces of text, without repeats, into few statements; the last says if there is more."""
    words: list[str] = []
    for piece in dict.fromkeys(pieces):
        text = piece[:LONGEST]
        if words and len(words[-1]) + len(text) + 2 <= LONGEST:
            words[-1] += f"\n\n{text}"
        else:
            words.append(text)
    return words if len(words) <= MOST_SHEETS else [*words[: MOST_SHEETS - 1], MORE]


def _part(content: Mapping[str, Any], title: str) -> str:
    return "\n".join([f"{title}:", *_lines(content)])


def written(alert: MonitoringAlert, source: str, content: Mapping[str, Any]) -> str:
    """An alert in plain lines, without its links: the tool's own words."""
    lines = [
        f"Alert {alert.id} of {source}: severity {alert.severity}, "
        f"{alert.occurred_at:%Y-%m-%d %H:%M} UTC.",
        f"{alert.count} alerts of one burst, until {alert.last_at:%H:%M} UTC."
        if alert.count > 1
        else None,
        _line("Category", _category(alert)),
        *_lines(content),
    ]
    return "\n".join(line for line in lines if line)


def _lines(content: Mapping[str, Any]) -> list[str]:
    items = [
        _line("Device", ", ".join(content.get("device", {}).values())),
        _line("Application", content.get("application")),
        _line("Address", content.get("url")),
        _line("Words it matched", ", ".join(content.get("matched_terms", ()))),
        _line("What was captured", content.get("snippet")),
    ]
    return [line for line in items if line]


def _category(alert: MonitoringAlert) -> str | None:
    if alert.own_category is not None:
        return str(alert.own_category["label"])
    if alert.category is None:
        return alert.source_category
    return term("concern_categories", alert.category).label


def _line(label: str, text: str | None) -> str | None:
    return f"{label}: {text}" if text else None


async def _raise(work: UnitOfWork, alert: MonitoringAlert, body: TakeUpIn, words: Words) -> Raised:
    assert alert.child_id is not None  # noqa: S101 - looked at by the caller
    account: list[dict[str, Any]] = [
        {"kind": "told_by", "text": text, "prompted_by": None, "told_by": words.source,
         "basis": None}
        for text in words.texts
    ]  # fmt: skip
    if body.account:
        account.append(
            {"kind": "not_said", "text": body.account, "prompted_by": None, "told_by": None,
             "basis": None}
        )  # fmt: skip
    categories, own = (body.categories, NO_WORDS) if body.categories else _mapped(alert)
    return await raise_report(
        work,
        RaiseConcern(
            id=body.id,
            children=[(alert.child_id, "subject")],
            account=account,
            occurred_at=min(alert.occurred_at, alert.received_at),
            occurred_precision="exact",
            reported={"source": "monitoring_alert", "context": "online", **own},
            immediacy=body.immediacy or "today",
            categories=list(categories),
            body_map=[],
            staff_named=body.staff_named,
        ),
        None,
    )


def _mapped(alert: MonitoringAlert) -> tuple[Sequence[str], Mapping[str, Any]]:
    """Its categories by the school's mapping, and the school's own word as it was then."""
    if alert.own_category is None:
        return [alert.category or "not_sure"], NO_WORDS
    words = [alert.own_category]
    return alert.own_category["categories"], {
        "reported_own_categories": words, "own_categories": words,
    }  # fmt: skip


async def _add(work: UnitOfWork, alert: MonitoringAlert, body: TakeUpIn, words: Words) -> UUID:
    assert body.concern_id is not None  # noqa: S101 - looked at by the caller
    concern = await concern_to_work_on(work, body.concern_id, Permission.CONCERN_AMEND, adds=True)
    if concern.ended_at is not None:
        raise ConcernEnded
    if alert.child_id not in await work.concerns.child_ids(concern.id):
        problem = FieldProblem("/concern_id", "about_others", "It is about other children.")
        raise ConcernAboutOthers(problems=[problem])
    texts = sheets([*words.texts, *([body.account] if body.account else [])])
    for number, text in enumerate(texts):
        new, answers = (
            (body.id, await _said_since(work, concern, alert)) if number == 0 else NOTHING
        )
        amendment = AmendConcern(new, "addition", None, text, REASON, answers)
        await amend_concern(work, concern.id, amendment)
    if concern.owner_id is not None and concern.owner_id != work.actor.id:
        tell(
            work, concern.owner_id, KIND, urgent=alert.severity == "critical",
            concern_id=concern.id,
        )  # fmt: skip
    return concern.id


async def _said_since(work: UnitOfWork, concern: Concern, alert: MonitoringAlert) -> Answers:
    """The alert's new grave content, with the same effects as if a person had reported it since.

    A tool's milder category never withdraws what someone disclosed.
    """
    codes, words = _mapped(alert)
    pathway = await work.concerns.pathway_of(concern.id)
    known = None if pathway is None else pathway.kind
    new = [
        code
        for code in codes
        if code not in (*concern.categories, "not_sure")
        and not is_about_adult([code])
        and is_news(code, known)
    ]
    if not new or not following(new, (await calendar_of(work)).categories).is_urgent:
        return NO_ANSWERS
    own = () if is_about_adult(codes) else words.get("own_categories", ())
    return Answers(categories=new, own_categories=own)
