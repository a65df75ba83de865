"""Request limits for an address, an account or a service key, shared between processes.

Each process takes portions of a twentieth of the burst from the database and spends them by
itself, the first on trust, so most requests do not query the database. Together, processes let
through at most the burst and one portion each.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request

from app.api.addresses import client_network
from app.core import clock
from app.core.limits import Policy
from app.core.settings import Settings
from app.core.words import Actor
from app.db.faults import fault_of
from app.db.limits import Taken, take
from app.db.session import Database
from app.domain.abuse import DAY, KEPT_OF_PERSON, LATE_OF_NETWORK, LATE_OF_PERSON, MINUTE
from app.domain.errors import TooManyRequests

log = structlog.get_logger()
PORTIONS = 20
MOST_KEYS = 50_000
PAUSE = timedelta(seconds=5)
"""How long we send nothing to a database that failed to answer."""


@dataclass(slots=True)
class Lease:
    """The requests that one process may still let through for one key."""

    left: int
    seen_at: datetime
    elsewhere: int
    """The amount left in the database at the last query."""
    blocked_until: datetime


class Leases:
    """This process's leases under one policy, by key."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.policy = policy
        self.portion = max(1, policy.burst // PORTIONS)
        self._database = database
        self._leases: OrderedDict[str, Lease] = OrderedDict()
        self._paused_until = clock.now()

    async def spend(self, key: str) -> Taken:
        """Let one more request through, or not. An unreachable database refuses nobody."""
        now = clock.now()
        lease = self._of(key, now)
        if lease.left <= 0 and lease.blocked_until <= now:
            await self._renew(key, lease, now)
        if lease.left <= 0 and lease.blocked_until > now:
            return Taken(False, 0, (lease.blocked_until - now).total_seconds())
        lease.left -= 1
        return Taken(True, lease.elsewhere + max(0, lease.left), 0.0)

    def _of(self, key: str, now: datetime) -> Lease:
        lease = self._leases.get(key)
        if lease is None or now - lease.seen_at > self.policy.span:
            given = self.policy.burst // PORTIONS
            lease = Lease(given, now, self.policy.burst - given, now)
            self._leases[key] = lease
        lease.seen_at = now
        self._leases.move_to_end(key)
        if len(self._leases) > MOST_KEYS:
            self._leases.popitem(last=False)
        return lease

    async def _renew(self, key: str, lease: Lease, now: datetime) -> None:
        """Take one more portion from the database, unless we know that it is unreachable."""
        if now < self._paused_until:
            return
        try:
            taken = await take(self._database, key, self.policy, self.portion)
        except Exception as error:
            if fault_of(error) is None:
                raise
            self._paused_until = now + PAUSE
            log.warning("limits.database_away", policy=self.policy.name)
            return
        lease.elsewhere = taken.remaining
        if taken.allowed:
            lease.left = max(0, lease.left) + self.portion
        else:
            lease.blocked_until = now + timedelta(seconds=taken.retry_after_seconds)


class Limits:
    """The general limits of one process, from its settings; an amount of 0 means no limit."""

    def __init__(self, database: Database, settings: Settings) -> None:
        def leases(name: str, amount: int) -> Leases | None:
            policy = Policy(name, amount, MINUTE, burst=amount) if amount else None
            return Leases(database, policy) if policy else None

        self._addresses = leases("address", settings.address_requests_per_minute)
        self._accounts = leases("account", settings.account_requests_per_minute)
        self._keys = leases("key", settings.key_requests_per_minute)
        kilobytes = settings.upload_megabytes_per_day * 1_000
        self._saved_leases = Leases(database, KEPT_OF_PERSON)
        self._late = Leases(database, LATE_OF_PERSON)
        self._late_network = Leases(database, LATE_OF_NETWORK)
        self._database = database
        self._uploads = Policy("upload", kilobytes, DAY, burst=kilobytes) if kilobytes else None

    async def check_address(self, scope: Any) -> None:
        """Count a request for the network it comes from. Raises `TooManyRequests`."""
        if self._addresses is not None:
            await _spend(scope, self._addresses, client_network(scope))

    async def check_actor(self, request: Request, actor: Actor) -> None:
        """Count a request for the account or service key behind it. Raises `TooManyRequests`."""
        leases = self._keys if actor.is_service else self._accounts
        if leases is not None:
            await _spend(request.scope, leases, str(actor.id))

    async def check_kept(self, scope: Any, person: UUID, *, signed_in: bool) -> None:
        """Count a refused report that is saved: each alerts a lead, so the number must be limited.

        A signed-out person has a smaller limit, and their network a limit too. Raises
        `TooManyRequests`.
        """
        if signed_in:
            _allow(self._saved_leases, await self._saved_leases.spend(str(person)))
            return
        _allow(self._late_network, await self._late_network.spend(client_network(scope)))
        _allow(self._late, await self._late.spend(str(person)))

    async def check_upload(self, actor: Actor, size: int) -> None:
        """Count an uploaded file's bytes for its sender, after it arrives and before it is saved.

        Raises `TooManyRequests`.
        """
        policy, kilobytes = self._uploads, max(1, size // 1_000)
        if policy is None:
            return
        if kilobytes > policy.burst:
            raise TooManyRequests(policy, DAY)
        taken = await take(self._database, str(actor.id), policy, kilobytes)
        if not taken.allowed:
            raise TooManyRequests(policy, taken.retry_after_seconds)


def _allow(leases: Leases, taken: Taken) -> None:
    if not taken.allowed:
        raise TooManyRequests(leases.policy, taken.retry_after_seconds)


async def _spend(scope: Any, leases: Leases, key: str) -> None:
    taken = await leases.spend(key)
    scope.setdefault("limits", []).append((leases.policy, taken))
    _allow(leases, taken)


def limit_fields(scope: Any) -> list[tuple[bytes, bytes]]:
    """`RateLimit-Policy` and `RateLimit` headers for a request that was counted."""
    counted: list[tuple[Policy, Taken]] = scope.get("limits", [])
    if not counted:
        return []
    policies = ", ".join(
        f'"{policy.name}";q={policy.burst};w={round(policy.span.total_seconds())}'
        for policy, _ in counted
    )
    left = ", ".join(
        f'"{policy.name}";r={taken.remaining};t={_reset_of(policy, taken)}'
        for policy, taken in counted
    )
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", left.encode())]


def _reset_of(policy: Policy, taken: Taken) -> int:
    """Whole seconds until more is allowed, or until the full amount is."""
    if not taken.allowed:
        return max(1, int(-(-taken.retry_after_seconds // 1)))
    return int(-(-(policy.burst - taken.remaining) * policy.step.total_seconds() // 1))
