"""What is allowed how often: counted in the database, and said in what is refused."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property


@dataclass(frozen=True)
class Policy:
    """`amount` in every `per_seconds`, of which `burst` may come at once."""

    name: str
    amount: int
    per_seconds: float
    burst: int

    @cached_property
    def step(self) -> timedelta:
        """The time after which one more is allowed."""
        return timedelta(seconds=self.per_seconds / self.amount)

    @cached_property
    def span(self) -> timedelta:
        """The time in which an empty bucket fills."""
        return self.step * self.burst

    def key_of(self, *parts: str) -> bytes:
        """What is kept of a key: addresses and emails never stand in the table."""
        words = "\0".join((self.name, *parts))
        return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=16).digest()
