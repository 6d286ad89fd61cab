"""A database backend: SQLite, whose writers wait in a queue. SQLite itself polls, with longer and longer pauses, so
that one of several writers may wait for seconds while the others take turns."""

import fcntl
import os
from typing import Any

from django.db.backends.sqlite3 import base  # the stubs leave out what begins and ends a transaction


class DatabaseWrapper(base.DatabaseWrapper):
    """A transaction begins once its turn has come: a lock on a file beside the database, which all processes share and
    which the system gives back when a process ends. A database in memory has no queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        if not self.is_in_memory_db():
            self._turn = os.open(f"{self.settings_dict['NAME']}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._turn is not None:
            os.close(self._turn)
            self._turn = None
