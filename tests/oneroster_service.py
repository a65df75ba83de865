"""A OneRoster 1.2 REST service for tests, behind a real HTTP server in a thread of its own."""

import base64
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

BASE = "/ims/oneroster/rostering/v1p2"
KEY = "cairn-client:s3cret:with colons"


def ref(kind: str, sourced_id: str) -> dict[str, str]:
    return {"href": f"https://mis.example/{kind}s/{sourced_id}", "sourcedId": sourced_id,
            "type": kind}  # fmt: skip


def stated(sourced_id: str, changed: str = "2020-09-01T00:00:00.000Z") -> dict[str, Any]:
    return {"sourcedId": sourced_id, "status": "active", "dateLastModified": changed}


def pupil(number: int, **fields: Any) -> dict[str, Any]:
    return {
        **stated(f"p{number}"),
        "enabledUser": "true",
        "username": f"pupil{number}",
        "userIds": [{"type": "LDAP", "identifier": f"p.{number}"}],
        "givenName": f"Given{number}",
        "familyName": "Hill",
        "preferredFirstName": f"Known{number}",
        "roles": [
            {"roleType": "primary", "role": "student", "org": ref("org", "s1"),
             "beginDate": "2020-09-01"}
        ],
        "primaryOrg": ref("org", "s1"),
        "agents": [],
        "grades": ["7"],
        "metadata": {"house": "Red, or blue", "nested": {"no": 1}},
    } | fields  # fmt: skip


def a_school(number: int) -> dict[str, list[dict[str, Any]]]:
    """Oak School with so many pupils in one homeroom, a parent of the first, and a teacher."""
    parent = pupil(0) | stated("g1") | {
        "username": "parent", "givenName": "Sarah", "email": "sarah@example.org",
        "roles": [{"roleType": "primary", "role": "parent", "org": ref("org", "s1")}],
        "agents": [ref("user", "p1")], "grades": [], "userIds": [], "metadata": {},
    }  # fmt: skip
    pupils = [pupil(one) for one in range(1, number + 1)]
    pupils[0]["agents"] = [ref("user", "g1")]
    return {
        "orgs": [{**stated("s1"), "name": "Oak School", "type": "school", "identifier": "137024"}],
        "academicSessions": [
            {**stated("y1"), "title": "2020/21", "type": "schoolYear", "startDate": "2020-09-01",
             "endDate": "2021-08-31", "schoolYear": "2021"}
        ],
        "courses": [{**stated("c1"), "title": "Form", "org": ref("org", "s1")}],
        "classes": [
            {**stated("7A"), "title": "7A", "classType": "homeroom", "course": ref("course", "c1"),
             "school": ref("org", "s1"), "terms": [ref("academicSession", "y1")]}
        ],
        "users": [*pupils, parent],
        "enrollments": [
            {**stated(f"e{one}"), "user": ref("user", f"p{one}"), "class": ref("class", "7A"),
             "school": ref("org", "s1"), "role": "student", "primary": "true",
             "beginDate": "2020-09-01"}
            for one in range(1, number + 1)
        ],
        "demographics": [
            {**stated(f"p{one}"), "birthDate": "2015-03-09", "sex": "female"}
            for one in range(1, number + 1)
        ],
    }  # fmt: skip


@dataclass
class Service:
    """What it holds, how it behaves, and what it was asked."""

    data: dict[str, list[dict[str, Any]]]
    most: int = 1_000
    """Rows of a page, whatever is asked for."""
    says_total: bool = True
    links: bool = True
    next_host: str = ""
    failing: list[Response] = field(default_factory=list)
    """Answers that come first, instead of what was asked for."""
    forbidden: frozenset[str] = frozenset()
    token_lasts: int = 10_000
    """Requests that a token is good for."""
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    used: Counter[str] = field(default_factory=Counter)
    url: str = ""

    async def token(self, request: Request) -> Response:
        kind, _, basic = request.headers["authorization"].partition(" ")
        client_id, _, secret = base64.b64decode(basic).decode().partition(":")
        form = parse_qs((await request.body()).decode())
        shown = f"{unquote_plus(client_id)}:{unquote_plus(secret)}"
        if kind != "Basic" or shown != KEY or form["grant_type"] != ["client_credentials"]:
            return JSONResponse({"error": "invalid_client"}, 401)
        self.tokens += 1
        return JSONResponse({"access_token": f"t{self.tokens}", "token_type": "Bearer"})

    async def one(self, request: Request) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        wanted = request.path_params["id"]
        for row in self.data["users"]:
            if row["sourcedId"] == wanted:
                return JSONResponse({"user": row})
        return JSONResponse({"imsx_codeMajor": "failure"}, 404)

    async def list(self, request: Request) -> Response:
        if (refused := self._refusal(request)) is not None:
            return refused
        name, query = request.path_params["name"], request.query_params
        rows = self.data[name]
        if "filter" in query:
            field_, _, since = query["filter"].partition(">")
            assert field_ == "dateLastModified"
            rows = [row for row in rows if row["dateLastModified"] > since.strip("'")]
        limit, offset = min(int(query["limit"]), self.most), int(query["offset"])
        headers = {"X-Total-Count": str(len(rows))} if self.says_total else {}
        if self.links:
            first = f"{BASE}/{name}?limit={limit}&offset=0"
            headers["Link"] = f'<{first}>; rel="first"'
            if offset + limit < len(rows):
                at = {**query, "limit": limit, "offset": offset + limit}
                following = request.url.replace_query_params(**at)
                where = str(following).replace(self.url, self.next_host or self.url)
                headers["Link"] += f', <{where}>; rel="next"'
        return JSONResponse({name: rows[offset : offset + limit]}, headers=headers)

    def _refusal(self, request: Request) -> Response | None:
        self.asked.append(str(request.url).removeprefix(self.url + BASE))
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.used[token] += 1
        if self.used[token] > self.token_lasts:
            return JSONResponse({"imsx_codeMajor": "failure"}, 401)
        if self.failing:
            return self.failing.pop(0)
        if request.path_params.get("name") in self.forbidden:
            return JSONResponse({"imsx_description": "not your scope"}, 403)
        return None


@contextmanager
def serving(service: Service, certificate: Path | None = None) -> Iterator[Service]:
    """The service at an address of this machine; with a certificate of `localhost` by TLS."""
    routes = [
        Route("/token", service.token, methods=["POST"]),
        Route(BASE + "/users/{id:path}", service.one),
        Route(BASE + "/{name}", service.list),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_config=None, lifespan="off",
        ssl_certfile=str(certificate) if certificate else None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    host = "https://localhost" if certificate else "http://127.0.0.1"
    service.url = f"{host}:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join(timeout=20)
