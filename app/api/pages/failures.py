"""Tells a failure at an address of the pages as a page, in the reader's language."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.api.pages.languages import LANGUAGES, Language, language_for
from app.api.pages.rendering import rendered
from app.api.pages.safety import ACCOUNT_HEADERS, HEADERS, LANGUAGE, cookie_of, home_of
from app.api.problems import BodyTooLarge, status_of
from app.domain.errors import CairnError, Forbidden, NotFound, TooManyRequests

SHARED, ACCOUNT = "/shared/", "/account/"
"""Where the pages of recipients stand, and those of staff."""
ACCOUNT_PAGES: Final = tuple(
    ACCOUNT + name
    for name in ("set-password", "accept-invitation", "confirm-reach", "new-password",
                 "second-factor", "done")
)  # fmt: skip
NEW_PASSWORD: Final = "/account/new-password"  # noqa: S105 - an address


def is_page(path: str) -> bool:
    """Whether an address belongs to the pages."""
    return path.startswith((SHARED, ACCOUNT))


def language_of(request: Request, sent_in: str = "en") -> Language:
    """The language chosen here, or Welsh where the link or the browser asks for it."""
    chosen = (
        getattr(request.state, "language", None)
        or request.query_params.get("lang")
        or cookie_of(request, LANGUAGE)
    )
    if isinstance(chosen, str) and chosen in LANGUAGES:
        return LANGUAGES[chosen]
    wanted = language_for(None, request.headers.get("accept-language", ""))
    return LANGUAGES.get(sent_in, wanted) if sent_in != "en" else wanted


def page(
    request: Request, template: str, language: Language, *, status: int = 200, **values: Any
) -> Response:
    """A page with the headers of all pages; those of staff may run our own script."""
    path = request.url.path
    account = path.startswith(ACCOUNT)
    if account:
        home = path if path in ACCOUNT_PAGES else NEW_PASSWORD
        headers = ACCOUNT_HEADERS
    else:
        home, headers = home_of(request.path_params.get("token") or path.split("/")[2]), HEADERS
    content = rendered(template, language, home=home, account=account, **values)
    return HTMLResponse(content, status, {**headers, "Content-Language": language.code})


def page_response(
    error: CairnError, scope: Any, *, headers: dict[str, str] | None = None
) -> Response:
    """The page of a failure. What leads nowhere looks alike, whatever the reason."""
    request = Request(scope)
    language = language_of(request)
    if isinstance(error, NotFound | Forbidden):
        return page(request, "gone.html", language, status=404)
    response = page(
        request, "sorry.html", language, status=status_of(type(error)), because=_reason_of(error)
    )
    response.headers.update(headers or {})
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(max(1, round(error.seconds)))
    return response


def _reason_of(error: CairnError) -> str:
    if isinstance(error, TooManyRequests):
        return "busy"
    if isinstance(error, BodyTooLarge):
        return "long"
    return "broken" if status_of(type(error)) >= 500 else "refused"
