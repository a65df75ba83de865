"""Lets a long transaction run without holding back other events.

Readers of events go up to the oldest running transaction, since lower numbers can commit later.
They skip a long one that is set aside; it draws its turn as its last step. From the moment before
it draws, readers wait for it as for any other, so none has passed the turn it draws. Both marks
are locks of the transaction and end with it, however it ends.
"""

from uuid import UUID

from app.db.driver import Driver

CLASS = 0x6C6F6E67
LONG, DRAWING = 1, 2

MARK = "select pg_advisory_xact_lock_shared($1, $2)"

SET_ASIDE = f"""
select n.transactionid from pg_locks m
join pg_locks n on n.virtualtransaction = m.virtualtransaction and n.pid = m.pid
where m.locktype = 'advisory' and m.objsubid = 2 and m.classid = {CLASS} and m.objid = {LONG}
  and n.locktype = 'transactionid' and n.mode = 'ExclusiveLock' and n.granted
  and not exists (
    select from pg_locks d
    where d.locktype = 'advisory' and d.objsubid = 2 and d.classid = {CLASS}
      and d.objid = {DRAWING} and d.virtualtransaction = m.virtualtransaction and d.pid = m.pid)
"""  # noqa: S608 - our own numbers
"""The numbers of the transactions that are set aside."""

# A separate statement, so that its snapshot is taken after the mark: the turn is not below
# anything already passed by a reader who did not see the mark.
DRAW = """
insert into late_trail (school_id, turn)
select $1, greatest(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id())
"""


async def set_aside(driver: Driver) -> None:
    """Let readers of events skip this long transaction; it draws a turn at its end.

    The unit of work draws the turn when it commits.
    """
    await driver.value(MARK, CLASS, LONG)
    driver.is_set_aside = True


async def draw_turn(driver: Driver, school_id: UUID) -> None:
    """Draw the turn of a transaction that was set aside. Commit at once afterwards."""
    if not driver.is_set_aside:
        return
    await driver.value(MARK, CLASS, DRAWING)
    # A number of its own, so that the turn is past as soon as this has ended.
    await driver.connection.execute("savepoint draw")
    await driver.write(DRAW, school_id)
    await driver.connection.execute("release draw")
    driver.is_set_aside = False
