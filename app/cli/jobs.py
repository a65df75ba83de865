"""`cairn jobs`: what waits, runs and failed, for operators; ids and codes, never content."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table

from app.cli.failures import CommandFailed, needed
from app.cli.here import settings_here
from app.core import clock
from app.core.words import Actor
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.exchange.jobs import commands, queries
from app.jobs.queue import TASKS
from app.jobs.ticks import tick_after, tick_before, ticks_between

app = typer.Typer(
    help="Look at jobs; replay or drop those that failed permanently.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for scripts.")]
Number = Annotated[int, typer.Argument(help="The number of a job.")]
Row = dict[str, Any]
ERRORS_KEPT = (
    "The failed job keeps what went wrong in the last attempt. For earlier ones see the log."
)
T = TypeVar("T")


@app.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """What waits, runs and failed, by task; and how long the oldest of each queue waits."""
    result, now = _run(queries.queue_standing), clock.now()
    for row in result["tasks"]:
        row["oldest_seconds"] = _age(now, row.pop("oldest"))
    for row in result["queues"]:
        row["oldest_waiting_seconds"] = _age(now, row.pop("waiting_since"))
    if as_json:
        return _say_json(result)
    columns = ("queue", "task", "state", "number", "attempts", "oldest_seconds")
    _say_table("Jobs", result["tasks"], columns)
    _say_table("Queues", result["queues"], ("queue", "waiting", "oldest_waiting_seconds"))


@app.command("failed")
def list_failed(as_json: AsJson = False) -> None:
    """Failed jobs that nobody has settled, of every school."""
    rows = _run(queries.all_open_failed_jobs)
    if as_json:
        return _say_json({"failed_jobs": rows})
    columns = ("job", "task", "school_id", "attempts", "error", "message", "failed_at")
    _say_table("Failed jobs", rows, columns)


@app.command()
def show(job: Number, as_json: AsJson = False) -> None:
    """One job: what became of it, attempt by attempt, and its failed job where it has one."""

    async def read(database: Database) -> tuple[Row | None, Row | None]:
        return await queries.one_job(database, job), await queries.failed_job_of(database, job)

    result, failed_job = _run(read)
    if result is None and failed_job is None:
        raise CommandFailed(f"there is no job {job}")
    if as_json:
        return _say_json({"job": result, "failed_job": failed_job})
    if result is not None:
        events = result.pop("events")
        _say_pairs("Job", result)
        _say_table("What happened", events, ("what", "at"))
        typer.echo(ERRORS_KEPT)
    if failed_job is not None:
        _say_pairs("Failed job", failed_job)


@app.command()
def replay(
    jobs: Annotated[list[int] | None, typer.Argument(help="Numbers of jobs.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every failed job of --task.")] = False,
    task: Annotated[str | None, typer.Option(help="With --all: which task.")] = None,
) -> None:
    """Ask for failed jobs once more; each is settled, and its new job begins afresh."""
    if every == bool(jobs) or every != (task is not None):
        raise CommandFailed("name jobs by their numbers, or say --all with a --task")

    async def act(database: Database) -> list[Row]:
        waiting = await queries.all_open_failed_jobs(database)
        failed_jobs = _chosen(waiting, jobs or [], task)
        for failed_job in failed_jobs:
            async with open_work(database, Actor.system(failed_job["kept_for"])) as work:
                await commands.replay_failed_job(work, failed_job["id"])
            typer.echo(f"job {failed_job['job']} ({failed_job['task']}) is asked for once more")
        return failed_jobs

    if not _run(act):
        typer.echo("There is nothing to replay.")


@app.command()
def drop(
    job: Number,
    reason: Annotated[str, typer.Option(help="Why it is no longer needed.")],
) -> None:
    """Settle a failed job without running it again."""

    async def act(database: Database) -> Row:
        (failed_job,) = _chosen(await queries.all_open_failed_jobs(database), [job], None)
        async with open_work(database, Actor.system(failed_job["kept_for"])) as work:
            await commands.drop_failed_job(work, failed_job["id"], reason)
        return failed_job

    typer.echo(f"job {job} ({_run(act)['task']}) is dropped")


@app.command("workers")
def list_workers(as_json: AsJson = False) -> None:
    """Workers, how long ago each showed a sign of life, and how many jobs it runs."""
    rows, now = _run(queries.all_workers), clock.now()
    for row in rows:
        row["silent_seconds"] = _age(now, row["last_heartbeat"])
    if as_json:
        return _say_json({"workers": rows})
    _say_table("Workers", rows, ("id", "last_heartbeat", "silent_seconds", "running"))


@app.command("periodic")
def list_periodic(as_json: AsJson = False) -> None:
    """Periodic tasks: last run, next run, and how many ticks passed without a run of their own."""
    taken, now = _run(queries.all_ticks), clock.now()
    planned = {task.name: task.every for task in TASKS if task.every}
    rows = [_tick_row(now, name, every, taken.get(name)) for name, every in planned.items()]
    if as_json:
        return _say_json({"periodic": rows})
    columns = ("task", "every", "last", "next", "missed", "missed_before")
    _say_table("Periodic tasks", rows, columns)


def _tick_row(now: datetime, name: str, every: str, taken: Row | None) -> Row:
    last: datetime | None = taken["tick_at"] if taken else None
    newest = tick_before(every, now)
    return {
        "task": name,
        "every": every,
        "last": last,
        "next": tick_after(every, now),
        "missed": 1 + ticks_between(every, last, newest) if last and last < newest else 0,
        "missed_before": taken["missed"] if taken else 0,
    }


def _chosen(waiting: Sequence[Row], jobs: Sequence[int], task: str | None) -> list[Row]:
    if task is not None:
        return [failed_job for failed_job in waiting if failed_job["task"] == task]
    by_number = {failed_job["job"]: failed_job for failed_job in waiting}
    for job in jobs:
        if job not in by_number:
            raise CommandFailed(f"job {job} is no failed job that waits")
    return [by_number[job] for job in dict.fromkeys(jobs)]


def _run(act: Callable[[Database], Awaitable[T]]) -> T:
    """Do something with the database of the settings."""
    settings = settings_here()
    url = needed(settings.database_url, "CAIRN_DATABASE_URL")

    async def run() -> T:
        database = Database(url, pool=1, application_name="cairn jobs")
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _age(now: datetime, since: datetime | None) -> float | None:
    return None if since is None else round((now - since).total_seconds(), 1)


def _say_json(content: Mapping[str, Any]) -> None:
    typer.echo(orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z).decode())


def _say_table(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_text(row[column]) for column in columns))
    Console(width=None if Console().is_terminal else 160).print(table)


def _say_pairs(title: str, row: Mapping[str, Any]) -> None:
    pairs = [{"name": name, "value": value} for name, value in row.items()]
    _say_table(title, pairs, ("name", "value"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value)
