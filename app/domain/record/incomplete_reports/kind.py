"""The kind of an incomplete report: read by leads; about an adult, by the adult register's keepers.

People it names never see it, nor anybody who may not read the concern that it became.
"""

from app.core.words import Permission, Role
from app.db.models import IncompleteReport
from app.db.visibility import HOLDER, Reader, asked_of, carries, either, marked, of_reader
from app.domain import visibility
from app.domain.kinds import NEW, Kind, kind
from app.domain.owning import Owning
from app.domain.policy import Effect
from app.domain.record.incomplete_reports.errors import IncompleteReportNotFound
from app.domain.record.incomplete_reports.rules import CLASS
from app.domain.visibility import Rule

P = Permission
KEEPS_REGISTER = frozenset({P.ADULT_READ, P.JOB_READ})
"""Heads and chairs read it; administrators can appoint."""
ALLOW, DENY, PASS = Effect.ALLOW, Effect.DENY, Effect.PASS
ABOUT_CHILD, ABOUT_HEAD = marked("about_child"), marked("about_head")


def is_chair(reader: Reader) -> bool:
    """Whether someone reads as chair of governors."""
    return reader.actor.role is Role.CHAIR_OF_GOVERNORS


OF_ADULTS = visibility.First((
    Rule("adult.role", carries(P.ADULT_READ), PASS, DENY, no="does not read the adult register"),
    Rule(
        "adult.chair", asked_of(is_chair, either(HOLDER, ABOUT_HEAD)), ALLOW,
        yes="the chair has it, or it is about a head",
    ),
    Rule(
        "adult.register", of_reader(is_chair), DENY,
        yes="the chair reads only what is about a head",
    ),
    Rule(
        "adult.register", ABOUT_HEAD, DENY, ALLOW, yes="what is about a head is read by the chair",
        no="reads the register",
    ),
))  # fmt: skip
READ_BY_LEADS = visibility.And(
    visibility.First((visibility.permission(P.SUPPORT_LIST_READ),)),
    visibility.First((
        Rule(
            "class", of_reader(lambda reader: CLASS in reader.rights.classes), ALLOW, DENY,
            no=f"does not read class {CLASS}",
        ),
    )),
)  # fmt: skip
OF_CHILDREN = visibility.Unless(
    visibility.CLOSED_BEHIND,
    visibility.If(
        HOLDER, READ_BY_LEADS, visibility.Unless((visibility.CHILD_CONFLICT,), READ_BY_LEADS)
    ),
)
"""Leads read it, besides those who are related to a child in it and did not report it."""
INCOMPLETE_REPORT = kind(
    Kind(
        "incomplete_report",
        IncompleteReport,
        reads=None,
        register="adults",
        visible=visibility.Unless(
            (visibility.BARRED,), visibility.If(ABOUT_CHILD, OF_CHILDREN, OF_ADULTS)
        ),
        missing=IncompleteReportNotFound,
        moves={
            "a report cannot be taken": {NEW: "open"},
            "resolve_incomplete_report": {"open": "resolved"},
            "the reporter completes it": {"open": "resolved"},
        },
        owning=Owning(
            lambda rights, _: bool(KEEPS_REGISTER & rights.permissions),
            last=(),
            casework=False,
            apart=True,
        ),
    )
)
