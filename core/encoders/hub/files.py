"""Locates a model's files: in a local folder, or in the hub's cache, into which they are downloaded once."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from core.encoders.hub.config import missing_parts, small_files, weight_files
from core.encoders.hub.download import download
from core.errors import EncoderError
from core.progress import OnProgress
from core.utils.extras import lacking
from core.utils.files import to_absolute

_HUB_ID = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
_HASHED_WHOLE = 64 * 2**20  # bytes of a file, up to which all of it is hashed
_BLOCKS, _BLOCK_BYTES = 1024, 16 * 2**10


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model that is complete on this machine.

    name: opens it again. id: changes with the weights and with the preprocessing.
    """

    name: str
    id: str
    folder: Path
    weights: tuple[Path, ...]


def find_model(name: str, *, on_progress: OnProgress | None = None) -> ModelFiles:
    """Files of "owner/model", "owner/model@revision" or a local folder; downloads missing ones.

    A cached model is used without asking the network for a newer version. Raises EncoderError if there is no such
    folder or model, or if it cannot be downloaded.
    """
    local = to_absolute(name)
    if os.path.isdir(local):
        return _local(local)
    match = _HUB_ID.fullmatch(name)
    if match is None:
        raise EncoderError(f"There is no folder {name}, and a hub id looks like owner/model. Check the name.")
    repo, revision = match["repo"], match["revision"]
    folder = _cached(repo, revision) or download(repo, revision, on_progress=on_progress)
    return ModelFiles(name, f"{repo}@{folder.name[:12]}", folder, _weights(folder))


def is_cached(name: str) -> bool:
    """Whether a name is a hub id whose model is complete in the hub's cache. Neither asks the network nor looks into a
    folder of that name: for names that a file or a visitor brings."""
    match = _HUB_ID.fullmatch(name)
    if match is None or ".." in name or lacking("hub") or to_absolute(name).is_dir():
        return False
    return _cached(match["repo"], match["revision"]) is not None


def fingerprint(folder: Path) -> str:
    """Twelve hex digits that identify a model's content: all of its small files, and its weights.

    Weights under 64 MB are hashed completely; of larger ones, 1,024 evenly spaced blocks, which is quick for any size
    and detects any training. Times and paths do not count: a copied folder is the same model.
    """
    digest = hashlib.blake2b(digest_size=6)
    names = _names(folder)
    for path in [folder / name for name in (*small_files(names), *weight_files(names))]:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            if size <= _HASHED_WHOLE:
                digest.update(file.read())
                continue
            for index in range(_BLOCKS):
                file.seek(index * (size - _BLOCK_BYTES) // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK_BYTES))
    return digest.hexdigest()


def _local(folder: Path) -> ModelFiles:
    if missing := missing_parts(_names(folder)):
        raise EncoderError(
            f"{folder} is not a complete model: {', '.join(missing)} missing. Copy all files of the model into it, "
            "or give the name of the model on the hub (owner/model)."
        )
    return ModelFiles(str(folder), f"{folder.name}-{fingerprint(folder)}", folder, _weights(folder))


def _cached(repo: str, revision: str | None) -> Path | None:
    """The model's folder in the hub's cache, if it is complete there; never uses the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repo, revision=revision, local_files_only=True, allow_patterns=["config.json"]))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return None if missing_parts(_names(folder)) else folder


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()]


def _weights(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in weight_files(_names(folder)))
