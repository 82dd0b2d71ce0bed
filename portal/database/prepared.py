"""SELECTs prepared on a PostgreSQL connection and sent by libpq's own calls.

For statements that come again and again: psycopg's cursors do the same with more steps in between, each of which may
let another thread go first. What was prepared is kept with the connection and gone with it, or after a ROLLBACK, for
which portal.database.postgresql listens.
"""

from collections.abc import MutableMapping, Sequence
from itertools import count
from typing import Any

from psycopg import Connection, Error, OperationalError, abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]
Types = tuple[int, ...]  # PostgreSQL's, of parameters
KEPT_AS = "portal.prepared"
# invalid_sql_statement_name: something between us and the database has it forget statements (DISCARD ALL);
# feature_not_supported: a table has other columns since ("cached plan must not change result type").
OUTDATED = (b"26000", b"0A000")


class PreparedSelects:
    """What one connection has prepared. Used by one thread at a time."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._sender = Transformer(connection)
        self._statements: dict[tuple[str, Types], _Prepared] = {}
        self._names = (b"portal_%d" % number for number in count())

    @classmethod
    def of(cls, connection: Connection[Any], kept: MutableMapping[str, Any]) -> "PreparedSelects":
        """Those of a connection; what is `kept` lasts as long as it."""
        known: PreparedSelects | None = kept.get(KEPT_AS)
        return known or kept.setdefault(KEPT_AS, cls(connection))

    def forget(self) -> None:
        """Prepare all anew from now on, by other names, as what is there may be there still."""
        self._statements.clear()

    def rows(self, text: str, values: Sequence[Any]) -> Sequence[Row]:
        """All rows of a statement with parameters $1, $2 …, in order.

        A statement that is outdated is prepared anew. In a transaction, which PostgreSQL gives up with the first
        error, this raises, and the next one prepares it anew.
        """
        sent = self._sender.dump_sequence(values, [PyFormat.TEXT] * len(values))
        statement = (text, tuple(self._sender.types or ()))  # psycopg picks the type of a number by its size
        prepared = self._statements.get(statement) or self._prepare(*statement)
        result = self._send(prepared, sent)
        if result.error_field(DiagnosticField.SQLSTATE) in OUTDATED:
            del self._statements[statement]
            if self._connection.pgconn.transaction_status == TransactionStatus.IDLE:
                prepared = self._prepare(*statement)
                result = self._send(prepared, sent)
        self._expect(ExecStatus.TUPLES_OK, result)
        return prepared.read(result)

    def _prepare(self, text: str, types: Types) -> "_Prepared":
        name = next(self._names)
        self._expect(ExecStatus.COMMAND_OK, self._connection.pgconn.prepare(name, text.encode(), types))
        prepared = self._statements[text, types] = _Prepared(name, Transformer(self._connection))
        return prepared

    def _send(self, prepared: "_Prepared", sent: Sequence[Any]) -> PGresult:
        return self._connection.pgconn.exec_prepared(prepared.name, sent, result_format=Format.BINARY)

    def _expect(self, status: ExecStatus, result: PGresult) -> None:
        if result.status != status:
            raise failure_of(self._connection.pgconn, result)


def failure_of(pgconn: PGconn, result: PGresult) -> Error:
    """What a result tells that is none of those hoped for."""
    if pgconn.status == ConnStatus.BAD:
        return OperationalError(pgconn.get_error_message())
    if result.status == ExecStatus.FATAL_ERROR:
        return error_from_result(result)
    return OperationalError(f"PostgreSQL answered {result.command_status!r}.")


class _Prepared:
    """A statement that the database knows by a name, and how its rows are read."""

    def __init__(self, name: bytes, reader: "abc.Transformer") -> None:
        self.name = name
        self._reader = reader
        self._knows_types = False

    def read(self, result: PGresult) -> Sequence[Row]:
        """The types of columns are those of the first time: PostgreSQL refuses where a table was changed since."""
        self._reader.set_pgresult(result, set_loaders=not self._knows_types)
        self._knows_types = True
        return self._reader.load_rows(0, result.ntuples, tuple)
