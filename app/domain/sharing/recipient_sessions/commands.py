"""The recipient's side: from a link and a code to the content behind them, and back.

Pages and operations call these with the token of the link and the session's secret. Each opens its
own work; none takes a signed-in person.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from app.core.ids import new_id
from app.core.limits import Policy
from app.core.networks import NOWHERE
from app.core.words import Actor, AuditEvent, Role
from app.db.limits import give_back, take, take_within
from app.db.models import RecipientLink, RecipientSession, SnapshotFile
from app.db.reading import open_reading
from app.db.repositories.sharing import recipient_links
from app.db.scope import SessionEnded
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.abuse import HOUR
from app.domain.common.alerts.commands import tell, tell_once
from app.domain.errors import CairnError, TooManyRequests
from app.domain.sharing.recipient_links import rules
from app.domain.sharing.recipient_links.commands import tell_stopped
from app.domain.sharing.recipient_links.errors import (
    CodeRefused,
    LinkExpired,
    LinkLocked,
    LinkNotFound,
    LinkStopped,
    RecipientSessionOver,
)
from app.domain.sharing.recipient_links.queries import (
    Acknowledgement,
    Answered,
    Outcome,
    Reply,
    Shown,
    behind,
)

T = TypeVar("T")
LOOKS = Policy("recipient_look", 120, HOUR, burst=120)
"""Limit for links that open nothing, from one network."""
TRIES = Policy("recipient_code", 30, HOUR, burst=30)
"""Codes that were not right, from one network."""
ASKED = Policy("recipient_code_request", 3, 24 * HOUR, burst=3)
"""Limit for new codes requested by one link; more get the same answer and alert nobody."""
OF_SESSION = Policy("recipient_answer", 20, 24 * HOUR, burst=20)
"""Answers within one session: more than a person writes."""
OF_THING = Policy("recipient_answers", 60, 24 * HOUR, burst=60)
"""Answers about one share or referral in a day, in however many sessions."""
LOCKED = {"share": AuditEvent.SHARE_LINK_LOCKED, "referral": AuditEvent.REFERRAL_LINK_LOCKED}
CODE_ASKED = {"share": AuditEvent.SHARE_CODE_ASKED, "referral": AuditEvent.REFERRAL_CODE_ASKED}


@dataclass(frozen=True, slots=True)
class Looked:
    """What a link needs next; `ended` is all that is shown of one that opens nothing."""

    state: rules.State
    resource_type: str | None = None
    school: str | None = None
    phone: str | None = None
    """The school's."""
    code_route: str | None = None
    """How the school passes on the code."""
    code_used: bool = False
    """Whether the code was entered once, so that a further session needs a new one."""
    expires_at: datetime | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that has begun: its secret, and when it ends at the latest."""

    session: str
    expires_at: datetime


async def find_next_step(database: Database, token: str, network: str = NOWHERE) -> Looked:
    """Find what a link needs next, without its content. Raises `TooManyRequests`."""
    result = rules.read_token(token)
    await _charge(database, network, LOOKS)
    async with open_reading(database, Actor.system(result.school_id)) as reading:
        row: Any = await recipient_links.link_told(reading.driver, result.school_id, result.link_id)
        known = rules.is_secret(result.secret, row and row["secret_hash"])
        now = reading.now
    if row is None or not known or row["ended_at"] is not None:
        return Looked("ended")
    await give_back(database, network, LOOKS)
    return Looked(
        rules.state_of(
            ended=False, locked=row["locked_at"] is not None, expires_at=row["expires_at"], now=now
        ),
        row["noun"], row["school"], row["phone"], row["code_route"], row["code_used"],
        row["expires_at"], row["language"],
    )  # fmt: skip


async def enter(database: Database, token: str, code: str, network: str = NOWHERE) -> Entered:
    """Spend a code and begin a session.

    Raises `LinkNotFound`, `LinkExpired`, `LinkLocked`, `LinkStopped`, `CodeRefused`,
    `TooManyRequests`.
    """
    result = rules.read_token(token)
    await _charge(database, network, TRIES)
    async with open_work(database, Actor.system(result.school_id)) as work:
        outcome = await _enter(work, result, code, network)
    if isinstance(outcome, CairnError):
        raise outcome
    await give_back(database, network, TRIES)
    return outcome


async def ask_for_code(database: Database, token: str, network: str = NOWHERE) -> None:
    """Ask the school for a new code. Raises `LinkNotFound`, `TooManyRequests`."""
    result = rules.read_token(token)
    await _charge(database, network, TRIES)
    allowed = await take(database, str(result.link_id), ASKED)
    async with open_work(database, Actor.system(result.school_id)) as work:
        link = await work.recipients.lock(RecipientLink, result.link_id)
        known = rules.is_secret(result.secret, link.secret_hash if link else None)
        if link is not None and known and link.ended_at is None and allowed.allowed:
            await _note_asked(work, link)
    if link is None or not known or link.ended_at is not None:
        raise LinkNotFound
    await give_back(database, network, TRIES)


async def read(database: Database, token: str, session: str) -> Shown:
    """Read the exact content; each view is logged, and the first of a session is an opening.

    Raises `RecipientSessionOver`, `LinkStopped`, `LinkNotFound`.
    """
    return await _within(database, token, session, read_within)


async def give(database: Database, token: str, session: str, number: int) -> SnapshotFile:
    """Give a file frozen with the content; each time is an opening.

    Raises as `read`, and `LinkLocked`, `SharedFileNotFound`, `SharedFileStopped`.
    """

    async def act(work: UnitOfWork) -> SnapshotFile:
        return await give_within(work, number)

    return await _within(database, token, session, act)


async def is_open(database: Database, token: str, session: str) -> bool:
    """Whether a slow reader may continue to read a file."""
    try:
        async with open_work(database, actor_of(token, session)) as work:
            link = await work.recipients.find(RecipientLink, work.actor.id)
            stopped = link is None or await behind(link.resource_type).is_stopped(work, link)
            return not stopped and link is not None and link.locked_at is None
    except (SessionEnded, RecipientSessionOver):
        return False


async def acknowledge(
    database: Database, token: str, session: str, acknowledgement: Acknowledgement | None = None
) -> Answered:
    """Acknowledge receipt. Raises as `read`, and `StateConflict`."""

    async def act(work: UnitOfWork) -> Answered:
        return await acknowledge_within(work, acknowledgement or Acknowledgement())

    return await _within(database, token, session, act)


async def reply(
    database: Database, token: str, session: str, kind: str, text: str, by: str | None = None
) -> Answered:
    """Answer: `kind` is reply, correction_requested or question. Raises as `acknowledge`."""

    async def act(work: UnitOfWork) -> Answered:
        return await reply_within(work, Reply(kind, text, by))

    return await _within(database, token, session, act)


async def return_outcome(
    database: Database, token: str, session: str, outcome: Outcome
) -> Answered:
    """Return an agency's decision about a referral. Raises as `acknowledge`."""

    async def act(work: UnitOfWork) -> Answered:
        return await outcome_within(work, outcome)

    return await _within(database, token, session, act)


async def leave(database: Database, token: str, session: str) -> None:
    """End a session. Raises `RecipientSessionOver`."""
    await _within(database, token, session, leave_within)


def actor_of(token: str, session: str) -> Actor:
    """The caller; the statement that sets the scope checks both secrets.

    Raises `RecipientSessionOver` for an impossible session.
    """
    link, opened = rules.read_token(token), rules.read_session(session)
    if opened is None:
        raise RecipientSessionOver
    return Actor(
        id=link.link_id,
        school_id=link.school_id,
        role=Role.RECIPIENT,
        session_id=opened.session_id,
        proof=(rules.hash_of(link.secret), rules.hash_of(opened.secret)),
    )


async def read_within(work: UnitOfWork) -> Shown:
    """As `read`, in a work of the recipient."""
    link, session = await _use(work)
    first = session.opened_at is None
    if first:
        session.opened_at = work.now
    show = await behind(link.resource_type).show(work, link, session if first else None)
    return replace(show, session_expires_at=session.expires_at)


async def give_within(work: UnitOfWork, number: int) -> SnapshotFile:
    """As `give`, in a work of the recipient."""
    link, session = await _use(work)
    if link.locked_at is not None:
        raise LinkLocked
    session.opened_at = session.opened_at or work.now
    return await behind(link.resource_type).give(work, link, session, number)


async def acknowledge_within(work: UnitOfWork, acknowledgement: Acknowledgement) -> Answered:
    """As `acknowledge`, in a work of the recipient."""
    link = await _to_answer(work)
    return await behind(link.resource_type).acknowledge(work, link, acknowledgement)


async def reply_within(work: UnitOfWork, message: Reply) -> Answered:
    """As `reply`, in a work of the recipient."""
    link = await _to_answer(work)
    return await behind(link.resource_type).reply(work, link, message)


async def outcome_within(work: UnitOfWork, outcome: Outcome) -> Answered:
    """As `return_outcome`, in a work of the recipient."""
    link = await _to_answer(work)
    return await behind(link.resource_type).return_outcome(work, link, outcome)


async def _to_answer(work: UnitOfWork) -> RecipientLink:
    """The link of someone who answers, within a limit.

    Raises as `_use`, and `TooManyRequests`.
    """
    link, session = await _use(work)
    driver = await work.driver()
    for key, policy in ((session.id, OF_SESSION), (link.resource_id, OF_THING)):
        taken = await take_within(driver, str(key), policy)
        if not taken.allowed:
            raise TooManyRequests(policy, taken.retry_after_seconds)
    return link


async def leave_within(work: UnitOfWork) -> None:
    """As `leave`, in a work of the recipient."""
    link, session = await _use(work)
    session.ended_at = work.now
    work.record(
        AuditEvent.RECIPIENT_LEFT,
        link.resource_type,
        link.resource_id,
        details={"link_id": str(link.id)},
    )


async def _use(work: UnitOfWork) -> tuple[RecipientLink, RecipientSession]:
    """The actor's link and session, which stays alive. Raises `LinkStopped`.

    The share or referral is locked before the session, as by the command that ends both.
    """
    link = await work.recipients.find(RecipientLink, work.actor.id)
    if link is None:
        raise RecipientSessionOver
    stopped = await behind(link.resource_type).is_stopped(work, link, lock=True)
    session = await work.recipients.lock(RecipientSession, work.actor.session_id or new_id())
    if session is None or session.ended_at is not None:
        raise RecipientSessionOver
    if stopped:
        await _tell_apart(work, link)
        raise LinkStopped
    session.idle_at = min(rules.idle_from(work.now), session.expires_at)
    return link, session


async def _tell_apart(work: UnitOfWork, link: RecipientLink) -> None:
    """Alert the owner of a stopped link in a work of its own: this one ends with a refusal."""
    if link.stop_told_at is not None:
        return
    async with open_work(work.database, Actor.system(link.school_id)) as apart:
        row = await apart.recipients.lock(RecipientLink, link.id)
        if row is not None:
            await tell_stopped(apart, row)


async def _within(
    database: Database, token: str, session: str, act: Callable[[UnitOfWork], Awaitable[T]]
) -> T:
    try:
        async with open_work(database, actor_of(token, session)) as work:
            return await act(work)
    except SessionEnded as over:
        raise RecipientSessionOver from over


async def _enter(
    work: UnitOfWork, token: rules.Token, code: str, network: str
) -> Entered | CairnError:
    """Begin a session, or return the refusal; either has to be committed."""
    link = await work.recipients.lock(RecipientLink, token.link_id)
    known = rules.is_secret(token.secret, link.secret_hash if link else None)
    right = rules.is_code(code, token.secret, link.code_mac if link else None)
    if link is None or not known or link.ended_at is not None:
        return LinkNotFound()
    await work.rescope(Actor(id=link.id, school_id=token.school_id, role=Role.RECIPIENT))
    if link.expires_at <= work.now:
        return LinkExpired()
    if link.locked_at is not None:
        return LinkLocked()
    if not right:
        # Sending it twice is no guess: someone who has it has nothing to try.
        spent = rules.is_code(code, token.secret, link.spent_mac)
        return CodeRefused() if spent else await _count_wrong(work, link, network)
    if await behind(link.resource_type).is_stopped(work, link):
        await tell_stopped(work, link)
        return LinkStopped()
    return _begin(work, link, network)


def _begin(work: UnitOfWork, link: RecipientLink, network: str) -> Entered:
    link.spent_mac, link.code_mac, link.wrong_codes = link.code_mac, None, 0
    secret = rules.new_secret()
    session = RecipientSession(
        school_id=link.school_id,
        id=new_id(),
        link_id=link.id,
        secret_hash=rules.hash_of(secret),
        network=rules.network_prefix(network),
        begun_at=work.now,
        idle_at=rules.idle_from(work.now),
        expires_at=rules.session_ends(work.now, link.expires_at),
    )
    work.recipients.add(session)
    work.record(
        AuditEvent.RECIPIENT_ENTERED, link.resource_type, link.resource_id,
        details={"link_id": str(link.id), "session_id": str(session.id)},
    )  # fmt: skip
    return Entered(rules.SessionToken(session.id, secret).text, session.expires_at)


async def _count_wrong(work: UnitOfWork, link: RecipientLink, network: str) -> CairnError:
    """Count a wrong code; the last one allowed locks the link and alerts its owner."""
    link.wrong_codes += 1
    details = {
        "link_id": str(link.id),
        "wrong_codes": link.wrong_codes,
        "network": rules.network_prefix(network),
    }
    work.record(
        AuditEvent.RECIPIENT_CODE_WRONG, link.resource_type, link.resource_id, details=details
    )
    if link.wrong_codes < rules.MOST_WRONG:
        return CodeRefused()
    link.locked_at = work.now
    owner = await _owner(work, link)
    work.record(
        LOCKED[link.resource_type], link.resource_type, link.resource_id, child_id=owner["child_id"]
    )
    tell(work, owner["owner_id"], "recipient_locked", about=(link.resource_type, link.resource_id))
    return LinkLocked()


async def _note_asked(work: UnitOfWork, link: RecipientLink) -> None:
    await work.rescope(Actor(id=link.id, school_id=link.school_id, role=Role.RECIPIENT))
    link.code_asked_at = work.now
    owner = await _owner(work, link)
    work.record(
        CODE_ASKED[link.resource_type],
        link.resource_type,
        link.resource_id,
        child_id=owner["child_id"],
    )
    about = (link.resource_type, link.resource_id)
    tell_once(work, [owner["owner_id"]], "code_asked", about=about)


async def _owner(work: UnitOfWork, link: RecipientLink) -> Any:
    driver = await work.driver()
    return await recipient_links.owner_of(
        driver, link.school_id, link.resource_type, link.resource_id
    )


async def _charge(database: Database, network: str, policy: Policy) -> None:
    taken = await take(database, network, policy)
    if not taken.allowed:
        raise TooManyRequests(policy, taken.retry_after_seconds)
