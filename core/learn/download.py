"""Downloads MovieLens once and stores it in the home folder."""

from __future__ import annotations

import http.client
import io
import urllib.request
from typing import Literal, get_args

from core.config import get_home
from core.deprecated import task_keywords
from core.errors import DataError
from core.learn.movies import Watched
from core.learn.ratings import read_ratings
from core.progress import SILENT, Task
from core.utils.files import write_atomic

Edition = Literal["ml-100k", "ml-1m", "ml-latest-small"]
EDITIONS: tuple[Edition, ...] = get_args(Edition)
PAGE = "https://grouplens.org/datasets/movielens/"

FILES = "https://files.grouplens.org/datasets/movielens/"
_MOST_BYTES = 100_000_000
_CHUNK = 1 << 16
_TIMEOUT_S = 15


@task_keywords
def download_movielens(edition: Edition = "ml-100k", *, files: str = FILES, task: Task = SILENT) -> Watched:
    """Downloads ratings of MovieLens once. Its terms of use are on `PAGE`.

    Parameters
    ----------
    edition : {"ml-100k", "ml-1m", "ml-latest-small"}
        ml-100k: 943 viewers, 1,682 movies, 5 MB. ml-1m: 6,040, 3,706, 6 MB. ml-latest-small: 610, 9,724, 1 MB.
    files : str, optional
        Address of the folder with the zips; for mirrors.
    task : Task, optional

    Returns
    -------
    Watched

    Raises
    ------
    DataError
        It cannot be downloaded.
    Cancelled
    """
    if edition not in EDITIONS:
        raise DataError(f"Unknown edition {edition}: choose one of {', '.join(EDITIONS)}.")
    path = get_home() / "movielens" / f"{edition}.zip"
    if not path.is_file():
        data = _fetch(f"{files}{edition}.zip", task)
        watched = read_ratings(data, name=f"MovieLens {edition}")  # before saving, so that no broken file is saved
        write_atomic(path, data)
        return watched
    return read_ratings(path, name=f"MovieLens {edition}")


def _fetch(address: str, task: Task) -> bytes:
    stage, data = task.stage("download", "bytes"), io.BytesIO()
    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer:
            total = int(answer.headers.get("Content-Length") or 0) or None
            while chunk := answer.read(_CHUNK):
                task.check("The download was stopped.")
                data.write(chunk)
                if data.tell() > _MOST_BYTES:
                    raise DataError(f"{address} sends more than {_MOST_BYTES // 10**6} MB, which is not MovieLens.")
                stage.report(data.tell(), total)
    except (OSError, http.client.HTTPException, ValueError) as error:  # URLError and timeouts are OSErrors
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"MovieLens cannot be downloaded here ({reason}). Use the simulated viewers, or download it elsewhere from "
            f"{PAGE} and upload the zip."
        ) from error
    return data.getvalue()
