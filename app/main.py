"""Builds the app: settings in, ASGI out; the only place that picks adapters."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.api import docs_page, problems
from app.api.describe import describe
from app.api.directory import Directory
from app.api.edge import Edge, Metrics
from app.api.failures import failure_response
from app.api.gate import Gate, note_refusal
from app.api.routes import ROUTERS
from app.api.runtime import Runtime
from app.core import log as logs
from app.core.settings import Settings
from app.db.sandbox import check_mark
from app.db.session import Database
from app.domain import nouns  # noqa: F401 - registers every kind
from app.domain.errors import CairnError
from app.integrations.oidc import HttpProviderKeys, Issuers
from app.integrations.passkeys import WebAuthn
from app.integrations.passwords import Argon2Passwords, PasswordHasher, QuickPasswords
from app.integrations.signing_keys import KeyRing
from app.integrations.storage import storage_from_url
from app.integrations.tokens import AccessTokens
from app.integrations.vault import Vault

log = structlog.get_logger()
CLIENT_GONE = 499
"""What is noted for a client that hung up while sending; nobody reads it."""


def build_runtime(settings: Settings) -> Runtime:
    """The real adapters, as the settings say."""
    keys = KeyRing(settings.keys_dir)
    keys.ensure()
    return Runtime(
        settings=settings,
        database=Database(
            settings.database_url.get_secret_value(),
            pool=settings.database_pool,
            pool_wait=settings.database_pool_wait,
            statement_cache=settings.statement_cache,
        ),
        keys=keys,
        tokens=AccessTokens(
            keys,
            issuer=settings.base_url,
            audience=settings.audience,
            lifetime=timedelta(minutes=settings.access_token_minutes),
        ),
        passwords=_passwords(settings),
        storage=storage_from_url(settings.storage_url),
        vault=Vault(settings.keys_dir),
        passkeys=WebAuthn(settings.sign_in_origins),
        providers=HttpProviderKeys(
            Issuers(settings.google_issuer, settings.entra_issuer, settings.oidc_issuers),
            local=settings.unsafe_addresses,
        ),
    )


def _passwords(settings: Settings) -> PasswordHasher:
    if settings.unsafe_passwords:
        return QuickPasswords()
    return Argon2Passwords(threads=settings.password_workers)


def build_app(settings: Settings, runtime: Runtime | None = None) -> Any:
    """The whole ASGI application. Its adapters open with the lifespan unless given."""
    logs.configure(settings.log_level)
    if settings.unsafe:
        log.critical("settings.unsafe", settings=settings.unsafe)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if runtime is None:  # started by `cairn serve`, or by hand
            url = settings.database_url.get_secret_value()
            await asyncio.to_thread(check_mark, url, on=settings.sandbox)
        app.state.runtime = runtime or build_runtime(settings)
        await app.state.runtime.is_held()  # known before the first request
        gc.collect()
        gc.freeze()  # what lives as long as the process need not be looked at again
        yield
        await app.state.runtime.hub.close()
        await app.state.runtime.drain()
        if runtime is None:
            await app.state.runtime.database.close()

    app = FastAPI(
        title="Cairn",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )
    app.state.metrics = metrics
    app.state.settings = settings
    if runtime is not None:
        app.state.runtime = runtime
    edge, beside = _of_sandbox() if settings.sandbox else (Edge, [])
    routers = [*ROUTERS, *beside, *([docs_page.router] if settings.show_docs else [])]
    routes = [route for router in routers for route in router.routes]
    app.router.routes += [Directory(routes), *routes]
    answer_problems(app)
    describe(app)
    app.add_middleware(Gate)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Cairn-Recipient-Session", "Content-Type",
                           "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID",
                           "X-Request-Id", *(["Cairn-Rehearse"] if settings.sandbox else [])],
            expose_headers=["ETag", "Link", "Location", "Idempotency-Replayed", "Retry-After",
                            "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "X-Request-Id",
                            "Cairn-Vocabulary-Status", "Deprecation", "Sunset",
                            *(["Cairn-Rehearsed", "Cairn-Sandbox"] if settings.sandbox else [])],
        )  # fmt: skip
    return edge(app, metrics, settings.trusted_proxies)


def _of_sandbox() -> tuple[type[Edge], list[APIRouter]]:
    """What a sandbox has beside the rest. No other server loads any of it."""
    from app.sandbox import routes
    from app.sandbox.edge import SandboxEdge

    return SandboxEdge, [routes.router]


def app_from_environment() -> Any:
    """The application as the environment's settings say; what `cairn serve` names to uvicorn."""
    return build_app(Settings())


def answer_problems(app: FastAPI) -> None:
    """Answer every failure with one problem document."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, CairnError)  # noqa: S101 - the registration says so
        note_refusal(request.scope, error)
        return failure_response(error, request.scope)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        from_validation = problems.from_validation(error.errors(), error.body)
        return failure_response(from_validation, request.scope)

    async def by_status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        known = problems.BY_HTTP_STATUS.get(error.status_code, problems.BodyMalformed)
        return failure_response(known(), request.scope, headers=dict(error.headers or {}))

    async def gone(_request: Request, _error: Exception) -> Response:
        return Response(status_code=CLIENT_GONE)

    async def broken(request: Request, error: Exception) -> Response:
        log.error("request.failed", request_id=request.scope.get("request_id"), exc_info=error)
        return failure_response(problems.InternalFault(), request.scope)

    app.add_exception_handler(CairnError, refused)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, by_status)
    app.add_exception_handler(Exception, broken)
