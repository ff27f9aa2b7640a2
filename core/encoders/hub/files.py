"""Where a model's files are: a local folder, the hub's cache on this machine, or (once) a download into that cache."""

from __future__ import annotations

import hashlib
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
_WHOLE_BELOW = 64 * 2**20
_SAMPLES, _SAMPLE_BYTES = 1024, 16 * 2**10


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model that is complete on this machine.

    name: what opens it again. id: changes with the weights and with the preprocessing.
    """

    name: str
    id: str
    folder: Path
    weights: tuple[Path, ...]


def find_model(name: str, *, on_progress: OnProgress | None = None) -> ModelFiles:
    """The files of "owner/model", "owner/model@revision" or a local folder; downloads what is not there yet.

    A model in the hub's cache is taken as it is: the network is not asked whether a newer one exists.
    Raises EncoderError where there is no such folder or model, or where it cannot be had.
    """
    local = to_absolute(name)
    if local.is_dir():
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
    """Twelve hex digits that stand for a model's content: all of its small files, and its weights.

    Weights under 64 MB count whole; of larger ones 1,024 evenly spread blocks do, which is quick for any size and
    which no training passes unseen. Times and paths do not count: a copied or touched folder is the same model.
    """
    digest = hashlib.blake2b(digest_size=6)
    names = _names(folder)
    for path in [folder / name for name in (*small_files(names), *weight_files(names))]:
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}:".encode())
        with path.open("rb") as file:
            if size <= _WHOLE_BELOW:
                digest.update(file.read())
                continue
            for index in range(_SAMPLES):
                file.seek(index * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _local(folder: Path) -> ModelFiles:
    if missing := missing_parts(_names(folder)):
        raise EncoderError(
            f"{folder} is not a complete model: {', '.join(missing)} missing. Copy all files of the model into it, "
            "or give the name of the model on the hub (owner/model)."
        )
    return ModelFiles(str(folder), f"{folder.name}-{fingerprint(folder)}", folder, _weights(folder))


def _cached(repo: str, revision: str | None) -> Path | None:
    """The model's folder in the hub's cache, if it is complete there. Never touches the network."""
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
