"""Structured logs: one JSON object a line, with ids and codes and never personal data."""

import logging
import sys
from typing import Any

import orjson
import structlog


class StandardError:
    """Writes lines to whatever standard error is at that moment."""

    def write(self, text: str) -> None:
        """Write as a stream."""
        sys.stderr.write(text)

    def flush(self) -> None:
        """Every line is written through already."""

    def msg(self, line: str) -> None:
        """Write one line."""
        sys.stderr.write(line + "\n")

    debug = info = warning = warn = error = critical = exception = msg


def configure(level: str = "info") -> None:
    """Send everything, the libraries' lines included, through one JSON renderer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _exception_kinds,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *_: StandardError(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(StandardError())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.getLevelName(level.upper()), logging.WARNING))


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=repr).decode()


def _exception_kinds(_logger: Any, _method: str, event: Any) -> Any:
    """Keep where an exception was raised and its kind; its text may quote a record."""
    result = event.pop("exc_info", None)
    if not result:
        return event
    error = result[1] if isinstance(result, tuple) else sys.exc_info()[1]
    if isinstance(result, BaseException):
        error = result
    frames: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        frames.append(type(error).__name__)
        error = error.__cause__
    event["exception"] = frames[-40:]
    return event
