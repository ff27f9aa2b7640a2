"""Opening a data set: of the hub, or of a local folder in the formats of `datasets`; row by row, nothing is cached."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.media.formats import image_suffixes
from core.utils.extras import require
from core.utils.files import to_absolute

_MODULES = ("imagefolder", "parquet", "arrow", "webdataset", "json", "csv")  # formats that rows of pictures come in
_HUB_S = 15.0
PREFIX = "hf:"


@dataclass(frozen=True, eq=False)
class OpenedDataset:
    """A split to be read. name: as it was asked for. rows: an `IterableDataset`. count: of rows, where it is known.
    root: the folder that files named in rows have to lie in; of the hub the beginning of their addresses. splits: all
    that there are."""

    name: str
    rows: Any
    split: str
    count: int | None
    root: str
    splits: tuple[str, ...] = ()


def open_dataset(name: str, split: str | None = None) -> OpenedDataset:
    """name: an id of the hub ("owner/name", or "owner/name:configuration"), or a folder of pictures in folders of
    classes, or of Parquet files. split: by default "train", or else the first. Nothing but the first rows is read.

    Raises DataError that says what is not there, and what is.
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
    about = getattr(rows.info, "splits", None) or {}
    count = about[chosen].num_examples if chosen in about else None
    root = os.path.realpath(folder) if folder.is_dir() else f"hf://datasets/{name.partition(':')[0]}"
    return OpenedDataset(name, rows, chosen, count or None, root, tuple(names))


def _datasets() -> Any:
    require("datasets", "Data sets", DataError)
    import datasets

    return datasets


def _open_local(datasets: Any, folder: Path) -> dict[str, Any]:
    """The splits of a folder: of Parquet files if it holds any, else of pictures."""
    tables = (path for path in _first(folder, "*.parquet") if path.name != "metadata.parquet")  # which says of pictures
    module = "parquet" if any(tables) else "imagefolder"
    if module == "imagefolder":
        _let_find(image_suffixes())
    try:
        return dict(datasets.load_dataset(module, data_dir=str(folder), streaming=True))
    except Exception as error:  # nearly anything: of bad metadata, of no files
        raise DataError(
            f"{folder} is no data set that can be read ({_first_line(error)}): it has to hold Parquet files, or "
            "pictures in folders of classes."
        ) from error


def _let_find(suffixes: Iterable[str]) -> None:
    """Lets `datasets` list pictures of all formats that are decoded here, such as AVIF and HEIC."""
    from datasets.packaged_modules.imagefolder.imagefolder import ImageFolder

    ImageFolder.EXTENSIONS = sorted({*ImageFolder.EXTENSIONS, *suffixes})


def _open_hub(datasets: Any, name: str) -> dict[str, Any]:
    repo, _, configuration = name.partition(":")
    if repo.startswith((".", "/", "~")) or repo.count("/") > 1:
        raise DataError(f"There is no folder {name}: check the path. An id of the hub looks like owner/name.")
    _ask_hub(repo)
    try:
        builder = datasets.load_dataset_builder(repo, configuration or None)
        if builder.__module__.rpartition(".")[2] not in _MODULES:
            raise DataError(f"The data set {repo} is not one of pictures, by its format.")
        return dict(datasets.load_dataset(repo, configuration or None, streaming=True))
    except DataError:
        raise
    except Exception as error:
        hint = f" (hf:{repo}:CONFIGURATION chooses one)" if "onfig" in str(error) else ""
        raise DataError(f"The data set {repo} cannot be opened: {_first_line(error)}{hint}") from error


def _ask_hub(repo: str) -> None:
    """Whether it is there at all: asked once, where `datasets` would try for half a minute."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    try:
        HfApi().dataset_info(repo, timeout=_HUB_S)
    except GatedRepoError as error:
        raise DataError(
            f"The data set {repo} is gated: accept its terms on its page of the hub, and set HF_TOKEN."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise DataError(f"There is no data set {repo!r} on the hub, nor a folder of that name: check it.") from error
    except OfflineModeIsEnabled as error:
        raise DataError(f"The hub is switched off (HF_HUB_OFFLINE), so that {repo} cannot be had.") from error
    except Exception as error:  # every way in which a network can fail
        raise DataError(
            f"The hub cannot be reached, so that {repo} cannot be had: connect this computer to the network, or give a "
            "local folder (hf:./folder)."
        ) from error


def _first(folder: Path, pattern: str) -> Iterator[Path]:
    return (path for path in folder.rglob(pattern) if path.is_file())


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the bars and warnings of `datasets`: what went wrong is said once, by us."""
    loggers = [logging.getLogger(name) for name in ("datasets", "huggingface_hub", "fsspec")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
