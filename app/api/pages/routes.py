"""The addresses of the pages: a link, its code, and what a recipient can do with what they read."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import orjson
from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse, Response

from app.api.addresses import client_network
from app.api.attachments import give_out_frozen
from app.api.deps import Served
from app.api.pages import safety
from app.api.pages.failures import language_of, page
from app.api.pages.languages import Language
from app.api.pages.rendering import ASSETS
from app.api.pages.telling import told_of
from app.api.route_classes import PublicRoute
from app.api.runtime import Runtime
from app.core import clock
from app.core.schemas import Line, Narrative
from app.core.vocabularies import VOCABULARIES
from app.domain.errors import StateConflict
from app.domain.sharing.documents.commands import printable_content, typeset
from app.domain.sharing.recipient_links.errors import (
    CodeRefused,
    LinkExpired,
    LinkLocked,
    LinkNotFound,
    LinkStopped,
    RecipientSessionOver,
    SharedFileLost,
    SharedFileNotFound,
    SharedFileStopped,
)
from app.domain.sharing.recipient_links.queries import Acknowledgement, Outcome, Shown
from app.domain.sharing.recipient_sessions import commands

router = APIRouter(include_in_schema=False, route_class=PublicRoute)

HOME: Final = "/shared/{token}"
MOST: Final = 10_000
LINE: Final = 200
DEAD: Final = (LinkNotFound, LinkExpired, LinkStopped)
SAID: Final = frozenset(
    {"left", "over", "code_asked", "acknowledged", "replied", "corrected", "question", "received",
     "outcome"}
)  # fmt: skip
_line: Final = TypeAdapter(Line)
_narrative: Final = TypeAdapter(Narrative)
Problems = dict[str, str]
"""What is wrong with a form, by the field it is about."""
Fields = dict[str, str]


@router.get(HOME)
async def page_of_link(token: str, request: Request, runtime: Served) -> Response:
    """What was shared, once its code was entered; before that, the question for the code."""
    session = safety.cookie_of(request, safety.COOKIE)
    if session is None:
        if safety.comes_from_elsewhere(request):
            return page(request, "opening.html", language_of(request))
        return await _code_page(request, runtime)
    try:
        snapshot = await commands.read(runtime.database, token, session)
    except RecipientSessionOver:
        return await _code_page(request, runtime, result="over", over=True)
    except DEAD:
        return _gone(request)
    return _content_page(request, snapshot, session)


@router.post(HOME + "/code")
async def send_code(token: str, request: Request, runtime: Served) -> Response:
    """Spend the code and begin a session."""
    form = await _own_form(request, safety.VISIT)
    if form is None:
        return _refused(request)
    code, t = form.get("code", "").strip(), language_of(request)
    if not code:
        return await _code_page(request, runtime, problems={"code": t.say("code.missing")})
    try:
        entered = await commands.enter(
            runtime.database, token, code[:LINE], client_network(request.scope)
        )
    except CodeRefused:
        return await _code_page(request, runtime, problems={"code": t.say("code.wrong")})
    except LinkLocked:
        return await _code_page(request, runtime)
    except DEAD:
        return _gone(request)
    response = _go_home(request)
    safety.set_cookie(request, response, safety.COOKIE, entered.session)
    safety.set_cookie(request, response, safety.LANGUAGE, t.code)
    safety.drop_cookie(request, response, safety.VISIT)
    return response


@router.post(HOME + "/new-code")
async def want_new_code(token: str, request: Request, runtime: Served) -> Response:
    """Tell the school that a new code is needed."""
    if await _own_form(request, safety.VISIT) is None:
        return _refused(request)
    try:
        await commands.ask_for_code(runtime.database, token, client_network(request.scope))
    except DEAD:
        return _gone(request)
    return _go_home(request, "code_asked")


@router.post(HOME + "/acknowledge")
async def say_it_was_read(token: str, request: Request, runtime: Served) -> Response:
    """It was read, or received."""

    async def act(session: str, form: Fields) -> str | Problems:
        acknowledgement, problems = _acknowledgement_from(form, language_of(request))
        if problems:
            return problems
        answered = await commands.acknowledge(runtime.database, token, session, acknowledgement)
        return "received" if answered.resource_type == "referral" else "acknowledged"

    return await _within(request, runtime, act)


@router.post(HOME + "/replies")
async def say_something(token: str, request: Request, runtime: Served) -> Response:
    """A message, a question, a request to put something right, or an agency's decision."""

    async def act(session: str, form: Fields) -> str | Problems:
        problems, t = Problems(), language_of(request)
        if form.get("kind") == "outcome":
            outcome = _outcome_from(form, problems, t)
            if not problems:
                await commands.return_outcome(runtime.database, token, session, outcome)
            return problems or "outcome"
        kind, text, by = _reply_from(form, problems, t)
        if not problems:
            await commands.reply(runtime.database, token, session, kind, text, by)
        return problems or REPLIES[kind]

    return await _within(request, runtime, act)


@router.post(HOME + "/leave")
async def leave_page(token: str, request: Request, runtime: Served) -> Response:
    """End the session, here and in the browser."""
    session = safety.cookie_of(request, safety.COOKIE)
    if await _own_form(request, safety.COOKIE) is None:
        return _refused(request) if session else _go_home(request, "left")
    response = _go_home(request, "left")
    safety.drop_cookie(request, response, safety.COOKIE)
    try:
        await commands.leave(runtime.database, token, session or "")
    except (RecipientSessionOver, *DEAD):
        pass
    return response


@router.get(HOME + "/document.pdf")
async def download_shared(token: str, request: Request, runtime: Served) -> Response:
    """The same content as an accessible PDF; reading it this way leaves the same trace."""
    session = safety.cookie_of(request, safety.COOKIE)
    if session is None:
        return _go_home(request)
    try:
        snapshot = await commands.read(runtime.database, token, session)
    except RecipientSessionOver:
        return _go_home(request)
    except DEAD:
        return _gone(request)
    t = language_of(request, snapshot.language)
    reference = orjson.loads(snapshot.content)["reference"]
    content = printable_content(
        snapshot.content, sha256=snapshot.sha256, made_at=snapshot.made_at, printed_by=None,
        printed_at=clock.now(), reference=reference,
    )  # fmt: skip
    file = await typeset(snapshot.resource_type, content, language=t.code)
    name = f'attachment; filename="{reference}.pdf"'
    return Response(
        file,
        media_type="application/pdf",
        headers={**safety.HEADERS, "Content-Disposition": name, "Content-Language": t.code},
    )


@router.get(HOME + "/attachments/{number}")
async def download_file(token: str, number: str, request: Request, runtime: Served) -> Response:
    """A file that was sent with it; each time is an opening.

    The download stops once the school takes it back.
    """
    session = safety.cookie_of(request, safety.COOKIE)
    if session is None:
        return _go_home(request)
    try:
        file = await commands.give(runtime.database, token, session, _number_from(number))
        still = partial(commands.is_open, runtime.database, token, session)
        response = await give_out_frozen(runtime.storage, file, while_open=still)
    except RecipientSessionOver:
        return _go_home(request)
    except LinkLocked:
        return await _code_page(request, runtime)
    except (SharedFileStopped, SharedFileLost):
        return page(request, "sorry.html", language_of(request), status=404, because="file")
    except (SharedFileNotFound, *DEAD):
        return _gone(request)
    for name, value in safety.HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _number_from(text: str) -> int:
    """The number of a file; one that no file has for anything else."""
    return int(text) if re.fullmatch("[1-9][0-9]{0,3}", text) else 0


async def page_of_form(request: Request) -> Response:
    """Whoever loads the address of a form again is shown the page it is on."""
    return _go_home(request)


for _form in ("code", "new-code", "acknowledge", "replies", "leave"):
    router.add_api_route(f"{HOME}/{_form}", page_of_form, methods=["GET"])


async def page_asset(request: Request) -> Response:
    """The style or the icon of the pages, kept by browsers under its marked address."""
    asset = ASSETS[request.url.path.rpartition("/")[2]]
    headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
    return Response(asset.content, media_type=asset.media_type, headers=headers)


for _name in ASSETS:
    router.add_api_route(f"/pages/{_name}", page_asset, methods=["GET"])


REPLIES: Final = {
    "reply": "replied",
    "question": "question",
    "correction_requested": "corrected",
}
"""What can be written, and what is said once it is sent."""
Act = Callable[[str, Fields], Awaitable[str | Problems]]
"""Does something and answers what to say of it, or what is wrong with the form."""


async def _within(request: Request, runtime: Runtime, act: Act) -> Response:
    """Do something in a session that lives, with a form that is ours."""
    session = safety.cookie_of(request, safety.COOKIE)
    form = await _own_form(request, safety.COOKIE)
    if session is not None and form is None:
        return _refused(request)
    try:
        if session is None or form is None:
            raise RecipientSessionOver
        came = await act(session, form)
        if isinstance(came, str):
            return _go_home(request, came)
        snapshot = await commands.read(runtime.database, request.path_params["token"], session)
        return _content_page(request, snapshot, session, came, form)
    except RecipientSessionOver:
        response = _go_home(request, "over")
        if session is not None:
            safety.drop_cookie(request, response, safety.COOKIE)
        return response
    except StateConflict:
        return _go_home(request)
    except DEAD:
        return _gone(request)


async def _own_form(request: Request, cookie: str) -> Fields | None:
    """The fields of a form that one of our own pages sent; None for other requests."""
    form = await safety.form_of(request)
    own_token = safety.cookie_of(request, cookie)
    if form is None or not safety.is_ours(request, form, own_token):
        return None
    request.state.language = form.get("lang")
    return form


def _written(
    form: Fields, name: str, missing: str, problems: Problems, t: Language, maximum: int = MOST
) -> str:
    """What stands in a field; notes a problem where it is empty or too long."""
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        problems[name] = missing
    elif len(text) > maximum:
        problems[name] = t.say("reply.long", most=maximum)
    else:
        try:
            return str((_line if maximum == LINE else _narrative).validate_python(text))
        except ValidationError:
            problems[name] = missing
    return text


def _acknowledgement_from(form: Fields, t: Language) -> tuple[Acknowledgement, Problems]:
    """A family only says that it read; an agency says who, and its reference."""
    problems = Problems()
    if "receipt_by" not in form:
        return Acknowledgement(), problems
    by = _written(form, "receipt_by", t.say("acknowledge.by_missing"), problems, t, LINE)
    reference = form.get("agency_reference", "").strip()
    if reference:
        reference = _written(form, "agency_reference", "", problems, t, LINE)
    return Acknowledgement(by, reference or None), problems


def _reply_from(form: Fields, problems: Problems, t: Language) -> tuple[str, str, str | None]:
    """Kind, text and, of a professional, who writes."""
    kind = form.get("kind", "")
    if kind == "correction_requested":
        passage = _written(form, "passage", t.say("correct.passage_missing"), problems, t)
        right = _written(form, "right", t.say("correct.right_missing"), problems, t)
        names = t.say("history.passage"), t.say("history.right")
        return kind, f"{names[0]}:\n{passage}\n\n{names[1]}:\n{right}", None
    if "question_by" in form:
        by = _written(form, "question_by", t.say("acknowledge.by_missing"), problems, t, LINE)
        text = _written(form, "message", t.say("reply.missing_question"), problems, t)
        return kind, text, by
    asks = form.get("want_answer") == "yes"
    text = _written(form, "message", t.say("reply.missing"), problems, t)
    return "question" if asks else "reply", text, None


def _outcome_from(form: Fields, problems: Problems, t: Language) -> Outcome:
    code = form.get("outcome", "")
    if code not in VOCABULARIES["referral_outcomes"].codes:
        problems["outcome-accepted"] = t.say("outcome.outcome_missing")
    reason = _written(form, "reason", t.say("outcome.reason_missing"), problems, t)
    by = _written(form, "outcome_by", t.say("outcome.by_missing"), problems, t, LINE)
    return Outcome(outcome=code, by=by, reason=reason)


async def _code_page(
    request: Request,
    runtime: Runtime,
    *,
    problems: Problems | None = None,
    result: str | None = None,
    over: bool = False,
) -> Response:
    """The question for the code, or what to do where the link is locked or leads nowhere."""
    token = request.path_params["token"]
    looked = await commands.find_next_step(runtime.database, token, client_network(request.scope))
    if looked.state not in ("waiting_for_code", "locked"):
        return _gone(request)
    visit = safety.cookie_of(request, safety.VISIT) or safety.new_visit()
    locked = looked.state == "locked"
    status = 403 if locked else 422 if problems else 200
    response = page(
        request, "code.html", language_of(request, looked.language), status=status, locked=locked,
        school=looked.school, phone=looked.phone, route=looked.code_route, used=looked.code_used,
         said=result or _result_of(request),
        problems={} if locked else problems or {}, form_secret=safety.form_secret(token, visit),
    )  # fmt: skip
    safety.set_cookie(request, response, safety.VISIT, visit)
    if over:
        safety.drop_cookie(request, response, safety.COOKIE)
    return _with_language(request, response)


def _content_page(
    request: Request,
    snapshot: Shown,
    session: str,
    problems: Problems | None = None,
    values: Fields | None = None,
) -> Response:
    t = language_of(request, snapshot.language)
    rendered = told_of(snapshot, t)
    response = page(
        request, "content.html", t, status=422 if problems else 200, told=rendered, inside=True,
        school=rendered["school"], phone=snapshot.phone, said=_result_of(request),
        problems=problems or {}, values=values or {}, most=MOST,
        form_secret=safety.form_secret(request.path_params["token"], session),
    )  # fmt: skip
    return _with_language(request, response)


def _with_language(request: Request, response: Response) -> Response:
    """Remember the language that was chosen just now."""
    if request.query_params.get("lang") in ("en", "cy"):
        safety.set_cookie(request, response, safety.LANGUAGE, request.query_params["lang"])
    return response


def _result_of(request: Request) -> str | None:
    result = request.query_params.get("said")
    return result if result in SAID else None


def _gone(request: Request) -> Response:
    """One page for every link that opens nothing, whatever the reason."""
    return page(request, "gone.html", language_of(request), status=404)


def _refused(request: Request) -> Response:
    return page(request, "sorry.html", language_of(request), status=403, because="refused")


def _go_home(request: Request, text: str | None = None) -> Response:
    """The page again, by GET, so that loading it again sends nothing twice."""
    address = safety.home_of(request.path_params["token"])
    mark = f"?said={text}#said" if text else ""
    return RedirectResponse(address + mark, 303, safety.HEADERS)
