"""Keeping apart those who do the same at once, where no row is there yet to be locked."""

from app.db.session import Driver

HOLD = "select pg_advisory_xact_lock(hashtextextended($1, 0))"


async def hold(driver: Driver, *parts: object) -> None:
    """Keep others away who do the same, until this transaction ends."""
    await driver.value(HOLD, " ".join(str(part) for part in parts))
