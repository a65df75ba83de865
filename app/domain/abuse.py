"""How much is too much: what one place or one address may try, and how long it then waits.

Tries to sign in are counted in three ways. Of one email address from one network: a few, then
waits that double. From one network, whatever the addresses: many an hour, so that one machine
cannot try a list of people. Of one address from all networks: many an hour, then a short wait for
each further try; networks from which the person has signed in before are not held by it, so that
strangers who try a lead's address cannot keep the lead out. From such a network a wait is a minute
at most, for a month after signing in. Proofs within a live session are counted by themselves.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from app.core.limits import Policy
from app.core.settings import Settings

MINUTE = 60.0
HOUR = 3600.0
DAY = 86_400.0
FIRST_WAIT_SECONDS = 5
DOUBLINGS = 20
TRIES_OF_OWN = Policy("own_proof", 60, HOUR, burst=60)
"""Wrong proofs of one account within its live sessions, however many it begins."""
RESETS_OF_ADDRESS = Policy("reset_address", 3, HOUR, burst=3)
"""More than these are answered as ever, and no message is sent."""
KEPT_OF_PERSON = Policy("kept_report", 60, HOUR, burst=60)
"""Refused reports of one person that are kept. A lead learns about each."""
LATE_OF_PERSON = Policy("late_report", 5, HOUR, burst=5)
"""The same of somebody whose sign-in has ended: a token that was lost must not flood the leads."""
LATE_OF_NETWORK = Policy("late_report_network", 20, HOUR, burst=20)
"""And from one network, by anybody."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What is allowed to people who have not yet proved who they are; None is no limit."""

    tries: int
    longest_wait_seconds: int
    network: Policy | None
    address: Policy | None
    resets_of_network: Policy | None

    @property
    def pair(self) -> Policy:
        """The first guard as a policy, for those who are refused by it."""
        return Policy("sign_in", self.tries, self.longest_wait_seconds, burst=self.tries)

    @property
    def waits(self) -> list[timedelta]:
        """How long one address waits in one network after each try from the last allowed on.

        Doubles each time and never becomes a lasting lock, which would shut a lead out.
        """
        return [
            timedelta(seconds=min(FIRST_WAIT_SECONDS * 2**number, self.longest_wait_seconds))
            for number in range(DOUBLINGS)
        ]


def guards_of(settings: Settings) -> Guards:
    """The guards as the settings say."""
    return Guards(
        tries=settings.lockout_after,
        longest_wait_seconds=settings.lockout_max_seconds,
        network=_hourly("sign_in_network", settings.network_sign_in_failures_per_hour),
        address=_hourly("sign_in_address", settings.address_sign_in_failures_per_hour),
        resets_of_network=_hourly("reset_network", settings.network_resets_per_hour),
    )


def _hourly(name: str, amount: int) -> Policy | None:
    return Policy(name, amount, HOUR, burst=amount) if amount else None


def plain(email: str) -> str:
    """An email address as it is compared."""
    return email.strip().lower()


def pair_key(subject: str, network: str) -> bytes:
    """What is kept of an email address (or a key's id) and a network together."""
    words = f"{plain(subject)}\0{network}"
    return hashlib.sha256(words.encode("utf-8", "replace")).digest()
