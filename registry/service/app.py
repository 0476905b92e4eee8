"""The registry as a web application: every request is let in, read, answered in JSON, counted."""

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from yangbeam.core.errors import SchemaError, SchemaPendingError, YangbeamError
from yangbeam.registry.formats.judges import HERE
from yangbeam.registry.formats.known import formats
from yangbeam.registry.guard.guard import Guard
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.refusals import Code, RefusedError
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.resolver import Resolver
from yangbeam.registry.service import metrics, negotiation
from yangbeam.registry.service.aliases import meant
from yangbeam.registry.service.asking import Asked, split_context
from yangbeam.registry.service.auth import Auth, Role
from yangbeam.registry.service.judging import judging
from yangbeam.registry.service.routes import METRICS, RULES, Rule
from yangbeam.registry.service.serving import Answer, Service
from yangbeam.registry.store import SchemaStore

_log: Final = logging.getLogger(__name__)

MAX_BODY: Final = 32 << 20
"""Octets of a request: a schema of 16 million characters with its escapes."""
MAX_BODY_S: Final = 60.0
"""Seconds in which a request must arrive."""
_HEADERS: Final = {"cache-control": "no-cache, no-store, must-revalidate", "x-xss-protection": "1; mode=block"}
"""With each answer, as Confluent's registry has them: what is registered and configured changes."""
_REPEATED: Final = ("key", "value")
"""Parameters that may be given several times."""


def make_app(
    store: SchemaStore,
    *,
    auth: Auth | None = None,
    resolver: Resolver | None = None,
    prefix: str = "",
    omit_tags_for: Sequence[str] = (),
    max_body: int = MAX_BODY,
    max_body_s: float = MAX_BODY_S,
    guard: Guard | None = None,
) -> Starlette:
    """Returns the application.

    Args:
        store: Where schemas are kept; other processes may use it at the same time.
        auth: Who may do what; None: everybody everything.
        resolver: Finds schema sets of exporters, for ``POST /resolve``.
        prefix: Before each module's name, for the subjects of sets that ``/resolve`` registers.
        omit_tags_for: Beginnings of ``Confluent-Client-Version`` of clients that fail on ``metadata.tags``.
        max_body: Octets of a request.
        max_body_s: Seconds in which it must arrive.
        guard: Judges YANG within limits, and is closed with the application; None: this process does, without.
    """
    judge = guard or HERE
    registrar = Registrar(store, formats(judge))
    local = LocalRegistry(registrar, prefix, judge)
    service = Service(registrar, local, resolver, omit_tags_for=tuple(omit_tags_for))
    front = _Front(service, auth or Auth(), max_body, max_body_s)
    routes = [Route(rule.path, front.endpoint(rule), methods=[rule.method]) for rule in RULES]
    routes.append(Route(METRICS, front.metrics, methods=["GET"]))
    app = Starlette(
        routes=_joined(routes),
        exception_handlers={HTTPException: front.no_route, Exception: front.failed},
        lifespan=_lifespan(service, guard),
    )
    app.state.service = service
    app.state.stop = guard.close if guard is not None else None
    app.add_middleware(_RawPath)
    return app


def _joined(routes: list[Route]) -> list[Route]:
    """Routes of one path stand together, so that another method is refused as such, and not as an unknown path."""
    return sorted(routes, key=lambda route: (route.path.count("{"), route.path))


def _lifespan(service: Service, guard: Guard | None) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        try:
            async with judging(service):
                yield
        finally:
            if guard is not None:
                guard.close()

    return live


def _decoded(written: str) -> str:
    """Returns a part of a path; octets that are no UTF-8 name nothing, and replaced they would name another's."""
    try:
        return unquote(written, errors="strict")
    except UnicodeDecodeError:
        raise RefusedError(Code.INVALID_SUBJECT, f"'{written[:80]}' is not UTF-8.") from None


class _RawPath:
    """Routes by the path as it was sent: subjects may hold %2F, which decoded would be a slash between parts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope.get("raw_path") or scope["path"].encode()
            context, path = split_context(raw.partition(b"?")[0].decode("ascii", "replace"))
            if len(path) > 1:
                path = path.rstrip("/")
            scope = {**scope, "path": path, "raw_path": path.encode(), "yangbeam.context": context}
        await self._app(scope, receive, send)


class _Front:
    """Turns requests into questions and answers into responses."""

    def __init__(self, service: Service, auth: Auth, max_body: int, max_body_s: float) -> None:
        self._service = service
        self._auth = auth
        self._max_body = max_body
        self._max_body_s = max_body_s

    def endpoint(self, rule: Rule) -> Callable[[Request], Awaitable[Response]]:
        """Returns what Starlette calls for a route."""

        async def answer(request: Request) -> Response:
            start = time.perf_counter()
            response = await self._answer(rule, request)
            counted = self._service.metrics
            counted.requests.labels(rule.method, rule.path, response.status_code).inc()
            counted.seconds.labels(rule.method, rule.path).observe(time.perf_counter() - start)
            return response

        return answer

    async def _answer(self, rule: Rule, request: Request) -> Response:
        content_type = negotiation.OWN
        try:
            self._auth.check(request.headers.get("authorization"), rule.needs)
            content_type = negotiation.answer_type(request.headers.get("accept", ""))
            asked = await self._read(request)
            if inspect.iscoroutinefunction(rule.answer):
                found = await rule.answer(self._service, asked)
            else:
                found = await run_in_threadpool(self._found, rule, asked)
        except RefusedError as error:
            return self._refused(error, content_type)
        except SchemaPendingError as error:
            return self._refused(RefusedError(Code.BUSY, error.detail), content_type)
        except SchemaError as error:
            code = Code.NO_SCHEMA if error.reason == "schema-unknown" else Code.INVALID_SCHEMA
            return self._refused(RefusedError(code, error.detail), content_type)
        except YangbeamError as error:
            _log.error("%s", error)
            return self._refused(RefusedError(Code.INTERNAL, error.detail), content_type)
        answer = found if isinstance(found, Answer) else Answer(found)
        text = b"" if answer.status == 204 else orjson.dumps(answer.document, option=orjson.OPT_NON_STR_KEYS)
        return Response(text, answer.status, _HEADERS | dict(answer.headers), content_type)

    def _found(self, rule: Rule, asked: Asked) -> Any:
        return rule.answer(self._service, meant(self._service.registrar.settings, asked, rule.path))

    async def _read(self, request: Request) -> Asked:
        body = b""
        if request.method in ("POST", "PUT"):
            charset = negotiation.body_charset(request.headers.get("content-type", ""))
            body = await self._body(request)
            if charset not in ("utf-8", "utf8", "us-ascii"):
                body = body.decode(charset, "replace").encode()
        query = dict(request.query_params)
        for name in _REPEATED:
            if name in query:
                query[name] = "\0".join(request.query_params.getlist(name))
        return Asked(
            params={name: _decoded(str(value)) for name, value in request.path_params.items()},
            query=query,
            body=body,
            context=request.scope.get("yangbeam.context", "."),
            client=request.headers.get("confluent-client-version", ""),
        )

    async def _body(self, request: Request) -> bytes:
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._max_body_s):
                async for part in request.stream():
                    size += len(part)
                    if size > self._max_body:
                        said = f"The request is larger than {self._max_body:,} octets."
                        raise RefusedError(Code.TOO_LARGE, said)
                    parts.append(part)
        except TimeoutError:
            said = f"The request did not arrive within {self._max_body_s:g} s."
            raise RefusedError(Code.TIMEOUT, said) from None
        except ClientDisconnect:
            raise RefusedError(Code.INVALID_REQUEST, "The client went away before the end of its request.") from None
        return b"".join(parts)

    def _refused(self, error: RefusedError, content_type: str) -> Response:
        self._service.metrics.refused.labels(error.code.number).inc()
        document: dict[str, Any] = {"error_code": error.code.number, "message": error.detail}
        headers = dict(_HEADERS)
        if error.code is Code.UNAUTHORIZED:
            headers["www-authenticate"] = 'Basic realm="yangbeam registry", Bearer'
        return Response(orjson.dumps(document), error.code.status, headers, content_type)

    async def metrics(self, request: Request) -> Response:
        """GET /metrics."""
        try:
            self._auth.check(request.headers.get("authorization"), Role.READ)
        except RefusedError as error:
            return self._refused(error, negotiation.OWN)
        counted = self._service.metrics
        counted.schemas.set(await run_in_threadpool(self._service.registrar.store.greatest_id))
        return Response(counted.text(), media_type=metrics.CONTENT_TYPE)

    async def no_route(self, _: Request, error: Exception) -> Response:
        """Answers what Starlette refuses: unknown paths and methods."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = {404: Code.NO_ROUTE, 405: Code.NO_METHOD}.get(status, Code.INTERNAL)
        detail = f"HTTP {status} {HTTPStatus(status).phrase}"
        response = self._refused(RefusedError(code, detail), negotiation.OWN)
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    async def failed(self, request: Request, error: Exception) -> Response:
        """Answers a defect of the registry; the server logs its traceback."""
        detail = (
            f"HTTP 500: the registry has a defect, see its log ({type(error).__name__} at {request.url.path[:200]})"
        )
        return self._refused(RefusedError(Code.INTERNAL, detail), negotiation.OWN)
