"""The mail server of the soak, which keeps who got which message id."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from app.core import clock

OF_ALERTS = "alert-"
ID_LENGTH = 36


@dataclass(frozen=True)
class Letter:
    """A message that was delivered."""

    id: str
    to: str
    text: str
    came_at: datetime


class Post:
    """Every delivered message by its id and recipient, and what it said."""

    def __init__(self, port: int) -> None:
        self.delivered: Counter[tuple[str, str]] = Counter()
        self._to: dict[str, list[Letter]] = defaultdict(list)
        self._first: dict[str, list[Letter]] = defaultdict(list)
        self._port = port

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message."""
        message = message_from_bytes(envelope.content, policy=default)
        id_, to = str(message["Message-ID"]).strip(" \r\n\t<>"), str(message["To"])
        self.keep(Letter(id_, to, f"{message['Subject']}\n{message.get_content()}", clock.now()))
        return "250 OK"

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self._controller.start()

    def stop(self) -> None:
        """Stop."""
        self._controller.stop()

    def keep(self, letter: Letter) -> None:
        """Note a message."""
        self.delivered[letter.id, letter.to] += 1
        self._to[letter.to].append(letter)
        if letter.id.startswith(OF_ALERTS):
            self._first[letter.id[len(OF_ALERTS) :][:ID_LENGTH]].append(letter)

    def first_in(self, alert_id: str) -> list[Letter]:
        """The messages that an alert was the first of; others may stand in them as well."""
        return self._first.get(alert_id, [])

    def carried(self, alert_id: str, to: str, reference: str | None, since: datetime) -> bool:
        """Whether a message told somebody of an alert: as its first, or by its reference."""
        return bool(self.first_in(alert_id)) or any(
            letter.came_at >= since and (reference or "more") in letter.text
            for letter in self._to.get(to, ())
        )

    def ids_too_many(self, alert_id: str, rings: int) -> bool:
        """Whether one message was sent under two ids: programs would show it twice.

        An alert that rings again has another id, and so has one that was gathered with others
        after a crash between sending and noting it.
        """
        letters = self.first_in(alert_id)
        ids, texts = {one.id for one in letters}, {one.text for one in letters}
        return len(ids) > max(rings, 1) + len(texts) - 1 if texts else False
