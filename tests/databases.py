"""Databases for tests, made as copies of others."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
from psycopg import sql

from workers.stack.postgres import Postgres


def copied(server: Postgres, template: str) -> Iterator[str]:
    """The URI of a fresh copy of a database, gone afterwards. Its files cost a tenth of a migration."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.uri(), autocommit=True) as connection:
        statement = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    yield server.uri(name)
    server.drop_database(name)
