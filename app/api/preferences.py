"""A client's preferences (RFC 7240), and which of them Cairn applied."""

import re
from typing import Annotated, Final

from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from app.formats.rosters.opening import Handling

HANDLING: Final = re.compile(
    r"(?:^|,)\s*handling\s*=\s*\"?(strict|lenient)\"?\s*(?=[;,]|$)", re.IGNORECASE
)

Prefer = Annotated[
    str,
    Header(
        description="`handling=strict` leaves out each row that departs from its standard, "
        "`handling=lenient` keeps each row of which sense can be made. The answer says in "
        "Preference-Applied which was asked for.",
        max_length=200,
    ),
]


def handling_of(request: Request) -> Handling | None:
    """The requested handling: the first that the header names; None without any."""
    match = HANDLING.search(",".join(request.headers.getlist("prefer")))
    if match is None:
        return None
    return "strict" if match.group(1).lower() == "strict" else "lenient"


def applied(request: Request, response: Response) -> Response:
    """Name the applied preference in an answer."""
    if (handling := handling_of(request)) is not None:
        response.headers["Preference-Applied"] = f"handling={handling}"
    return response
