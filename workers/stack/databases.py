"""Creates databases named by a connection string."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateDatabase, UniqueViolation


def create_database(uri: str) -> None:
    """Make sure the database that the string names exists, whoever else tries the same at the same moment."""
    parts = urlsplit(uri)
    name = parts.path.lstrip("/")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (DuplicateDatabase, UniqueViolation):
            return
