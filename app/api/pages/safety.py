"""What keeps the pages safe: their headers, their cookies, and who may send their forms."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Vary": "Accept-Language, Cookie",
}
ACCOUNT_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; script-src 'self'",
}
"""Of pages that staff reach by a mailed link: one script of ours reads what stands after its #."""
FORM_TYPE: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 20
COOKIE: Final = "cairn-recipient"
VISIT: Final = "cairn-visit"
LANGUAGE: Final = "cairn-language"


def home_of(token: str) -> str:
    """The address of a link's page within this server."""
    return f"/shared/{quote(token, safe='')}"


def is_secure(request: Request) -> bool:
    """Whether browsers reach this server by HTTPS."""
    return str(request.app.state.settings.base_url).startswith("https:")


def cookie_of(request: Request, name: str) -> str | None:
    """What a browser sent under one of our names."""
    return request.cookies.get(_full_name(request, name))


def set_cookie(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None
) -> None:
    """Keep something in the browser, for this link's pages alone and out of scripts' reach."""
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=seconds,
        path=home_of(request.path_params["token"]),
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Make the browser forget it."""
    set_cookie(request, response, name, "", seconds=0)


def _full_name(request: Request, name: str) -> str:
    return f"__Secure-{name}" if is_secure(request) else name


def new_visit() -> str:
    """A secret of one browser, from before it has a session."""
    return secrets.token_urlsafe(24)


def form_secret(token: str, text: str) -> str:
    """What proves that a form was ours: bound to its link and to a cookie nobody else reads."""
    made = hmac.new(text.encode(), b"cairn recipient form\0" + token.encode(), "sha256")
    return urlsafe_b64encode(made.digest()).decode()


def is_ours(request: Request, form: Mapping[str, str], text: str | None) -> bool:
    """Whether a form was sent from our own page in the browser that it was made for."""
    if text is None or not is_same_place(request):
        return False
    right = form_secret(request.path_params["token"], text)
    return hmac.compare_digest(right.encode(), form.get("form", "").encode())


def is_same_place(request: Request) -> bool:
    """Whether the browser says that one of our own pages sent this.

    Under `Referrer-Policy: no-referrer` a browser sends `Origin: null` for its own forms, too;
    what an old one without `Sec-Fetch-Site` sends is left to the secret in the form.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a link on another site led here, so that the browser held its cookies back."""
    return request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


async def form_of(request: Request) -> dict[str, str] | None:
    """The fields of a form; None for a body that none of our pages would send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        return None
    try:
        pairs = parse_qsl(
            (await request.body()).decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        return None
    result = dict(pairs)
    return result if len(result) == len(pairs) else None
