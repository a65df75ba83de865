"""The kind of a concern about an adult: in its own register, with its own readers."""

from app.core.words import AuditEvent, Permission, Role
from app.db.models import AdultConcern
from app.db.visibility import BARRED, HOLDER, Reader, asked_of, carries, marked, of_reader
from app.domain import visibility
from app.domain.adults.adult_concerns.errors import AdultConcernEnded, AdultConcernNotFound
from app.domain.adults.adult_concerns.rules import OPEN_STATES, TRANSITIONS, WORKED_ON, may_work
from app.domain.kinds import NEW, Kind, Moves, kind
from app.domain.owning import Owning
from app.domain.policy import Effect
from app.domain.visibility import Rule

P = Permission
ALLOW, DENY, PASS = Effect.ALLOW, Effect.DENY, Effect.PASS
ABOUT_HEAD, WAITS = marked("about_head"), marked("waits_for_signature")
KEEPS_REGISTER = frozenset({P.ADULT_READ, P.CONCERN_DECIDE, P.JOB_READ})
"""Heads and chairs read it, leads and deputies manage single cases, administrators can appoint."""


def is_chair(reader: Reader) -> bool:
    """Whether someone reads as chair of governors."""
    return reader.actor.role is Role.CHAIR_OF_GOVERNORS


def _no_reader(reader: Reader, _: object) -> str:
    return f"role {reader.actor.role_name} does not read the adult register"


READERS = visibility.First((
    Rule(
        "adult.role", of_reader(lambda reader: may_work(reader.actor)), PASS, DENY,
        yes="a role that reads the adult register, or manages cases", no=_no_reader,
    ),
    Rule(
        "adult.barred", BARRED, DENY, no="not kept from them",
        yes="it is about them, they are named or have an interest in it, or a head reads of a head",
    ),
    Rule(
        "adult.case_manager", HOLDER, ALLOW, yes="made case manager of this one",
        no="not its case manager",
    ),
    Rule(
        "adult.role", carries(P.ADULT_READ), PASS, DENY, no=_no_reader,
        yes=lambda reader, _: f"role {reader.actor.role_name} reads the adult register",
    ),
    Rule(
        "adult.signature", asked_of(is_chair, WAITS), ALLOW,
        yes="it needs a second signature, which the chair of governors can give",
        no="nothing needs this person's signature",
    ),
    Rule(
        "adult.chair", asked_of(is_chair, ABOUT_HEAD), ALLOW,
        yes="the chair reads what is about a head", no="not a chair reading about a head",
    ),
    Rule(
        "adult.register", of_reader(is_chair), DENY,
        yes="the chair reads only what is about a head", no="not the chair",
    ),
    Rule(
        "adult.register", ABOUT_HEAD, DENY, ALLOW, yes="what is about a head is read by the chair",
        no=lambda reader, _: f"role {reader.actor.role_name} reads the register",
    ),
))  # fmt: skip
"""Read a whole concern. Its reporter reads only their own words."""
MOVES: Moves = {
    "raise_adult_concern": {NEW: "raised"},
    "acknowledge_adult_concern": TRANSITIONS["acknowledge"],
    "assess_adult_concern": TRANSITIONS["assess"],
    "record_adult_advice": {
        state: (TRANSITIONS["consult"][state], TRANSITIONS["refer"][state]) for state in OPEN_STATES
    },
    "add_adult_note": dict.fromkeys(WORKED_ON, "in_progress"),
    "close_adult_concern": TRANSITIONS["close"],
    "withdraw_adult_concern": TRANSITIONS["withdraw"],
}
ADULT_CONCERN = kind(
    Kind(
        "adult_concern",
        AdultConcern,
        reads=None,
        open_to=may_work,
        register="adults",
        visible=READERS,
        missing=AdultConcernNotFound,
        ended=AdultConcernEnded,
        moves=MOVES,
        opened=AuditEvent.ADULT_OPENED,
        reassigned=AuditEvent.ADULT_ASSIGNED,
        owning=Owning(
            lambda rights, _: bool(KEEPS_REGISTER & rights.permissions),
            last=(),
            casework=False,
            apart=True,
        ),
    )
)
