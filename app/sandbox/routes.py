"""What a sandbox can do beside everything that Cairn does. Anybody who reaches it may ask."""

import asyncio
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Served
from app.api.operations import Operations
from app.core import clock
from app.db.faults import Fault, fault_of
from app.db.sandbox import move
from app.demo.codes import code_of
from app.demo.letters import newest_first, receiver_of, text_of
from app.domain.errors import FieldProblem, PageNotFound, StateConflict, ValidationFailed
from app.sandbox import schemas
from app.sandbox.counterpart import LINK, link_of, play
from app.sandbox.faults import Fault as Planned
from app.sandbox.faults import Faults
from app.sandbox.schools import Made, make_school

ops = Operations("system")
router = ops.router
MOST_MESSAGES = 50
ATTEMPTS = 3
"""How often a school is begun whose rows the worker changes in another order."""
LOOKS, PAUSE_SECONDS = 40, 0.25
"""How often a link is looked for that the worker has still to mail, and what lies between."""
Receiver = Annotated[
    str | None, Query(max_length=254, description="Only messages to this address.")
]


@ops.public(
    "POST", "/v1/sandbox/schools", out=schemas.SandboxSchoolOut, status=201, errors=(StateConflict,)
)
async def create_sandbox_school(runtime: Served) -> Response:
    """Create a sandbox school.

    Founds a school with people of each role, pupils with their families, and a few concerns. The
    answer has all that is needed to sign in. It takes some seconds. A sandbox has 100 schools at
    most.
    """
    made = await _new_school(runtime)
    return replies.record(made.as_json(), status=201, location=f"/v1/schools/{made.id}")


async def _new_school(runtime: Served) -> Made:
    """A school, begun again where the worker was rung by its invented past at the same moment."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await make_school(runtime.database, runtime.passwords, runtime.vault)
        except Exception as error:
            if fault_of(error) is not Fault.RETRY:
                raise
    return await make_school(runtime.database, runtime.passwords, runtime.vault)


@ops.public("POST", "/v1/sandbox/codes", out=schemas.SandboxCodeOut)
async def create_sandbox_code(body: schemas.SandboxCodeIn) -> Response:
    """Make a code of a second factor.

    Makes the code that is due now, as an authenticator app would. Each works once: for another
    one, move the clock by 30 seconds.
    """
    return replies.record({"code": code_of(body.totp_secret, clock.now())})


@ops.public("GET", "/v1/sandbox/clock", out=schemas.SandboxClockOut)
async def get_sandbox_clock() -> Response:
    """Get the time of the sandbox."""
    return _clock()


@ops.public("POST", "/v1/sandbox/clock", out=schemas.SandboxClockOut)
async def move_sandbox_clock(body: schemas.SandboxClockIn, runtime: Served) -> Response:
    """Move the clock forward.

    Moves the time of the server and its worker, for every school: what falls due in between is
    done within seconds. It never moves back. Access tokens and sessions end as they would have.
    """
    if (body.by_seconds is None) == (body.to is None):
        detail = "Send one of `by_seconds` and `to`."
        raise ValidationFailed(problems=[FieldProblem("", "one_of", detail)])
    seconds = body.by_seconds
    if body.to is not None:
        seconds = round((body.to - clock.now()).total_seconds())
    if not 0 < (seconds or 0) <= schemas.LONGEST_MOVE:
        detail = "The clock moves forward, by a year at most."
        raise ValidationFailed(problems=[FieldProblem("/to", "not_forward", detail)])
    await move(runtime.database, seconds or 0)
    return _clock()


def _clock() -> Response:
    ahead = clock.ahead() // timedelta(seconds=1)
    return replies.record({"now": clock.now(), "ahead_seconds": ahead})


@ops.public("GET", "/v1/sandbox/mail", out=schemas.SandboxMessagesOut)
async def list_sandbox_mail(runtime: Served, to: Receiver = None) -> Response:
    """List messages that were not sent.

    A sandbox sends no mail. This lists the newest messages, for every address or for one.
    """
    result = newest_first(_folder(runtime), to)
    items = [
        {"to": receiver_of(item), "subject": str(item["Subject"]), "text": text_of(item)}
        for item, _ in zip(result, range(MOST_MESSAGES), strict=False)
    ]
    return replies.record({"items": items})


def _folder(runtime: Served) -> Path:
    return Path(url2pathname(urlsplit(runtime.settings.mail_url).path))


@ops.public("POST", "/v1/sandbox/faults", out=schemas.SandboxFaultOut, status=201)
async def create_sandbox_fault(body: schemas.SandboxFaultIn, request: Request) -> Response:
    """Bring about a fault.

    The school's next requests meet it: those with an access token of that school. It ends by
    itself, and takes the place of a fault that has not ended.
    """
    faults: Faults = request.app.state.faults
    faults.put(body.school_id, Planned(body.kind, body.times, body.seconds))
    return _fault(faults, body.school_id, status=201)


@ops.public("GET", "/v1/sandbox/faults/{school_id}", out=schemas.SandboxFaultOut)
async def get_sandbox_fault(school_id: UUID, request: Request) -> Response:
    """Get what is left of a fault."""
    return _fault(request.app.state.faults, school_id)


def _fault(faults: Faults, school_id: UUID, status: int = 200) -> Response:
    fault = faults.of(school_id)
    content = {
        "school_id": school_id,
        "kind": fault and fault.kind,
        "times": fault.times if fault else 0,
    }
    return replies.record(content, status=status)


@ops.public(
    "POST", "/v1/sandbox/counterpart", out=schemas.SandboxCounterpartOut, errors=(PageNotFound,)
)
async def act_as_sandbox_counterpart(
    body: schemas.SandboxCounterpartIn, request: Request, runtime: Served
) -> Response:
    """Act as a parent or an agency.

    Opens the link mailed to an address that the code is for, reads what is there, and
    acknowledges, replies or returns an outcome. It waits some seconds for that link to be mailed;
    then it tries the newest one. It asks the public operations that a real receiver asks, and
    answers what each of them answered.
    """
    for _ in range(LOOKS):
        links = _links(runtime, body.address)
        link = await link_of(runtime.database, links, body.code)
        if link is not None:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    else:
        if not links:
            raise PageNotFound("No link was mailed to this address. Is the worker running?")
        link = links[0]
    acts = body.model_dump(
        mode="json", include={"acknowledge", "reply", "outcome"}, exclude_none=True
    )
    return replies.record({"acts": await play(request.app, link, body.code, acts)})


def _links(runtime: Served, address: str) -> list[str]:
    """The tokens of the links that were mailed to an address, the newest first."""
    texts = (text_of(item) for item in newest_first(_folder(runtime), address))
    items = (match[1] for text in texts if (match := LINK.search(text)))
    return list(dict.fromkeys(islice(items, MOST_MESSAGES)))
