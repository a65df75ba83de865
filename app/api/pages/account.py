"""The way in for staff: a mailed link, a new password, and the second factor.

These pages rule nothing by themselves: each asks a command that the API asks too. No cookie is
kept. What proves a person stands in the form, so that no other site can send it for them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import segno
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.api.addresses import client_network
from app.api.auth import actor_of
from app.api.deps import Served
from app.api.grants.answers import hasher, hours_of, max_age_of, verifier
from app.api.pages import safety
from app.api.pages.failures import language_of, page
from app.api.route_classes import PublicRoute
from app.api.runtime import Runtime
from app.core.words import Actor
from app.db.scope import SessionEnded
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.abuse import guards_of
from app.domain.errors import CairnError, StepUpNeeded, TokenInvalid
from app.domain.people.address_changes import commands as address_changes
from app.domain.people.invitations import commands as invitations
from app.domain.people.invitations.errors import InvitationInvalid
from app.domain.people.passwords import commands as passwords
from app.domain.people.passwords.errors import LinkInvalid, PasswordUnsuitable
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors.errors import (
    CodeWrong,
    NothingToConfirm,
    OtpNeeded,
    OtpRefused,
)
from app.domain.people.sessions import commands as sessions
from app.domain.people.sessions import rules
from app.domain.people.sessions.commands import SignIn, SignInRequest, Started
from app.domain.people.sessions.errors import (
    CredentialsRefused,
    MembershipChoiceNeeded,
    MembershipMissing,
)

router = APIRouter(include_in_schema=False, route_class=PublicRoute)

SECOND_FACTOR: Final = "/account/second-factor"
QUIET: Final = 4
"""Empty units around a QR code (ISO/IEC 18004)."""
DONE: Final = ("password", "joined", "reach", "asked")
LONGEST: Final = 1_000
Fields = dict[str, str]
Problems = dict[str, str]
"""What is wrong with a form, by the field it is about."""
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Task:
    """What a mailed link is for: the words of its page, and what it comes to."""

    name: str
    done: str
    act: Callable[[Runtime, Request, str, Fields], Awaitable[None]]


async def _set_password(runtime: Runtime, request: Request, token: str, form: Fields) -> None:
    network = client_network(request.scope)
    await passwords.set_password_by_link(
        runtime.database, token, form["password"], network, hasher(runtime)
    )


async def _join(runtime: Runtime, _request: Request, token: str, _form: Fields) -> None:
    await invitations.accept_by_link(runtime.database, token)


async def _confirm_reach(runtime: Runtime, _request: Request, token: str, _form: Fields) -> None:
    await address_changes.confirm_by_link(runtime.database, token)


TASKS: Final = {
    "/account/set-password": Task("password", "password", _set_password),
    "/account/accept-invitation": Task("join", "joined", _join),
    "/account/confirm-reach": Task("reach", "reach", _confirm_reach),
}


async def page_of_mailed_link(request: Request) -> Response:
    """The form of a mailed link. The link's secret is not in the address that is asked for."""
    return _link_page(request, TASKS[request.url.path])


async def use_mailed_link(request: Request, runtime: Served) -> Response:
    """Do what the link is for. A link that is none, was used or is too old looks alike."""
    task = TASKS[request.url.path]
    form = await _own_form(request)
    if form is None:
        return _refused(request)
    t = language_of(request)
    token = form.get("link", "").strip().rpartition("token=")[2]
    problems = _password_problems(request, form) if task.name == "password" else {}
    if not token:
        problems = {"link": t.say("account.link_missing")} | problems
    if problems:
        return _link_page(request, task, problems, token)
    try:
        await task.act(runtime, request, token, form)
    except PasswordUnsuitable as weak:
        problems = {"password": t.say(f"account.weak_{weak.problems[0].code}")}
    except (LinkInvalid, InvitationInvalid):
        problems, token = {"link": t.say("account.link_old")}, ""
    if problems:
        return _link_page(request, task, problems, token)
    return _done(request, task.done)


for _path in TASKS:
    router.add_api_route(_path, page_of_mailed_link, methods=["GET"])
    router.add_api_route(_path, use_mailed_link, methods=["POST"])


@router.get("/account/new-password")
async def page_of_new_password(request: Request) -> Response:
    """The question for the address of somebody who cannot sign in."""
    return page(request, "account_reset.html", language_of(request))


@router.post("/account/new-password")
async def ask_for_new_password(request: Request, runtime: Served) -> Response:
    """Mail a link; the answer is the same for an address that nobody here has."""
    form = await _own_form(request)
    if form is None:
        return _refused(request)
    email = form.get("email", "").strip()
    if not email:
        t = language_of(request)
        missing = {"email": t.say("account.email_missing")}
        return page(request, "account_reset.html", t, status=422, problems=missing)
    network = client_network(request.scope)
    await passwords.ask_for_reset(runtime.database, email, network, guards_of(runtime.settings))
    return _done(request, "asked")


@router.get("/account/done")
async def page_of_what_was_done(request: Request, runtime: Served, what: str = "") -> Response:
    """What was done, and what comes next."""
    if what not in DONE:
        return RedirectResponse("/account/new-password", 303, safety.ACCOUNT_HEADERS)
    front = runtime.settings.front_url
    return page(request, "account_done.html", language_of(request), done=what, front=front)


@router.get(SECOND_FACTOR)
async def page_of_second_factor(request: Request) -> Response:
    """The question for address and password, before an app is added."""
    return _factor_page(request)


@router.post(SECOND_FACTOR)
async def begin_second_factor(request: Request, runtime: Served) -> Response:
    """Sign in and show the secret of a new app; it counts for nothing before its first code."""
    form = await _own_form(request)
    if form is None:
        return _refused(request)
    t = language_of(request)
    asked = {"email": "account.email_missing", "password": "account.password_missing"}
    if missing := {name: t.say(key) for name, key in asked.items() if not form.get(name)}:
        return _factor_page(request, missing, form)
    try:
        started = await _signed_in(runtime, request, form)
    except REFUSED as refusal:
        field, key = SAID_OF[type(refusal)]
        return _factor_page(request, {field: t.say(key)}, form)
    token = _pass_of(runtime, started)
    actor = actor_of(token, request, runtime)
    make = partial(second_factors.enrol_totp, vault=runtime.vault, max_age=max_age_of(runtime))
    try:
        made = await _as(runtime, request, actor, make)
    except StepUpNeeded:
        await sessions.sign_out(runtime.database, started.refresh_token)
        return _factor_page(request, {"otp": t.say("account.factor_present")}, form)
    picture, secret = picture_of(made.uri), in_groups(made.secret)
    return page(request, "account_scan.html", t, picture=picture, secret=secret, pass_=token)


@router.post(SECOND_FACTOR + "/confirm")
async def confirm_second_factor(request: Request, runtime: Served) -> Response:
    """Take the app into use, show the recovery codes this once, and end the session."""
    form = await _own_form(request)
    if form is None:
        return _refused(request)
    t, token = language_of(request), form.get("pass", "")

    async def confirm(work: UnitOfWork) -> list[str]:
        codes, _ = await second_factors.confirm_totp(
            work, form.get("code", ""), runtime.vault, max_age_of(runtime)
        )
        assert work.actor.session_id is not None  # noqa: S101 - a person has a session
        await sessions.end_session(work, work.actor.session_id)
        return codes

    try:
        codes = await _as(runtime, request, actor_of(token, request, runtime), confirm)
    except CodeWrong:
        wrong = {"code": t.say("account.code_wrong")}
        return page(
            request, "account_scan.html", t, status=422, problems=wrong, picture=None, pass_=token
        )
    except (TokenInvalid, SessionEnded, StepUpNeeded, NothingToConfirm):
        return _factor_page(request, {"email": t.say("account.factor_late")})
    return page(request, "account_codes.html", t, codes=codes, front=runtime.settings.front_url)


@router.get(SECOND_FACTOR + "/confirm")
async def page_of_confirming(request: Request) -> Response:
    """Somebody who loads this address by hand begins at the beginning."""
    return RedirectResponse(SECOND_FACTOR, 303, safety.ACCOUNT_HEADERS)


REFUSED: Final = (CredentialsRefused, OtpNeeded, OtpRefused, MembershipMissing)
SAID_OF: Final[dict[type[CairnError], tuple[str, str]]] = {
    CredentialsRefused: ("email", "account.refused"),
    OtpNeeded: ("otp", "account.otp_needed"),
    OtpRefused: ("otp", "account.code_wrong"),
    MembershipMissing: ("email", "account.no_role"),
}
"""The field that a refusal is about, and what is said of it."""


async def _signed_in(runtime: Runtime, request: Request, form: Fields) -> Started:
    """A session, in any role of the person: the second factor is of the account, not of a role."""
    client = request.client
    command = SignInRequest(
        otp=form.get("otp", "").strip() or None,
        device=rules.device_of(request.headers.get("user-agent")),
        network=rules.network_kind(client.host if client else None),
    )
    network = client_network(request.scope)
    asked = SignIn(form["email"], form["password"], network, command)
    begin = partial(sessions.sign_in, verify=verifier(runtime), limits=hours_of(runtime))
    try:
        return await begin(runtime.database, asked)
    except MembershipChoiceNeeded as choice:
        first = choice.extra["memberships"][0]
        chosen = SignInRequest(
            UUID(first["organisation_id"]),
            first["role"],
            command.otp,
            command.device,
            command.network,
        )
        return await begin(runtime.database, SignIn(asked.email, asked.password, network, chosen))


def _pass_of(runtime: Runtime, started: Started) -> str:
    """The session's access token, which the next form carries."""
    actor = started.actor
    return runtime.tokens.issue(
        sub=actor.id, sid=started.session_id, org=actor.school_id, role=actor.role_name,
        scope=("cairn",), amr=actor.amr, auth_time=started.auth_time,
    )  # fmt: skip


async def _as(
    runtime: Runtime, request: Request, actor: Actor, act: Callable[[UnitOfWork], Awaitable[Made]]
) -> Made:
    """Do something as a person who is signed in. Raises `SessionEnded`, `TokenInvalid`."""
    if actor.is_service:
        raise TokenInvalid
    await runtime.limits.check_actor(request, actor)
    async with open_work(runtime.database, actor) as work:
        return await act(work)


async def _own_form(request: Request) -> Fields | None:
    """The fields of a form that one of our own pages sent, or None."""
    form = await safety.form_of(request)
    if form is None or not safety.is_same_place(request):
        return None
    if any(len(text) > 4 * LONGEST for text in form.values()):
        return None
    request.state.language = form.get("lang")
    return form


def _password_problems(request: Request, form: Fields) -> Problems:
    t, chosen = language_of(request), form.get("password", "")
    if not chosen:
        return {"password": t.say("account.password_missing")}
    if form.get("again", "") != chosen:
        return {"again": t.say("account.again_differs")}
    return {}


def _link_page(
    request: Request, task: Task, problems: Problems | None = None, token: str = ""
) -> Response:
    return page(
        request, "account_link.html", language_of(request), status=422 if problems else 200,
        task=task.name, problems=problems or {}, values={"link": token},
    )  # fmt: skip


def _factor_page(
    request: Request, problems: Problems | None = None, form: Fields | None = None
) -> Response:
    """Of what was typed only the address is shown again."""
    return page(
        request, "account_factor.html", language_of(request), status=422 if problems else 200,
        problems=problems or {}, values={"email": (form or {}).get("email", "")},
    )  # fmt: skip


def _refused(request: Request) -> Response:
    return page(request, "sorry.html", language_of(request), status=403, because="refused")


def _done(request: Request, what: str) -> Response:
    """By GET, so that loading the page again sends nothing twice."""
    query = urlencode({"what": what, "lang": language_of(request).code})
    return RedirectResponse(f"/account/done?{query}", 303, safety.ACCOUNT_HEADERS)


def picture_of(uri: str) -> dict[str, Any]:
    """A QR code as one path of strokes, row by row, with its quiet border."""
    rows = segno.make(uri, error="m", micro=False).matrix
    path = ""
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            width = 0
            while x + width < len(row) and row[x + width]:
                width += 1
            if width:
                path += f"M{x + QUIET} {y + QUIET}.5h{width}"
            x += width or 1
    return {"side": len(rows) + 2 * QUIET, "path": path}


def in_groups(secret: str) -> str:
    """A secret as people type it: four letters at a time."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
