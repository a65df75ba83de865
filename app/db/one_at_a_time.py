"""Makes the same work run one at a time, where there is no row to lock yet."""

from app.db.session import Driver

HOLD = "select pg_advisory_xact_lock(hashtextextended($1, 0))"


async def hold(driver: Driver, *parts: object) -> None:
    """Make other transactions with the same `parts` wait until this one ends."""
    await driver.value(HOLD, " ".join(str(part) for part in parts))
