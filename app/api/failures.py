"""Formats every failure for its path: a problem document, SCIM's error, or a page."""

from typing import Any

from starlette.responses import Response

from app.api import incomplete_reports
from app.api.pages.failures import is_page, page_response
from app.api.problems import problem_response
from app.api.scim.failures import is_scim, scim_response
from app.domain.errors import CairnError


def failure_response(
    error: CairnError, scope: Any, *, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a failure of the request with this scope."""
    if is_page(scope["path"]):
        return page_response(error, scope, headers=headers)
    instance = scope.get("request_id")
    if incomplete_reports.is_report(scope):
        error = incomplete_reports.complete(scope, error)
    if is_scim(scope["path"]):
        return scim_response(error, instance=instance, path=scope["path"], headers=headers)
    return problem_response(error, instance=instance, headers=headers)
