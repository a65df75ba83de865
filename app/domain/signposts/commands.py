"""Adding, checking and ending the school's signposts, and setting its local packs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import LocalPack, Signpost
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.clocks.keeping import calendar_of
from app.domain.errors import FieldProblem, ValidationFailed, VersionStale
from app.domain.signposts import rules
from app.domain.signposts.errors import SignpostAdopted, SignpostEnded, SignpostNotFound
from app.domain.signposts.national import known
from app.domain.tasks.setting import finish_all


@dataclass(frozen=True, slots=True)
class Check:
    """Somebody looked it up on a day; `by` is when to look again, else as late as may be."""

    on: date
    by: date | None = None


@dataclass(frozen=True, slots=True)
class AddSignpost:
    """One of the school's own (`content`), or a national one that it has checked (`national`).

    What `content` gives of a national one takes the place of what is shipped.
    """

    check: Check
    content: Mapping[str, Any]
    national: str | None = None
    id: UUID | None = None


class Checked(Protocol):
    """A row that somebody looked up."""

    id: UUID
    checked_on: Any
    check_by: Any
    checked_by: Any
    version: Any
    changed_at: Any


async def add_signpost(work: UnitOfWork, wish: AddSignpost) -> Signpost:
    """Add a signpost. Raises `PermissionMissing`, `ValidationFailed`, `SignpostAdopted`."""
    policy.require(work.actor, Permission.SIGNPOST_CHANGE)
    content = await _content_of(work, wish)
    check_by = await _check_by(work, wish.check)
    signpost = Signpost(
        school_id=work.actor.school_id, id=wish.id or new_id(), national=wish.national,
        content=content, checked_on=wish.check.on, check_by=check_by, checked_by=work.actor.id,
        version=1, added_at=work.now, changed_at=work.now,
    )  # fmt: skip
    work.organisations.add(signpost)
    work.record(
        Did.SIGNPOST_ADDED, rules.NOUN, signpost.id, after=content,
        details={"national": wish.national, "check_by": check_by.isoformat()},
    )  # fmt: skip
    return signpost


async def _content_of(work: UnitOfWork, wish: AddSignpost) -> dict[str, Any]:
    given = dict(wish.content)
    if wish.national is None:
        missing = [
            FieldProblem(f"/{name}", "missing", "A signpost of the school needs it.")
            for name in ("name", "audiences", "channels")
            if not given.get(name)
        ]
        if missing:
            raise ValidationFailed(problems=missing)
        return given
    if wish.national not in known():
        problem = FieldProblem("/national", "unknown_signpost", "There is no such national one.")
        raise ValidationFailed(problems=[problem])
    await work.organisations.lock_own()  # two must not adopt it at the same time
    there = await work.session.scalar(
        select(Signpost.id).where(
            Signpost.school_id == work.actor.school_id,
            Signpost.national == wish.national,
            Signpost.ended_at.is_(None),
        )
    )
    if there is not None:
        raise SignpostAdopted
    shipped = known()[wish.national]
    names = ("name", "about", "audiences", "channels", "hours", "nations", "languages", "source")
    return {name: shipped[name] for name in names} | given


async def change_signpost(
    work: UnitOfWork, signpost_id: UUID, version: int, fields: Mapping[str, Any],
    check: Check | None,
) -> Signpost:  # fmt: skip
    """Change what is shown, or say that it was looked up again; its task is done then.

    Raises `PermissionMissing`, `SignpostNotFound`, `SignpostEnded`, `VersionStale`,
    `ValidationFailed`.
    """
    signpost = await _to_change(work, signpost_id, version)
    if check is None and rules.MUST_LOOK & fields.keys():
        problem = FieldProblem("/checked_on", "missing", "Say when you looked it up.")
        raise ValidationFailed(problems=[problem])
    before = dict(signpost.content)
    signpost.content = {**before, **fields}
    if check is not None:
        await _confirm(work, signpost, check)
    _touch(signpost, work.now)
    work.record(
        Did.SIGNPOST_CHANGED, rules.NOUN, signpost.id, before=before, after=signpost.content,
        details={"fields": sorted(fields), "check_by": signpost.check_by.isoformat()},
    )  # fmt: skip
    return signpost


async def end_signpost(work: UnitOfWork, signpost_id: UUID, version: int, reason: str) -> Signpost:
    """Show it no more. Raises as `change_signpost`."""
    signpost = await _to_change(work, signpost_id, version)
    signpost.ended_at, signpost.ended_by, signpost.end_reason = work.now, work.actor.id, reason
    _touch(signpost, work.now)
    await finish_all(work, [rules.TASK], outcome="ended", about_id=signpost.id)
    work.record(Did.SIGNPOST_ENDED, rules.NOUN, signpost.id, reason=reason)
    return signpost


async def set_local_pack(
    work: UnitOfWork, authority: str, version: int, content: Mapping[str, Any], check: Check
) -> LocalPack:
    """Set the whole pack of an authority; version 0 where the school has none yet.

    Raises `PermissionMissing`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SIGNPOST_CHANGE)
    await work.organisations.lock_own()  # two must not set the first at the same time
    pack = await work.session.scalar(
        select(LocalPack)
        .where(LocalPack.school_id == work.actor.school_id, LocalPack.authority == authority)
        .with_for_update()
    )
    if version != (pack.version if pack else 0):
        raise VersionStale
    before: Mapping[str, Any] | None = None
    if pack is None:
        pack = LocalPack(
            school_id=work.actor.school_id, id=new_id(), authority=authority,
            content=dict(content), version=0, added_at=work.now,
        )  # fmt: skip
        await _confirm(work, pack, check)
        work.organisations.add(pack)
    else:
        before, pack.content = pack.content, dict(content)
        await _confirm(work, pack, check)
    _touch(pack, work.now)
    work.record(
        Did.LOCAL_PACK_SET, rules.PACK, pack.id, before=before, after=content,
        details={"authority": authority, "check_by": pack.check_by.isoformat()},
    )  # fmt: skip
    return pack


async def _to_change(work: UnitOfWork, signpost_id: UUID, version: int) -> Signpost:
    policy.require(work.actor, Permission.SIGNPOST_CHANGE)
    signpost = await work.organisations.lock(Signpost, signpost_id)
    if signpost is None:
        raise SignpostNotFound
    if signpost.version != version:
        raise VersionStale
    if signpost.ended_at is not None:
        raise SignpostEnded
    return signpost


async def _check_by(work: UnitOfWork, check: Check) -> date:
    """The day by which somebody looks again. Raises `ValidationFailed`."""
    calendar = await calendar_of(work)
    by = check.by or rules.latest_check(check.on, calendar)
    today = calendar.local(work.now).date()
    if problems := rules.problems_of(check.on, by, today, calendar):
        raise ValidationFailed(problems=problems)
    return by


async def _confirm(work: UnitOfWork, row: Checked, check: Check) -> None:
    row.check_by = await _check_by(work, check)
    row.checked_on, row.checked_by = check.on, work.actor.id
    await finish_all(work, [rules.TASK], outcome="checked", about_id=row.id)


def _touch(row: Checked, now: datetime) -> None:
    row.version += 1
    row.changed_at = now
