"""Whether the files of a table are whole, before the engine opens them: it believes what they hold, and a wrong length
ends the process.

`checksums.txt` in the folder of a table has a line for each file that was written: name, size, CRC-32 of the whole, of
its end, and of the line. A file without a line (another version wrote it) is not damaged: of such a file, places and
sizes in its footer must lie within it. Ends are checked whenever a file is new to this process, whole files by
`find_damage`.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.library.store.footers import check_footer, read_description
from core.utils.files import write_atomic

CHECKSUMS = "checksums.txt"
END = 1 << 18  # bytes at the end of a file: the engine keeps its descriptions there
_CHUNK = 1 << 20
# Of data files, as they stand in the file of a version.
_NAMES = re.compile(rb"(?:[01]{24}[0-9a-f]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.lance")

State = tuple[int, int]  # size and time of change


class DamagedFile(Exception):
    """A file is not as it was written. The message names it."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """Of one file, as it was written. end: of the last `END` bytes."""

    size: int
    whole: int
    end: int


@dataclass(slots=True)
class TableFiles:
    """The files of one table, and which of them were found whole."""

    folder: Path
    _checked: dict[str, State] = field(default_factory=dict)
    _listed: dict[str, Checksum] = field(default_factory=dict)
    _list_state: State | None = None
    _version: tuple[str, State | None, list[str]] = ("", None, [])

    def newest_version(self) -> Path | None:
        """The file of the newest version; None where there is none, as after a crash while the table was made."""
        found = [path for path in self.folder.glob("_versions/*.manifest") if path.stem.isdigit()]
        return max(found, key=_version_of, default=None)

    def check(self, version: Path) -> None:
        """Raises DamagedFile for a file of that version that is damaged at its end. Milliseconds."""
        names = self._names(version)
        found = [*names, *self._list_deletions()]
        states = {name: state for name in found if (state := _state(self.folder / name)) is not None}
        gone = next((name for name in names if name not in states), None)
        if gone is not None and version.exists():
            raise DamagedFile(f"{Path(gone).name} is missing")
        if all(self._checked.get(name) == state for name, state in states.items()):
            return
        listed = self.checksums()
        for name, state in states.items():
            if self._checked.get(name) != state:
                with suppress(FileNotFoundError):  # packed away by another process
                    _check_end(self.folder / name, listed.get(name))
                    self._checked[name] = state

    def find_damage(self, rest: Callable[[int], object] | None = None) -> str:
        """The name of a file that is not as it was written; "" if all are. rest: see `Library.find_damage`."""
        version = self.newest_version()
        if version is None:
            return ""
        try:
            names = [*self._names(version), *self._list_deletions()]
        except DamagedFile:
            return version.name
        for name in names:
            known = self.checksums().get(name)
            try:
                is_whole = known is None or known == _measure(self.folder / name, rest)
            except FileNotFoundError:  # packed away by another process
                continue
            except OSError:  # a bad place of the disk, or no right to read
                is_whole = False
            if not is_whole:
                return Path(name).name
        return ""

    def checksums(self) -> dict[str, Checksum]:
        """The lines of the list, by the file's name; what is no line counts as none."""
        path = self.folder / CHECKSUMS
        state = _state(path)
        if state != self._list_state:
            lines = path.read_text("ascii", "replace").splitlines() if state is not None else []
            self._listed, self._list_state = dict(filter(None, map(_parse, lines))), state
        return self._listed

    def record(self, files: Iterable[Path]) -> None:
        """Adds lines for files that were just written."""
        lines = []
        for path in files:
            with suppress(OSError):  # packed away by another process
                lines.append(_format(path.relative_to(self.folder).as_posix(), _measure(path)))
        if lines:
            with suppress(OSError), (self.folder / CHECKSUMS).open("a", encoding="ascii") as file:
                file.write("".join(lines))

    def forget_removed(self) -> None:
        """Leaves out the lines of files that are gone, and the earlier ones of a file that was written anew."""
        lines = {name: known for name, known in self.checksums().items() if (self.folder / name).exists()}
        with suppress(OSError):
            write_atomic(self.folder / CHECKSUMS, "".join(_format(*line) for line in lines.items()).encode())

    def _names(self, version: Path) -> list[str]:
        """The files of a version: itself and its data. Raises DamagedFile."""
        state = _state(version)
        if self._version[:2] != (version.name, state):
            name = f"_versions/{version.name}"
            try:
                _check_end(version, self.checksums().get(name))  # before it is believed what data it has
                data = dict.fromkeys(found.decode() for found in _NAMES.findall(read_description(version)))
            except FileNotFoundError:  # packed away by another process
                return []
            self._version = version.name, state, [name, *(f"data/{entry}" for entry in data)]
        return self._version[2]

    def _list_deletions(self) -> list[str]:
        """The lists of deleted rows, as they are now: those of earlier versions go without a new version."""
        return [f"_deletions/{path.name}" for path in self.folder.glob("_deletions/*")]


def _version_of(path: Path) -> int:
    number = int(path.stem)
    return (1 << 64) - 1 - number if len(path.stem) == 20 else number  # newer tables count down, to be listed in order


def _state(path: Path) -> State | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _measure(path: Path, rest: Callable[[int], object] | None = None) -> Checksum:
    """Reads a whole file. Raises OSError."""
    size, whole, end = path.stat().st_size, 0, 0
    left = max(0, size - END)
    with path.open("rb") as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            whole, left = zlib.crc32(chunk, whole), left - len(chunk)
            if rest is not None:
                rest(len(chunk))
        last = file.read()
    whole, end = zlib.crc32(last, whole), zlib.crc32(last)
    return Checksum(size, whole, end)


def _format(name: str, known: Checksum) -> str:
    line = f"{name} {known.size} {known.whole:08x} {known.end:08x}"
    return f"{line} {zlib.crc32(line.encode()):08x}\n"


def _parse(line: str) -> tuple[str, Checksum] | None:
    text, _, own = line.rpartition(" ")
    parts = text.split(" ")
    if len(parts) != 4 or f"{zlib.crc32(text.encode()):08x}" != own:
        return None
    try:
        return parts[0], Checksum(int(parts[1]), int(parts[2], 16), int(parts[3], 16))
    except ValueError:
        return None


def _check_end(path: Path, known: Checksum | None) -> None:
    """Raises DamagedFile, and OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - END))
        end = file.read()
    if known is not None and (known.size, known.end) != (size, zlib.crc32(end)):
        raise DamagedFile(f"{path.name} has changed since it was written")
    if known is None and path.suffix in (".lance", ".manifest"):
        try:
            check_footer(path, size, end)
        except ValueError:
            raise DamagedFile(f"the end of {path.name} makes no sense") from None
