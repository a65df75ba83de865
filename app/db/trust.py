"""Which connections and commits can be trusted: neither of a server that stopped being first.

PostgreSQL commits on its own disk first and then on its standby. Cancelling that second step
makes it say yes to what no standby has, with a warning beside the yes. And a server that was
demoted goes on answering reads: what is connected to it has to look for the new one.
"""

from typing import Any

import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.db.faults import NotConfirmed, is_read_only

log = structlog.get_logger()
WARNING = "01000"
WRITABLE = """
select not pg_is_in_recovery() and not current_setting('default_transaction_read_only')::bool
"""


class Doubts:
    """What one pool of connections has learnt about its server."""

    def __init__(self, engine: Engine) -> None:
        self._read_only = False
        event.listen(engine, "connect", _note_warnings)
        event.listen(engine, "checkout", self._check)

    def note(self, error: BaseException) -> None:
        """Have the pool connect again where a server refused to write."""
        if is_read_only(error):
            log.error("database.read_only")
            self._read_only = True

    @staticmethod
    def check_confirmed(session: AsyncSession) -> None:
        """Raise `NotConfirmed` where the commit's yes came with a warning, in any language."""
        if WARNING in session.info.get("warnings", ()):
            log.error("database.commit_not_confirmed")
            raise NotConfirmed

    def _check(self, adapted: Any, _record: object, _proxy: object) -> None:
        """Have the pool replace a connection that the server closed, or all of a read-only one.

        The driver knows by itself that it was closed, so that this asks nobody. Readings would
        use it again and again: they go past SQLAlchemy, which else notices.
        """
        if self._read_only:
            self._read_only = False
            raise InvalidatePoolError
        if adapted.driver_connection.is_closed():
            raise DisconnectionError


def _note_warnings(adapted: Any, record: Any) -> None:
    def note(_connection: object, message: Any) -> None:
        record.info.setdefault("warnings", []).append(message.sqlstate)

    adapted.driver_connection.add_log_listener(note)


def begin_without_warnings(session: Session, info: dict[str, Any]) -> None:
    """Have a transaction keep its own warnings; `info` is that of its connection."""
    session.info["warnings"] = info["warnings"] = []


def forget_warnings(session: Session) -> None:
    """Just before the commit: what came earlier does not count."""
    session.info.get("warnings", []).clear()
