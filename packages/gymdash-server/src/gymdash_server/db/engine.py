"""Opening the index: engine, migrations, and clear words where it cannot be used.

SQLite runs in WAL mode: readers never wait, one writer at a time. The SQL elsewhere is portable.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Engine, MetaData, String, Table, create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool
from sqlmodel import SQLModel

from gymdash_server.db.tables import TABLES
from gymdash_server.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest migration; a test holds it against the migration scripts.
HEAD = "0003"
_BUSY_MS = 3_000
_MARKS = "alembic_version"


def open_database(url: str) -> Engine:
    """Return an engine on an index of the newest version; it is created or migrated where that is needed.

    Args:
        url: SQLAlchemy URL.

    Raises:
        DatabaseError: It is locked, damaged, read-only, or of a newer version.
    """
    try:
        engine = _make_engine(url)
        version = _version(engine)
        if version is None:
            _create(engine)
        elif version != HEAD:
            _migrate(engine, version, url)
        with engine.connect() as connection:
            for table in _tables():
                connection.execute(select(table).limit(1)).all()
    except (SQLAlchemyError, OSError) as error:
        raise database_error(url, error) from error
    return engine


def file_of(url: str) -> Path | None:
    """Return the file of an index; None where it is on a database server, or in memory.

    Raises:
        DatabaseError: It is no URL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(shown(url), str(error)) from error
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def version_at(url: str) -> str | None:
    """Return the version of the index on a database server, None where there is none; nothing is created.

    Raises:
        DatabaseError: It cannot be read.
    """
    try:
        engine = _make_engine(url)
        try:
            return _version(engine)
        finally:
            engine.dispose()
    except SQLAlchemyError as error:
        raise database_error(url, error) from error


def database_error(url: str, error: Exception) -> DatabaseError:
    """Return the error that a problem with an index is, without the password in its URL."""
    reason = str(error.orig) if isinstance(error, DBAPIError) and error.orig is not None else str(error)
    return DatabaseError(shown(url), reason)


def _tables() -> list[Table]:
    return [SQLModel.metadata.tables[str(table.__tablename__)] for table in TABLES]


def _make_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, poolclass=QueuePool, pool_size=8, max_overflow=64)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise DatabaseError(shown(url), str(error)) from error
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    # Its own knows the letters of ASCII alone, so that nobody would find "Ärger" by its name.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(_MARKS):
            return None
        return connection.execute(text(f"SELECT version_num FROM {_MARKS}")).scalar()  # noqa: S608 - our own name


def _create(engine: Engine) -> None:
    """Make a new index at the newest version, without the time that importing and running all migrations takes.

    A test proves that both ways lead to the same tables. What a killed server has left half made is made whole.
    """
    marks = Table(_MARKS, MetaData(), Column("version_num", String(32), primary_key=True))
    with engine.begin() as connection:
        SQLModel.metadata.create_all(connection, _tables())
        marks.create(connection, checkfirst=True)
        if connection.execute(select(marks.c.version_num)).first() is None:
            connection.execute(insert(marks).values(version_num=HEAD))


def _migrate(engine: Engine, version: str, url: str) -> None:
    from alembic import command  # noqa: PLC0415 - needed once per version, and slow to import
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - same

    config = migration_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version not in known:
        raise DatabaseError(shown(url), f"it is of version {version}, newer than this GymDash")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migration_config() -> Config:
    """Return Alembic's configuration with the migrations of this package."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "gymdash_server.db:migrations")
    return config


def shown(url: str) -> str:
    """Return the URL of a database without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url
