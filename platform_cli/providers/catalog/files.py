"""The files of the embedded catalog's tables, as pyiceberg writes and reads them.

Each is there whole, for this person alone and on the disk before its name is used: the catalog's
row comes after it. Stays inside local paths; nothing else is ever opened.
"""

from __future__ import annotations

import io
from pathlib import Path

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from platform_cli import disk
from platform_cli.providers.catalog import place
from platform_cli.providers.catalog.place import path_of


class _Written(io.BytesIO):
    """What is written, kept until it is closed: then it becomes the file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def close(self) -> None:
        if self.closed:
            return
        content = self.getvalue()
        # First: what is not closed is closed once more by Python when nobody holds it any longer.
        super().close()
        place.put(self._file, content)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # An error on the way leaves no half of a file.
        if kind is None:
            self.close()
        else:
            super().close()


class _Input(InputFile):
    def __len__(self) -> int:
        return path_of(self.location).stat().st_size

    def exists(self) -> bool:
        return path_of(self.location).is_file()

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002, FBT001, FBT002 - pyiceberg's signature
        with disk.touching(path_of(self.location)):
            return path_of(self.location).open("rb")


class _Output(OutputFile):
    def __len__(self) -> int:
        return path_of(self.location).stat().st_size

    def exists(self) -> bool:
        return path_of(self.location).is_file()

    def to_input_file(self) -> InputFile:
        return _Input(self.location)

    def create(self, overwrite: bool = False) -> OutputStream:  # noqa: ARG002, FBT001, FBT002 - pyiceberg's signature; its names are never used twice
        return _Written(path_of(self.location))


class PrivateFiles(FileIO):
    """What pyiceberg asks for files; `warehouse` among the properties is where they are."""

    def new_input(self, location: str) -> InputFile:
        """A file to read."""
        return _Input(location)

    def new_output(self, location: str) -> OutputFile:
        """A file to write. Raises PLT-CATALOG-002 where a table's own words lead elsewhere."""
        if not place.is_inside(location, self.properties["warehouse"]):
            raise place.damaged(path_of(location), "a table of the catalog would be written there")
        return _Output(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Remove a file that no table names any more."""
        named = location if isinstance(location, str) else location.location
        if place.is_inside(named, self.properties["warehouse"]):
            with disk.touching(path_of(named)):
                path_of(named).unlink(missing_ok=True)
