"""Three PostgreSQL servers under Patroni with quorum commit, an etcd, and HAProxy before them.

All of it on this machine's loopback, in a folder of its own, as the account that servers run as.
The programs are the machine's own (Debian: patroni, etcd-server, haproxy); PostgreSQL is the
embedded one, or that of PGBIN.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from app.db import embedded
from app.db.embedded_files import own_folder
from bench.processes import free_port

PROGRAMS = ("patroni", "etcd", "haproxy")
NAMES = ("db1", "db2", "db3")
SECONDS_TO_GET_WHOLE = 240
FAILOVER = {
    "ttl": 20,
    "loop_wait": 2,
    "retry_timeout": 4,
    "maximum_lag_on_failover": 1048576,
    "primary_start_timeout": 0,
    "synchronous_mode": "quorum",
    "synchronous_mode_strict": True,
}
"""The shortest times that Patroni allows, so that a run kills many leaders."""
SERVER = {"max_connections": 60, "shared_buffers": "64MB", "synchronous_commit": "on"}
HAPROXY = """
global
  maxconn 400
defaults
  mode tcp
  timeout connect 2s
  timeout client 30m
  timeout server 30m
  timeout check 2s
listen primary
  bind 127.0.0.1:{port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
"""
ANSWERS_WRITES = """
select not pg_is_in_recovery() and not current_setting('default_transaction_read_only')::bool
"""


class ClusterFailed(RuntimeError):
    """The cluster itself did not become whole: nothing is said about Cairn."""


@dataclass
class Program:
    """One program in a session of its own, with its log beside it."""

    name: str
    words: Sequence[str]
    folder: Path
    account: pwd.struct_passwd | None
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start; returns at once."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
                start_new_session=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                **_as(self.account),
            )  # fmt: skip

    def last_words(self) -> str:
        """The end of its log."""
        lines = (self.folder / f"{self.name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-6:])

    def pids(self) -> list[int]:
        """The process and all that come from it."""
        return _with_children([self.process.pid]) if self.process else []

    def end(self) -> None:
        """SIGKILL."""
        strike(self.pids(), signal.SIGKILL)
        if self.process is not None:
            self.process.wait(30)


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@dataclass
class Node(Program):
    """A Patroni and its PostgreSQL."""

    port: int = field(default_factory=free_port)
    rest_port: int = field(default_factory=free_port)
    password: str = ""

    @property
    def data(self) -> Path:
        """Its cluster."""
        return self.folder / f"{self.name}-data"

    @property
    def address(self) -> str:
        """Of the superuser."""
        return superuser(self.port, self.password)

    def postmaster(self) -> list[int]:
        """The server's first process, where it runs."""
        with suppress(OSError, ValueError, IndexError):
            number = int((self.data / "postmaster.pid").read_text().split()[0])
            if (Path(f"/proc/{number}/comm").read_text().strip()) == "postgres":
                return [number]
        return []

    def pids(self) -> list[int]:
        """Patroni and every process of its server."""
        own = [self.process.pid] if self.process and self.process.poll() is None else []
        return _with_children([*own, *self.postmaster()])

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """As superuser, waiting for no standby. Raises `psycopg.Error`."""
        with psycopg.connect(self.address, autocommit=True, connect_timeout=2) as connection:
            connection.execute("set synchronous_commit = local")
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []


def superuser(port: int, password: str) -> str:
    """The superuser's address of whatever listens there."""
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def takes_changes(address: str) -> bool:
    """Whether a server at this address says so now; one that is away or frozen does not."""
    with suppress(psycopg.Error), psycopg.connect(address, connect_timeout=2) as connection:
        row = connection.execute(ANSWERS_WRITES).fetchone()
        return bool(row and row[0])
    return False


@dataclass
class Cluster:
    """The whole of it. `address` is the superuser's, by way of HAProxy."""

    folder: Path
    etcd: Program
    haproxy: Program
    nodes: list[Node]
    port: int
    password: str

    @property
    def address(self) -> str:
        """Of the superuser, by way of HAProxy."""
        return superuser(self.port, self.password)

    def members(self) -> list[dict[str, Any]]:
        """What Patroni knows of its members; nothing while no Patroni answers."""
        for node in self.nodes:
            with suppress(httpx.HTTPError, KeyError, ValueError):
                answer = httpx.get(
                    f"http://127.0.0.1:{node.rest_port}/cluster", timeout=2, trust_env=False
                )
                found: list[dict[str, Any]] = answer.json()["members"]
                return found
        return []

    def leader(self) -> Node:
        """The node that leads."""
        (name,) = [one["name"] for one in self.members() if one["role"] == "leader"]
        return next(node for node in self.nodes if node.name == name)

    def is_whole(self) -> bool:
        """Whether one leads, two follow it, and changes are taken at the door."""
        members = self.members()
        streaming = [one for one in members if one["state"] == "streaming"]
        leading = [one for one in members if one["role"] == "leader" and one["state"] == "running"]
        quorum = [one for one in members if one["role"] == "quorum_standby"]
        return (
            len(leading) == 1 and len(streaming) == 2 and len(quorum) == 2
            and takes_changes(self.address)
        )  # fmt: skip

    def wait_until_whole(self) -> None:
        """Raises `ClusterFailed`."""
        self._wait(self.is_whole, "did not become whole")

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        until = time.monotonic() + SECONDS_TO_GET_WHOLE
        while not condition():
            for program in (self.etcd, self.haproxy, *self.nodes):
                if program.process is not None and program.process.poll() not in (None, -9):
                    raise ClusterFailed(f"{program.name} ended:\n{program.last_words()}")
            if time.monotonic() > until:
                raise ClusterFailed(f"the cluster {complaint}: {self.members()}")
            time.sleep(0.5)

    def start(self) -> None:
        """Start etcd, one node after the other's first sign of life, and HAProxy."""
        self.etcd.start()
        self.nodes[0].start()
        self._wait(lambda: bool(self.members()), "did not begin")
        for node in self.nodes[1:]:
            node.start()
        self.haproxy.start()
        self.wait_until_whole()

    def end(self) -> None:
        """Kill everything and delete the folder."""
        for program in (self.haproxy, *self.nodes, self.etcd):
            with suppress(ProcessLookupError):
                program.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def missing_programs() -> list[str]:
    """Those that this machine has not."""
    return [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]


def _path() -> str:
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def _program(name: str) -> str:
    found = shutil.which(name, path=_path())
    assert found is not None
    return found


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster that is whole; gone at the end. Raises `ClusterFailed`."""
    folder = Path(tempfile.mkdtemp(prefix="cairn-cluster-"))
    account = embedded.server_account()
    folder.chmod(0o755)
    cluster = _laid_out(folder, account)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.end()


def _laid_out(folder: Path, account: pwd.struct_passwd | None) -> Cluster:
    client, peer, door, password = free_port(), free_port(), free_port(), secrets.token_hex(12)
    etcd = Program("etcd", _etcd_words(folder, client, peer), folder, account)
    binaries = embedded.reachable_binaries(embedded.find_binaries(), account, lambda _: None)
    nodes = [
        Node(name, (_program("patroni"), str(folder / f"{name}.yml")), folder, account,
             password=password)
        for name in NAMES
    ]  # fmt: skip
    own_folder(folder / "etcd-data", account)
    for node in nodes:
        own_folder(folder / f"{node.name}-run", account)
        own_folder(node.data, account)
        path = folder / f"{node.name}.yml"
        path.write_text(json.dumps(_settings_of(node, client, binaries)))  # JSON is YAML
        path.chmod(0o644)
    servers = (
        f"  server {node.name} 127.0.0.1:{node.port} maxconn 100 check port {node.rest_port}"
        for node in nodes
    )
    (folder / "haproxy.cfg").write_text(
        "\n".join([HAPROXY.format(port=door).strip(), *servers, ""])
    )
    words = (_program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg"))
    return Cluster(folder, etcd, Program("haproxy", words, folder, account), nodes, door, password)


def _etcd_words(folder: Path, client: int, peer: int) -> tuple[str, ...]:
    return (
        _program("etcd"), "--name", "one", "--data-dir", str(folder / "etcd-data"),
        "--listen-client-urls", f"http://127.0.0.1:{client}",
        "--advertise-client-urls", f"http://127.0.0.1:{client}",
        "--listen-peer-urls", f"http://127.0.0.1:{peer}",
        "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
        "--initial-cluster", f"one=http://127.0.0.1:{peer}",
    )  # fmt: skip


def _settings_of(node: Node, etcd_port: int, binaries: Path) -> dict[str, Any]:
    """Patroni's settings of one node."""
    own, rest = f"127.0.0.1:{node.port}", f"127.0.0.1:{node.rest_port}"
    return {
        "scope": "cairn",
        "name": node.name,
        "restapi": {"listen": rest, "connect_address": rest},
        "etcd3": {"host": f"127.0.0.1:{etcd_port}"},
        "bootstrap": {
            "dcs": {**FAILOVER, "postgresql": {"use_pg_rewind": True, "parameters": SERVER}},
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": own,
            "connect_address": own,
            "data_dir": str(node.data),
            "bin_dir": str(binaries),
            "pgpass": str(node.folder / f"{node.name}-run" / "pgpass"),
            "parameters": {"unix_socket_directories": str(node.folder / f"{node.name}-run")},
            "authentication": {
                "superuser": {"username": "postgres", "password": node.password},
                "replication": {"username": "standby", "password": node.password},
            },
            "pg_hba": [
                "local all all scram-sha-256",
                "host all all 127.0.0.1/32 scram-sha-256",
                "host replication all 127.0.0.1/32 scram-sha-256",
            ],
        },
    }


def strike(pids: Sequence[int], number: signal.Signals) -> None:
    """Send a signal to each that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _with_children(roots: Sequence[int]) -> list[int]:
    """The processes and all that come from them."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                above = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(above, []).append(int(entry.name))
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += parents.get(pid, [])
    return found
