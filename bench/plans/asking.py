"""What is asked: every list and hot path, by who asks it, and what workers do by themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from app.core import clock
from app.db.reading import Reading
from app.db.repositories.access import audit_seals
from app.db.repositories.duty import ladder
from app.db.repositories.exchange import events as exchange_events
from app.db.repositories.exchange import webhook_deliveries
from app.db.repositories.safety import linked_concerns
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.access.reading_notices.commands import notice_reading
from app.domain.adults.adult_concern_steps.commands import settle_all
from app.domain.common.deadlines.commands import recompute
from app.domain.duty.hand_over.commands import settle_school
from app.domain.duty.ladder.commands import ring_due
from app.domain.exchange.events import queries as events
from app.domain.exchange.webhooks.commands import delete_old
from app.domain.record.actions.commands import remind
from app.domain.safety.bereavement_dates.commands import look_after
from app.domain.safety.check_in_schedules.commands import keep_going
from app.domain.safety.linked_concern_counts.commands import count_school
from app.domain.safety.linked_concerns import commands
from app.domain.safety.linked_concerns.rules import book
from app.domain.safety.self_harm_steps.commands import collect_by_adult
from app.domain.safety.support_reminders.commands import mind
from app.domain.safety.support_services.commands import ask_for_checks
from app.domain.sharing.prepared_transfers.commands import STEPS
from app.domain.sharing.share_answers.commands import close_over

LEAD, DEPUTY, HEAD, TEACHER, PASTORAL = "dsl", "deputy_dsl", "headteacher", "staff", "pastoral"
OFFICE, TRUST_LEAD = "school_admin", "trust_lead"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: who sends it, and its address with the names of things in braces."""

    who: str
    path: str
    body: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How a table calls it."""
        return f"{self.who.replace('_', ' ')}: {self.path.removeprefix('/v1')}"


def _of(who: str, *paths: str) -> list[Ask]:
    return [Ask(who, f"/v1/{path}") for path in paths]


ASKS: tuple[Ask, ...] = (
    *_of(
        LEAD, "overview?mine=false", "overview?mine=true", "alerts", "alerts?state=open",
        "alerts?state=ended", "tasks", "tasks?state=ended", "tasks?mine=true",
        "tasks?mine=true&state=ended", "tasks?kind=linked_concerns", "tasks?child_id={child}",
        "tasks?state=ended&child_id={child}", "tasks?concern_id={concern}", "check-ins",
        "check-ins?state=ended", "check-ins?overdue=true", "check-ins?child_id={supported}",
        "check-ins?state=ended&child_id={supported}", "check-ins?owner_id={teacher}",
        "check-ins/mine", "staff-absences", "support-list", "support-list/hand-over",
        "children/{child}/records",
        "children/{supported}/safety-plans", "safety-plans/mine", "safety-plans/{plan}",
        "children/{supported}/support-plan", "children/{supported}/support-plan/versions",
        "children/{supported}/reintegrations", "incomplete-reports",
        "incomplete-reports?state=resolved",
        "staff-support-offers", "linked-concerns", "linked-concerns?state=ended",
        "linked-concerns?rule_id=sh.linked_pair", "linked-concerns/{linked_concern}",
        "linked-concerns/named-content", "calendar-notes", "calendar-notes?kind=results",
        "child-groups",
        "child-groups?state=ended", "child-groups?state=unconfirmed",
        "child-groups?child_id={child}", "child-groups/{child_group}",
        "bereavement-cases", "bereavement-cases?state=ended", "bereavement-cases/{case}",
        "bereavement-cases/{case}/affected", "bereavement-cases/{case}/entries",
        "bereavement-cases/{case}/entries?kind=media", "bereavement-cases/{case}/dates",
        "support-services", "support-services/here", "authority-contacts", "lead-availability",
    ),
    *_of(
        LEAD, "concerns", "concerns?state=open", "concerns?child_id={child}",
        "concerns?owner_id={lead}", "concerns?category=sexual_abuse", "concerns?state=monitoring",
        "concerns?overdue=true&sort=due", "concerns/mine", "concerns/{concern}",
        "children/{child}/chronology", "actions", "reviews", "reviews?state=ended",
        "reviews?child_id={child}", "shares", "shares?state=draft", "shares?child_id={child}",
        "referrals", "referrals?state=draft", "referrals?child_id={child}",
        "referrals?agency_id={agency}", "transfers", "transfers?state=prepared",
        "incoming-transfers", "incoming-transfers?state=waiting", "file-requests",
        "file-requests?state=open", "changes?since=start", "changes",
        "children/{child}/access-log", "children/{child}/access-log?kind=change",
        "audit", "audit?actor_id={deputy}", "audit?verb=concern.triaged",
        "audit?verb=webhook.added",
        "audit?child_id={child}", "audit?about_kind=concern&about_id={concern}",
        "monitoring-alerts", "monitoring-alerts?state=open", "monitoring-alerts?state=dismissed",
        "monitoring-alerts?severity=critical", "monitoring-alerts?child_id={child}",
        "monitoring-alerts?owner_id={lead}", "deadlines?about_kind=concern&about_id={concern}",
        "access/grants", "access/break-glass", "access/break-glass?state=unreviewed", "conflicts",
        "conflicts/suggestions", "access/notices", "access/notices?state=open", "cover",
        "cover?state=ended", "cover/on-duty", "drills",
    ),
    Ask(LEAD, "/v1/children/search", {"q": "ash"}),
    # who has a conflict of interest about some children
    *_of(
        DEPUTY, "overview?mine=false", "alerts", "tasks", "tasks?state=ended", "check-ins",
        "support-list", "support-list/hand-over", "linked-concerns", "linked-concerns?state=ended",
        "child-groups", "concerns", "concerns?state=open", "reviews", "shares", "referrals",
        "monitoring-alerts", "changes?since=start", "children/{child}/chronology",
    ),
    *_of(
        HEAD, "tasks", "tasks?state=ended", "support-list", "alerts?state=open",
        "adult-concerns", "adult-concerns?state=open", "adult-audit", "overview?mine=false",
    ),
    *_of(
        TEACHER, "alerts", "tasks", "tasks?state=ended", "check-ins/mine",
        "concerns/mine", "safety-plans/mine", "actions", "staff-support-offers", "changes",
    ),
    *_of(
        PASTORAL, "overview", "concerns?state=open", "tasks", "tasks?state=ended", "reviews",
        "changes?since=start",
    ),
    *_of(
        OFFICE, "staff", "webhooks", "webhooks/{webhook}/deliveries",
        "webhooks/{webhook}/deliveries?state=pending", "webhooks/{webhook}/deliveries?state=failed",
        "webhooks/{webhook}/deliveries?state=withheld", "intake-sources", "intake-sources/{source}",
        "failed-jobs", "failed-jobs?state=open", "service-keys", "roster/imports", "tasks",
    ),
    *_of(TRUST_LEAD, "linked-concerns/counts", "schools", "alerts"),
    *_of("Program 1", "alert-intake/feedback"),
    *_of("Program 2", "agency/referrals"),
    Ask(
        "Program 1", "/v1/attendance-marks",
        {"marks": [{"child_id": "{supported}", "on": "{today}", "session": "am",
                    "mark": "absent"}]},
    ),
)  # fmt: skip

Job = Callable[[UnitOfWork], Awaitable[object]]
Look = Callable[[Reading], Awaitable[object]]


async def _leavers(work: UnitOfWork) -> None:
    for step in STEPS:
        await step(work)


async def _look(work: UnitOfWork) -> None:
    """What a look reads; nothing is fired, since the rows were not made by looking."""
    kept = book()
    await commands._keep_classes(work)
    await commands._links(work, kept, await commands.read_events(work, kept))
    await linked_concerns.fired_sets(await work.driver(), work.actor.school_id)


async def _tend(work: UnitOfWork) -> None:
    driver, school_id = await work.driver(), work.actor.school_id
    for webhook in await webhook_deliveries.endpoints_due(driver, school_id, work.now):
        await webhook_deliveries.hold(driver, school_id, webhook)
        await webhook_deliveries.in_flight(driver, school_id, webhook, work.now)
        await webhook_deliveries.claim(
            driver, school_id, webhook, now=work.now, until=work.now, limit=8, kind=None
        )


async def _relay(work: UnitOfWork) -> None:
    await events.read_leaf(await work.driver(), work.actor.school_id, exchange_events.START, 500)


IN_SCHOOL: Mapping[str, Job] = {
    "ladder: ring what is due": ring_due,
    "check-ins: keep going": keep_going,
    "check-ins: mind plans and list": mind,
    "check-ins: leave with an adult": collect_by_adult,
    "linked concerns: look": _look,
    "linked concerns: count for a trust": count_school,
    "bereavement: look around days": look_after,
    "support services: ask for checks": ask_for_checks,
    "actions: remind owners": remind,
    "owners: settle what has none": settle_school,
    "clocks: count again": recompute,
    "register: settle": settle_all,
    "roster: find conflicts": find_conflicts,
    "reading: notice": notice_reading,
    "shares: close what is over": close_over,
    "transfers: look for leavers": _leavers,
    "webhooks: claim": _tend,
    "webhooks: relay a page": _relay,
    "webhooks: forget old ones": delete_old,
}
"""What workers do in one school, each in a transaction that is rolled back here."""


async def _due(reading: Reading) -> None:
    await ladder.schools_with_due(reading.driver, reading.now)


async def _work(reading: Reading) -> None:
    await webhook_deliveries.schools_with_work(reading.driver, None, reading.now)


async def _written(reading: Reading) -> None:
    await audit_seals.schools_since(reading.driver, audit_seals.CHILDREN, None)


async def _supported(reading: Reading) -> None:
    await reading.driver.rows(
        "select schools_in_support_plan() as id union select schools_in_support_list_entry()"
    )


async def _clocked(reading: Reading) -> None:
    await reading.driver.rows("select schools_in_deadline() as id")


async def _news(reading: Reading) -> None:
    found = await audit_seals.schools_since(reading.driver, audit_seals.CHILDREN, None)
    await events.schools_with_news(reading.driver, dict.fromkeys(found, await _now(reading)))


async def _now(reading: Reading) -> exchange_events.Place:
    return await events.start_now(reading.driver)


OVER_SCHOOLS: Mapping[str, Look] = {
    "ladder: schools in which something rings": _due,
    "webhooks: schools with something to do": _work,
    "streams: schools with news": _news,
    "schools with a trail": _written,
    "schools with a plan or a support list": _supported,
    "schools with a clock": _clocked,
}
"""How workers find the schools that have something to do."""
TODAY = clock.now().date().isoformat()


def filled(text: str, things: Mapping[str, str]) -> str:
    """An address or a value with the ids of a school's things."""
    for name, id_ in things.items():
        text = text.replace("{" + name + "}", id_)
    return text.replace("{today}", TODAY)
