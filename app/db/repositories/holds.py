"""Whether this database is a restored copy that an operator has not released."""

from typing import Any

from app.db.session import Driver

STANDING = "select kind, at, reason from restore_hold order by at desc, id desc limit 1"
ADD = "insert into restore_hold (id, kind, at, reason) values ($1, $2, $3, $4)"


async def standing(driver: Driver) -> Any:
    """The newest hold: kind, time and reason; None if the database was never restored."""
    return await driver.row(STANDING)


async def is_held(driver: Driver) -> bool:
    """Whether this is a restored copy that nobody has released."""
    row = await standing(driver)
    return row is not None and row["kind"] == "held"
