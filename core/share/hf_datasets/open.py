"""Opens a data set of the hub, or a local folder in the formats of `datasets`, row by row and without a cache."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError, first_line
from core.media.formats import image_suffixes
from core.utils.extras import require
from core.utils.files import to_absolute

_MODULES = ("imagefolder", "parquet", "arrow", "webdataset", "json", "csv")  # formats that can hold pictures
_HUB_TIMEOUT_S = 15.0
PREFIX = "hf:"


@dataclass(frozen=True, eq=False)
class OpenedDataset:
    """A split of a data set, ready to be read.

    Attributes
    ----------
    name : str
        As given to `open_dataset`.
    rows : datasets.IterableDataset
    split : str
    count : int or None
        Number of rows; None if unknown.
    root : str
        Folder, or beginning of the address, in which files named in rows must be.
    splits : tuple of str
        All splits.
    """

    name: str
    rows: Any
    split: str
    count: int | None
    root: str
    splits: tuple[str, ...] = ()


def open_dataset(name: str, split: str | None = None) -> OpenedDataset:
    """Opens a data set; reads at most its first rows.

    Parameters
    ----------
    name : str
        An id of the hub ("owner/name", or "owner/name:configuration"), or a local folder with pictures in class
        folders, or with Parquet files.
    split : str, optional
        Default: "train", or else the first.

    Returns
    -------
    OpenedDataset

    Raises
    ------
    DataError
        The data set or the split does not exist, or cannot be read.
    """
    name = name.strip().removeprefix(PREFIX)
    if not name:
        raise DataError("Name a data set after hf:, for instance hf:owner/name or hf:./folder.")
    with _quietly():
        datasets = _datasets()
        folder = to_absolute(name)
        splits = _open_local(datasets, folder) if folder.is_dir() else _open_hub(datasets, name)
    names = list(splits)
    chosen = split or ("train" if "train" in names else names[0])
    if chosen not in names:
        raise DataError(f"The data set {name} has no split {chosen!r}: choose {', '.join(names)}.")
    rows = splits[chosen]
    rows = rows if rows.features else rows._resolve_features()  # of formats without a schema, from the first rows
    info = getattr(rows.info, "splits", None) or {}
    count = info[chosen].num_examples if chosen in info else None
    root = os.path.realpath(folder) if folder.is_dir() else f"hf://datasets/{name.partition(':')[0]}"
    return OpenedDataset(name, rows, chosen, count or None, root, tuple(names))


def _datasets() -> Any:
    require("datasets", "Data sets", DataError)
    import datasets

    return datasets


def _open_local(datasets: Any, folder: Path) -> dict[str, Any]:
    """The splits of a folder: of its Parquet files if there are any, else of its pictures."""
    names = {path.name for path in folder.rglob("*.parquet") if path.is_file()}
    module = "parquet" if names - {"metadata.parquet"} else "imagefolder"  # that one describes pictures
    if module == "imagefolder":
        _let_find(image_suffixes())
    try:
        return dict(datasets.load_dataset(module, data_dir=str(folder), streaming=True))
    except Exception as error:  # bad metadata and missing files raise errors of many kinds
        raise DataError(
            f"{folder} is not a readable data set ({first_line(error)}): it needs Parquet files, or pictures in class "
            "folders."
        ) from error


def _let_find(suffixes: Iterable[str]) -> None:
    """Lets `datasets` list pictures of all formats that are decoded here, such as AVIF and HEIC."""
    from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

    ImageFolder.EXTENSIONS = sorted({*ImageFolder.EXTENSIONS, *suffixes})


def _open_hub(datasets: Any, name: str) -> dict[str, Any]:
    repo, _, configuration = name.partition(":")
    if repo.startswith((".", "/", "~")) or repo.count("/") > 1:
        raise DataError(f"There is no folder {name}: check the path. An id of the hub looks like owner/name.")
    _check_hub(repo)
    try:
        builder = datasets.load_dataset_builder(repo, configuration or None)
        if builder.__module__.rpartition(".")[2] not in _MODULES:
            raise DataError(f"The data set {repo} has a format without pictures.")
        return dict(datasets.load_dataset(repo, configuration or None, streaming=True))
    except DataError:
        raise
    except Exception as error:
        hint = f" (hf:{repo}:CONFIGURATION chooses one)" if "onfig" in str(error) else ""
        raise DataError(f"The data set {repo} cannot be opened: {first_line(error)}{hint}") from error


def _check_hub(repo: str) -> None:
    """Checks that a data set exists; `datasets` itself would retry for half a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    try:
        HfApi().dataset_info(repo, timeout=_HUB_TIMEOUT_S)
    except GatedRepoError as error:
        raise DataError(
            f"The data set {repo} is gated: accept its terms on its page of the hub, and set HF_TOKEN."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise DataError(f"There is no data set {repo!r} on the hub and no such folder: check the name.") from error
    except OfflineModeIsEnabled as error:
        raise DataError(f"HF_HUB_OFFLINE is set, so {repo} cannot be downloaded.") from error
    except Exception as error:  # networks fail in many ways
        raise DataError(
            f"The hub cannot be reached, so {repo} cannot be downloaded: connect this computer to the network, or use "
            "a local folder (hf:./folder)."
        ) from error


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Silences the progress bars and warnings of `datasets`."""
    loggers = [logging.getLogger(name) for name in ("datasets", "huggingface_hub", "fsspec")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
