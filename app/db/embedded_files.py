"""The folders and files of an embedded PostgreSQL server: their owners, and refusals."""

import fcntl
import hashlib
import os
import pwd
import re
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

PORT = 5432  # only names the socket: there is no TCP
NOBODY = "2147483647"  # the number of no process
SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107, macOS 103
OUR_FILES = frozenset(
    {"data", "data.new", "run", "log", "lock", "owner", "password", "settings.conf"}
)
FIXED_SETTINGS = frozenset({"port", "unix_socket_directories", "unix_socket_permissions"})
LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})


class EmbeddedPostgresError(RuntimeError):
    """The server cannot run here; the message says why and what to do."""


@contextmanager
def plain_failures() -> Iterator[None]:
    """Report file system errors like every other refusal."""
    try:
        yield
    except OSError as refused:
        raise EmbeddedPostgresError(f"The database folder cannot be used: {refused}") from refused


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the lock of a folder. A lock on a file erased meanwhile does not count."""
    while True:
        if not home.is_dir():
            raise EmbeddedPostgresError(f"{home} is gone.")
        with (home / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _same_file(lock.fileno(), home / "lock"):
                yield
                return


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def refuse_foreign(home: Path) -> None:
    """Refuse to build in, or delete, a folder that holds anything that is not ours."""
    if not home.exists():
        return
    if not home.is_dir():
        raise EmbeddedPostgresError(f"{home} is not a folder.")
    strange = sorted(entry.name for entry in home.iterdir() if entry.name not in OUR_FILES)
    data = home / "data"
    if strange:
        raise EmbeddedPostgresError(
            f"{home} is not empty and holds {strange[0]!r}, which is not ours: choose another."
        )
    if data.exists() and not (data / "PG_VERSION").exists():
        raise EmbeddedPostgresError(f"{data} is not a PostgreSQL cluster: choose another folder.")


def make_home(home: Path, account: pwd.struct_passwd | None) -> None:
    """Make the home folder. Root's stays root's: the server can change only its own folders."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lstat = home.lstat()
    if not stat.S_ISDIR(lstat.st_mode) or lstat.st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{home} does not belong to the account that starts the server."
        )
    home.chmod(0o711 if account else 0o700)


def own_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a 0700 folder owned by the account; an existing one must be exactly that."""
    owner = account.pw_uid if account else os.geteuid()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
    lstat = folder.lstat()
    if not stat.S_ISDIR(lstat.st_mode) or lstat.st_uid != owner or lstat.st_mode & 0o077:
        raise EmbeddedPostgresError(f"{folder} is not a private folder of the server's account.")


def write_file(path: Path, text: str, mode: int, account: pwd.struct_passwd | None) -> None:
    """Write a file that never has wider permissions than ``mode``, not even for a moment."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        os.fchmod(file.fileno(), mode)
        if account:
            os.fchown(file.fileno(), account.pw_uid, account.pw_gid)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def short_hash(text: str | Path) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]


def pid_lines(home: Path) -> list[str]:
    try:
        return (home / "data" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def forget_dead_server(home: Path, account: pwd.struct_passwd | None) -> None:
    """Clear the way if a killed server's number now belongs to a zombie or another program.

    PostgreSQL mistakes any live process of its own account for the old server. This removes only
    the number; PostgreSQL finds surviving backends by the shared memory's mark, which stays.
    """
    lines = pid_lines(home)
    if not Path("/proc/self").exists() or (lines and _runs_postgres(lines[0])):
        return
    for left in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (socket_directory(home) / left).unlink(missing_ok=True)
    if lines:
        pid_file = home / "data" / "postmaster.pid"
        write_file(pid_file, "\n".join([NOBODY, *lines[1:]]) + "\n", 0o600, account)


def _runs_postgres(pid: str) -> bool:
    """A zombie has no program. PostgreSQL itself judges a process that we may not inspect."""
    try:
        return Path(f"/proc/{pid.strip()}/exe").readlink().name.startswith("postgres")
    except PermissionError:
        return True
    except OSError:
        return False


def socket_directory(home: Path) -> Path:
    """A folder whose path leaves room for the socket's name."""
    run = home / "run"
    if len(os.fsencode(run / f".s.PGSQL.{PORT}.lock")) > SOCKET_PATH_LIMIT:
        return Path("/tmp") / f"cairn-run-{short_hash(home)}"  # noqa: S108 - own_folder checks it
    return run


def answers(home: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_directory(home) / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def checked_settings(settings: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in settings.items():
        if (
            not re.fullmatch(r"[a-z_][a-z0-9_.]*", name)
            or name in FIXED_SETTINGS
            or not value.isprintable()
        ):
            raise EmbeddedPostgresError(f"The setting {name!r} cannot be made here.")
    addresses = settings.get("listen_addresses", "").split(",")
    if not LOOPBACK.issuperset(address.strip() for address in addresses):
        raise EmbeddedPostgresError(
            "The embedded server has no TLS, so it never listens to a network: use a PostgreSQL of "
            "your own for that."
        )
    return settings


def quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
