"""Add, change, rotate, disable and remove endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.core.ids import new_id
from app.core.targets import Reach
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Webhook
from app.db.repositories.exchange import webhook_deliveries as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.call_targets import target_of
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.common.role_rights.queries import roles_where
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.etags import check_version, check_was_read
from app.domain.exchange.events.queries import start_now
from app.domain.exchange.webhooks import rules
from app.domain.exchange.webhooks.errors import WebhookEnded, WebhooksFull
from app.domain.exchange.webhooks.kind import WEBHOOK
from app.domain.exchange.webhooks.queries import require_as_wide
from app.domain.exchange.webhooks.rules import KEPT
from app.domain.people.second_factors.rules import Vault
from app.domain.steps import find_target, record_row, touch
from app.formats import standard_webhooks

CHANGED = "webhook_changed"

DISABLED, SPONSOR_LEFT = "webhook_disabled", "sponsor_left"
RULE = "webhook.repair"

AT_ONCE = 2_000
"""Deliveries deleted at once: a statement may take seconds, and years may have accumulated."""

SKIPPED, REMOVED = "skipped", "webhook_removed"


async def menders(work: UnitOfWork) -> Sequence[tuple[UUID, Sequence[str]]]:
    """Everyone who may change webhooks and can sign in today, with their roles for it.

    Administrators come first.
    """
    roles = await roles_where(work, lambda rights: Permission.WEBHOOK_CHANGE in rights.permissions)
    rows = await stored.holders(await work.driver(), work.actor.school_id, work.now, roles)
    items = [(row["staff_id"], row["roles"]) for row in rows]
    return sorted(items, key=lambda item: Role.SCHOOL_ADMIN.value not in item[1])


async def live_owner(work: UnitOfWork, owner_id: UUID) -> UUID:
    """The owner, or the next person if they can no longer act."""
    people = [person for person, _ in await menders(work)]
    return owner_id if owner_id in people or not people else people[0]


async def tell_sponsor(work: UnitOfWork, webhook_id: UUID, sponsor_id: UUID) -> None:
    """Alert the person who answers for an endpoint that another person has changed it."""
    if sponsor_id != work.actor.id and sponsor_id in {item for item, _ in await menders(work)}:
        tell(work, sponsor_id, CHANGED, about=("webhook", webhook_id))


async def disable(work: UnitOfWork, webhook_id: UUID, reason: str) -> None:
    """Disable an active endpoint, and alert its owner and the administrators.

    Nothing is lost: unsent events stay in the audit log and are sent when someone enables it again.
    """
    webhook = await work.webhooks.lock(Webhook, webhook_id)
    if webhook is None or webhook.state != "active":
        return
    owner_id = await live_owner(work, webhook.owner_id)
    admins = [person for person, roles in await menders(work) if Role.SCHOOL_ADMIN in roles]
    webhook.state, webhook.disabled_at, webhook.disabled_reason_code = "disabled", work.now, reason
    webhook.owner_id = owner_id
    await start_clock(work, webhook, RULE)
    touch(work, webhook)
    work.record(AuditEvent.WEBHOOK_DISABLED, "webhook", webhook_id, details={"because": reason})
    for person in dict.fromkeys((owner_id, *admins)):
        tell(work, person, DISABLED, about=("webhook", webhook_id))


async def delete_old(work: UnitOfWork) -> bool:
    """Delete some completed ones that began over 90 days ago; returns whether more may exist."""
    before = work.now - KEPT
    forgotten = await stored.forget_before(
        await work.driver(), work.actor.school_id, before, AT_ONCE
    )
    return forgotten == AT_ONCE


async def reseal(work: UnitOfWork, vault: Vault) -> None:
    """Seal again the secrets of an older key; delete former secrets that have expired."""
    for webhook in await work.webhooks.lock_living():
        bound, done = webhook.id.bytes, False
        if webhook.former_until is not None and webhook.former_until <= work.now:
            webhook.former_secret = webhook.former_until = None
            done = True
        for name in ("secret", "former_secret"):
            sealed = getattr(webhook, name)
            if sealed is not None and not vault.is_current(sealed):
                setattr(webhook, name, vault.seal(vault.open(sealed, bound), bound))
                done = True
        if done:
            record_row(work, AuditEvent.WEBHOOK_CHANGED, webhook, details={"fields": ["sealed"]})


class WithSecret(NamedTuple):
    """An endpoint and the secret of its signatures, which is shown this once."""

    webhook: Webhook
    secret: str


async def add_webhook(
    work: UnitOfWork,
    reach: Reach,
    vault: Vault,
    url: str,
    kinds: Sequence[str],
    description: str | None,
    owner_id: UUID | None,
) -> WithSecret:
    """Add an endpoint, which gets what the actor's role sees from now on.

    Without `owner_id` its creator owns it. Raises `PermissionMissing`, `WebhooksFull`,
    `ValidationFailed`.
    """
    policy.require(work.actor, Permission.WEBHOOK_CHANGE)
    driver, school_id = await work.driver(), work.actor.school_id
    if await stored.living(driver, school_id) >= rules.MOST_ENDPOINTS:
        raise WebhooksFull
    owner_id = owner_id or work.actor.id
    await _check_owner(work, owner_id)
    id_, secret = new_id(), standard_webhooks.new_secret()
    webhook = Webhook(
        school_id=school_id,
        id=id_,
        url=target_of(url, reach),
        description=description,
        kinds=sorted(kinds),
        state="active",
        owner_id=owner_id,
        sponsor_id=work.actor.id,
        sponsor_role=work.actor.role_name,
        secret=vault.seal(secret, id_.bytes),
        created_by=work.actor.id,
        created_at=work.now,
        changed_at=work.now,
        version=1,
    )
    work.webhooks.add(webhook)
    await work.session.flush()
    await stored.add_progress(driver, school_id, id_, await start_now(driver))
    work.record(
        AuditEvent.WEBHOOK_ADDED, "webhook", id_, after=_audit_facts(webhook),
        details={"kinds": webhook.kinds},
    )  # fmt: skip
    return WithSecret(webhook, standard_webhooks.written(secret))


async def update_webhook(
    work: UnitOfWork,
    webhook_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    from_now: bool,
    reach: Reach,
) -> Webhook:
    """Change an endpoint. Setting a new address makes the actor answer for what is sent there.

    People who read less than it gets may only stop it: changing kinds or resuming needs as wide a
    role. Raises `PermissionMissing`, `WebhookNotFound`, `WebhookEnded`, `VersionStale`,
    `WebhookWider`, `ValidationFailed`.
    """
    webhook = await _webhook_for(work, webhook_id, version)
    changes, before, was = dict(changes), _audit_facts(webhook), webhook.state
    sponsor_id = webhook.sponsor_id
    if "owner_id" in changes:
        await _check_owner(work, changes["owner_id"])
    if "kinds" in changes:
        changes["kinds"] = sorted(changes["kinds"])
    if "url" in changes:
        changes["url"] = target_of(changes["url"], reach)
    stands = "url" in changes and changes["url"] != webhook.url
    goes_on = changes.get("state", was) == "active" != was
    stands |= goes_on and webhook.disabled_reason_code == "sponsor_left"
    if not stands and (goes_on or "kinds" in changes):
        await require_as_wide(await work.driver(), work.actor, webhook.id)
    for name, value in changes.items():
        setattr(webhook, name, value)
    if was != webhook.state:
        await _move(work, webhook, was, from_now=from_now)
    if stands:
        webhook.sponsor_id, webhook.sponsor_role = work.actor.id, work.actor.role_name
    touch(work, webhook)
    record_row(
        work, AuditEvent.WEBHOOK_CHANGED, webhook, before=before, after=_audit_facts(webhook),
        details={"fields": sorted(changes), "state": webhook.state},
    )  # fmt: skip
    await tell_sponsor(work, webhook.id, sponsor_id)
    return webhook


async def rotate_webhook(
    work: UnitOfWork, webhook_id: UUID, version: int, vault: Vault
) -> WithSecret:
    """Give an endpoint a new secret; the present one also signs for a day.

    Raises `PermissionMissing`, `WebhookNotFound`, `WebhookEnded`, `VersionStale`, `WebhookWider`.
    """
    webhook = await _webhook_for(work, webhook_id, version)
    await require_as_wide(await work.driver(), work.actor, webhook_id)
    secret = standard_webhooks.new_secret()
    webhook.former_secret, webhook.former_until = webhook.secret, work.now + rules.OVERLAP
    webhook.secret, webhook.rotated_at = vault.seal(secret, webhook.id.bytes), work.now
    touch(work, webhook)
    record_row(work, AuditEvent.WEBHOOK_ROTATED, webhook)
    await tell_sponsor(work, webhook.id, webhook.sponsor_id)
    return WithSecret(webhook, standard_webhooks.written(secret))


async def remove_webhook(work: UnitOfWork, webhook_id: UUID, version: int) -> None:
    """End an endpoint at once; repeating it does not fail.

    Accepts an older version: nothing delays stopping a leak. Raises `PermissionMissing`,
    `WebhookNotFound`, `VersionStale`.
    """
    webhook = (await find_target(work, WEBHOOK, webhook_id, lock=True)).row
    check_was_read(webhook, version)
    if webhook.state != "ended":
        webhook.state, webhook.ended_at = "ended", work.now
        webhook.secret = webhook.former_secret = webhook.former_until = None
        _mended(work, webhook)
        touch(work, webhook)
        await stored.withhold_waiting(
            await work.driver(), work.actor.school_id, webhook_id, work.now, REMOVED
        )
        await tell_sponsor(work, webhook.id, webhook.sponsor_id)
    work.record(AuditEvent.WEBHOOK_REMOVED, "webhook", webhook_id)


async def living_webhook(work: UnitOfWork, webhook_id: UUID) -> Webhook:
    webhook = (await find_target(work, WEBHOOK, webhook_id, lock=True)).row
    if webhook.state == "ended":
        raise WebhookEnded
    return webhook


async def _webhook_for(work: UnitOfWork, webhook_id: UUID, version: int) -> Webhook:
    webhook = await living_webhook(work, webhook_id)
    check_version(webhook, version)
    return webhook


async def _check_owner(work: UnitOfWork, owner_id: UUID) -> None:
    if owner_id not in {person for person, _ in await menders(work)}:
        sentence = "The owner has to be somebody here who may change webhooks."
        raise ValidationFailed(problems=[FieldProblem("/owner_id", "not_suitable", sentence)])


async def _move(work: UnitOfWork, webhook: Webhook, was: str, *, from_now: bool) -> None:
    """Change the state; leaving the disabled state ends its clock."""
    if was == "disabled":
        _mended(work, webhook)
    if webhook.state != "active":
        return
    await work.session.flush()
    driver, school_id = await work.driver(), work.actor.school_id
    await stored.hold_progress(driver, school_id, webhook.id)
    if from_now:
        await stored.move(driver, school_id, webhook.id, await start_now(driver))
        await stored.withhold_waiting(driver, school_id, webhook.id, work.now, SKIPPED)
    await stored.start_again(driver, school_id, webhook.id, work.now)


def _mended(work: UnitOfWork, webhook: Webhook) -> None:
    webhook.disabled_at = webhook.disabled_reason_code = None
    webhook.due_at = webhook.due_rule = None
    stop_clock(work, webhook, webhook.state)


def _audit_facts(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "kinds": list(webhook.kinds),
        "state": webhook.state,
        "owner_id": webhook.owner_id,
    }
