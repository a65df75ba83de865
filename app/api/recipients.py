"""Routes for recipients: a link's token in the path, its session in a header."""

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.drafts import mark
from app.api.receiving import refuse_repeated
from app.api.refusals import raise_translated
from app.api.route_classes import CommandRoute, ProtectedRoute
from app.api.runtime import Runtime
from app.db.scope import SessionEnded
from app.domain.errors import CairnError
from app.domain.sharing.recipient_links.errors import RecipientSessionOver
from app.domain.sharing.recipient_sessions.commands import actor_of

SESSION_HEADER = "Cairn-Recipient-Session"


class RecipientRoute(CommandRoute):
    """A recipient's transaction; the statement that sets its scope proves link and session."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler with the session and translated failures."""
        inner = super(ProtectedRoute, self).get_route_handler()

        async def answer(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime
            sent = request.headers.get(SESSION_HEADER)
            actor = actor_of(request.path_params["token"], sent or "")
            try:
                refuse_repeated(request, self)
                response = await self.enter(request, runtime, actor, inner)
                return mark(response) if self.drafts else response
            except CairnError:
                raise
            except SessionEnded as over:
                raise RecipientSessionOver from over
            except Exception as error:
                raise_translated(error)
                raise

        return answer
