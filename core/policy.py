"""What visitors may do, and how much: generous for people of this machine, narrow for the public (docs/public.md)."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from core.errors import DataError

MB = 1_000_000
PUBLIC = "SEMBLANCE_PUBLIC"
FOLDERS = "SEMBLANCE_FOLDERS"
_YES = ("1", "true", "yes", "on")
_QUOTED = re.compile(r"""(['"])/((?:(?!\1).)*)\1""", re.DOTALL)  # takes time linear in the text, which strangers write
_BARE = re.compile(r"(?<![\w:/.<])(?:file://|~)?/(?=[^\s/])(?:.*/)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one server, the same for all its visitors.

    Attributes
    ----------
    public
        Whether strangers visit.
    uploads, upload_bytes
        Files of one visit, and their bytes in total.
    file_bytes, pixels, video_seconds
        Limits of one file.
    zip_files, unpacked_bytes
        Limits of one zip; `unpacked_bytes` also of a table, see `core.tables.refusals.check_size`.
    table_rows
        Limit of one table that is read.
    import_bytes
        What a file of vectors may unpack to.
    jobs, visit_jobs, job_seconds
        Heavy jobs at a time of the server and of one visit, and when a job is stopped.
    folders
        Where files lie that a public server hands out, beside uploads, data sets and the sample library.
    """

    public: bool
    uploads: int
    upload_bytes: int
    file_bytes: int
    pixels: int
    video_seconds: float
    zip_files: int
    unpacked_bytes: int
    table_rows: float
    import_bytes: int
    jobs: int
    visit_jobs: int
    job_seconds: float
    folders: tuple[str, ...] = ()

    @property
    def may_write_shared(self) -> bool:
        """Whether visitors may change what all of them share: libraries, labels, heads, concepts, settings."""
        return not self.public

    @property
    def may_see_paths(self) -> bool:
        """Whether visitors may see and name folders of the server."""
        return not self.public

    @property
    def may_load_models(self) -> bool:
        """Whether visitors may download a model, or open one from a folder."""
        return not self.public

    def display_path(self, path: str) -> str:
        """An absolute path as shown and as written into files: whole, or only its name. Other text stays."""
        return path if self.may_see_paths or not path.startswith("/") else PurePath(path).name

    def redact_paths(self, text: str) -> str:
        """A message as a visitor may read it: without the folders of paths, unless visitors may see them.

        A path without quotes may contain spaces, so everything from its beginning to the last slash is removed.
        """
        return text if self.may_see_paths else redact_folders(text)


def redact_folders(text: str) -> str:
    """A message without the folders of the paths in it, see `Policy.redact_paths`."""
    return _BARE.sub("", _QUOTED.sub(_name_alone, text))


def _name_alone(quoted: re.Match[str]) -> str:
    return f"{quoted[1]}{quoted[2].rstrip('/').rsplit('/', 1)[-1]}{quoted[1]}"


@dataclass(frozen=True, slots=True)
class Setting:
    """A limit that the environment can set, in units of `unit`, with its defaults in local and public mode."""

    name: str
    unit: int
    local: float
    public: float


SETTINGS = {
    "uploads": Setting("SEMBLANCE_MAX_UPLOADS", 1, 10_000, 200),
    "upload_bytes": Setting("SEMBLANCE_MAX_UPLOAD_MB", MB, 100_000, 500),
    "file_bytes": Setting("SEMBLANCE_MAX_FILE_MB", MB, 1_000, 50),
    "pixels": Setting("SEMBLANCE_MAX_MEGAPIXELS", MB, 178, 50),
    "video_seconds": Setting("SEMBLANCE_MAX_VIDEO_SECONDS", 1, math.inf, 300),
    "zip_files": Setting("SEMBLANCE_MAX_ZIP_FILES", 1, 100_000, 500),
    "unpacked_bytes": Setting("SEMBLANCE_MAX_UNPACKED_MB", MB, 8_000, 500),
    "table_rows": Setting("SEMBLANCE_MAX_MILLION_ROWS", 1_000_000, math.inf, 1),
    "import_bytes": Setting("SEMBLANCE_MAX_IMPORT_MB", MB, 1_000_000, 500),
    "jobs": Setting("SEMBLANCE_MAX_JOBS", 1, 16, 2),
    "visit_jobs": Setting("SEMBLANCE_MAX_VISIT_JOBS", 1, 16, 1),
    "job_seconds": Setting("SEMBLANCE_MAX_JOB_SECONDS", 1, math.inf, 600),
}


def get_policy() -> Policy:
    """What the environment says now. Only the app, the command line and `health` ask; they hand it to the rest of core.

    Raises DataError for a limit that is no number of at least 1.
    """
    limits = tuple(os.environ.get(setting.name, "") for setting in SETTINGS.values())
    return _policy(os.environ.get(PUBLIC, ""), limits, os.environ.get(FOLDERS, ""))


@lru_cache(maxsize=16)
def _policy(mark: str, texts: tuple[str, ...], folders: str = "") -> Policy:
    public = mark.strip().lower() in _YES
    limits: dict[str, Any] = {
        field: _limit(setting, text, public) for (field, setting), text in zip(SETTINGS.items(), texts, strict=True)
    }
    listed = tuple(os.path.abspath(os.path.expanduser(entry)) for entry in folders.split(os.pathsep) if entry.strip())
    return Policy(public, **limits, folders=listed)


def _limit(setting: Setting, text: str, public: bool) -> float:
    try:
        number = float(text) if text.strip() else setting.public if public else setting.local
    except ValueError:
        number = math.nan
    if not number >= 1:
        raise DataError(f"{setting.name} is {text!r}: set it to a number of at least 1, or leave it out.")
    return number if math.isinf(number) else int(number * setting.unit)


_rules: Callable[[], Policy] = lambda: LOCAL  # noqa: E731


def set_rules(get: Callable[[], Policy]) -> None:
    """The app says whose policy counts for what nobody has to hand in, so that nobody can forget it: which files leave
    the server, and how long a query may be decoded."""
    global _rules
    _rules = get


def rules() -> Policy:
    """The policy that the app has set; that of the people of this machine where there is no app."""
    return _rules()


LOCAL: Policy = _policy("", ("",) * len(SETTINGS))  # for the people of this machine, whatever the environment says
