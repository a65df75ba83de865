"""How a transaction that takes long holds back no event of others.

Readers of events go up to the oldest running transaction, since lower numbers can commit later.
A long one is set aside: readers pass it by, and it draws its turn as the last thing it does. From
the moment it is about to draw, readers wait for it as for any other, so that nobody has passed the
turn it draws. Both marks are locks of the transaction: they end with it, whatever becomes of it.
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

# A statement of its own, so that its snapshot is taken after the mark: the turn is not below what
# any reader has passed who did not see the mark.
DRAW = """
insert into late_trail (school_id, turn)
select $1, greatest(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id())
"""


async def set_aside(driver: Driver) -> None:
    """Let readers of events pass this transaction by: it takes long, and draws a turn at its end.

    The unit of work has it draw when it commits.
    """
    await driver.value(MARK, CLASS, LONG)
    driver.is_set_aside = True


async def draw_turn(driver: Driver, school_id: UUID) -> None:
    """Draw the turn of a transaction that was set aside: commit at once after."""
    if not driver.is_set_aside:
        return
    await driver.value(MARK, CLASS, DRAWING)
    # With a number of its own, so that the turn is past as soon as this has ended.
    await driver.connection.execute("savepoint draw")
    await driver.write(DRAW, school_id)
    await driver.connection.execute("release draw")
    driver.is_set_aside = False
