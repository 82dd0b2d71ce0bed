"""SQLite files, kept between runs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True)
class SqliteShelf:
    """Databases in one folder."""

    folder: Path
    server: None = None  # the portal's own processes do the work

    def has(self, name: str) -> bool:
        """Whether a database of that name is there, whole."""
        return self._file(name).exists()

    @contextmanager
    def being_made(self, name: str) -> Iterator[str]:
        """The address of an empty database, which gets its name once it is left without an exception."""
        unfinished = self._file("unfinished")
        _remove(unfinished)
        yield f"sqlite:///{unfinished}"
        unfinished.rename(self._file(name))  # its last connection has taken the -wal file in

    @contextmanager
    def copied(self, name: str) -> Iterator[str]:
        """The address of a copy, dropped afterwards."""
        copy = self._file(f"copy_of_{name}")
        _remove(copy)
        shutil.copyfile(self._file(name), copy)
        try:
            yield f"sqlite:///{copy}"
        finally:
            _remove(copy)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"


@contextmanager
def sqlite_shelf(folder: Path) -> Iterator[SqliteShelf]:
    """The files below a folder."""
    files = folder / "sqlite"
    files.mkdir(exist_ok=True)
    yield SqliteShelf(files)


def _remove(file: Path) -> None:
    for ending in SIDE_FILES:
        Path(f"{file}{ending}").unlink(missing_ok=True)
