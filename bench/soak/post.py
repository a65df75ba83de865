"""The mail server of the soak, which keeps who got which message id."""

from collections import Counter
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class Post:
    """Every delivered message by its id and recipient."""

    def __init__(self, port: int) -> None:
        self.delivered: Counter[tuple[str, str]] = Counter()
        self._controller = Controller(self, hostname="127.0.0.1", port=port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a message."""
        message = message_from_bytes(envelope.content, policy=default)
        self.delivered[str(message["Message-ID"]).strip(" \r\n\t<>"), str(message["To"])] += 1
        return "250 OK"

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Stop."""
        self._controller.stop()

    def ids_about(self, alert_id: str) -> set[str]:
        """The ids of messages that carried an alert."""
        return {id_ for id_, _ in self.delivered if id_.startswith(f"alert-{alert_id}")}
