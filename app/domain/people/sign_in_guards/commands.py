"""Guards every way to prove who one is, and to ask for a link, against being tried too often."""

from dataclasses import dataclass
from uuid import UUID

from app.core.limits import Policy
from app.db.limits import give_back, take
from app.db.repositories.people import sign_in_guards
from app.db.session import Database
from app.domain.abuse import RESETS_OF_ADDRESS, TRIES_OF_OWN, Guards, pair_key, plain
from app.domain.errors import TooManyRequests
from app.domain.people.sign_in_guards.errors import SignInLocked


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that is under way. It counts as failed until it is `proved` or `void`."""

    database: Database
    key: bytes
    charged: tuple[tuple[str, Policy], ...]
    known: bool = False
    """Whether the subject has signed in from this network before."""

    async def proved(self) -> None:
        """Clear this try and the earlier ones, because every factor was right."""
        await sign_in_guards.proved(self.database, self.key)
        await self._give_back()

    async def void(self) -> None:
        """Void a try that could not be checked, for a reason of ours."""
        await sign_in_guards.void(self.database, self.key)
        await self._give_back()

    async def _give_back(self) -> None:
        for key, policy in self.charged:
            await give_back(self.database, key, policy)


async def check_sign_in(database: Database, subject: str, network: str, guards: Guards) -> Attempt:
    """Count a try before anything is compared, so that parallel tries cannot outrun the count.

    `subject` is the email address, known or not, or a service key's client id.
    Raises `SignInLocked`, `TooManyRequests`.
    """
    key = pair_key(subject, network)
    begun = await sign_in_guards.begin(database, key, guards.tries, guards.waits)
    if not begun.let_in:
        raise SignInLocked(guards.pair, begun.wait.total_seconds())
    charged: list[tuple[str, Policy]] = []
    wanted = [(network, guards.network)]
    if not begun.known:
        wanted.append((plain(subject), guards.address))
    for words, policy in wanted:
        if policy is None:
            continue
        taken = await take(database, words, policy)
        if not taken.allowed:
            await Attempt(database, key, tuple(charged)).void()
            raise TooManyRequests(policy, taken.retry_after_seconds)
        charged.append((words, policy))
    return Attempt(database, key, tuple(charged), begun.known)


async def check_own_try(
    database: Database, session_id: UUID, account_id: UUID, guards: Guards
) -> Attempt:
    """Count a try to prove oneself within a live session, where strangers' tries do not count.

    One session has the same limit as sign-in; the account has an hourly one, since a session can
    begin others. Raises `SignInLocked`, `TooManyRequests`.
    """
    key = pair_key(f"session:{session_id}", "")
    begun = await sign_in_guards.begin(database, key, guards.tries, guards.waits)
    if not begun.let_in:
        raise SignInLocked(guards.pair, begun.wait.total_seconds())
    taken = await take(database, str(account_id), TRIES_OF_OWN)
    if not taken.allowed:
        await Attempt(database, key, ()).void()
        raise TooManyRequests(TRIES_OF_OWN, taken.retry_after_seconds)
    return Attempt(database, key, ((str(account_id), TRIES_OF_OWN),))


async def forgive(database: Database, subject: str, network: str) -> None:
    """Clear wrong tries of a subject from a network, after another kind of proof."""
    await sign_in_guards.proved(database, pair_key(subject, network))


async def may_mail_reset(database: Database, email: str, network: str, guards: Guards) -> bool:
    """Whether a reset link may be mailed; the answer to the caller does not depend on it.

    Raises `TooManyRequests` if the network asks too often, whatever the addresses.
    """
    if guards.resets_of_network is not None:
        taken = await take(database, network, guards.resets_of_network)
        if not taken.allowed:
            raise TooManyRequests(guards.resets_of_network, taken.retry_after_seconds)
    return (await take(database, plain(email), RESETS_OF_ADDRESS)).allowed
