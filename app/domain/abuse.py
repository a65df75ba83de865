"""Limits on attempts by one network or one email address, and the waits they lead to.

Sign-in attempts are counted in three ways. One address from one network gets a few, then waits that
double. One network gets many an hour for all addresses, so that one machine cannot try a list of
people. One address gets many an hour from all networks, then a short wait for each further try.
That last count does not hold networks from which the person has signed in before, so that strangers
who try a lead's address cannot lock the lead out. On such a network a wait is a minute at most, for
a month after signing in. Proofs within a live session are counted separately.
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
"""Wrong proofs by one account within its live sessions, however many sessions it starts."""
RESETS_OF_ADDRESS = Policy("reset_address", 3, HOUR, burst=3)
"""Resets beyond this limit get the usual answer, and Cairn sends no message."""
KEPT_OF_PERSON = Policy("kept_report", 60, HOUR, burst=60)
"""Refused reports that Cairn keeps for one person. A lead is alerted to each."""
LATE_OF_PERSON = Policy("late_report", 5, HOUR, burst=5)
"""The same limit after a sign-in has ended: a lost token must not flood the leads."""
LATE_OF_NETWORK = Policy("late_report_network", 20, HOUR, burst=20)
"""The same limit for one network, for all senders."""


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits for people who have not yet proved who they are. None: no limit."""

    tries: int
    longest_wait_seconds: int
    network: Policy | None
    address: Policy | None
    resets_of_network: Policy | None

    @property
    def pair(self) -> Policy:
        """Limit for one address from one network, as a policy for the refusal."""
        return Policy("sign_in", self.tries, self.longest_wait_seconds, burst=self.tries)

    @property
    def waits(self) -> list[timedelta]:
        """Waits for one address in one network, starting at the last try allowed.

        Each wait doubles. It never becomes a permanent lock, which would shut a lead out.
        """
        return [
            timedelta(seconds=min(FIRST_WAIT_SECONDS * 2**number, self.longest_wait_seconds))
            for number in range(DOUBLINGS)
        ]


def guards_of(settings: Settings) -> Guards:
    """Build the limits from the settings."""
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
    """Normalise an email address for comparison."""
    return email.strip().lower()


def pair_key(subject: str, network: str) -> bytes:
    """Hash an email address (or a key ID) together with a network, for storage."""
    words = f"{plain(subject)}\0{network}"
    return hashlib.sha256(words.encode("utf-8", "replace")).digest()
