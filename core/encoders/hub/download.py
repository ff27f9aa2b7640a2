"""Downloads a dual encoder from the model hub: only the files needed, with progress and helpful errors."""

from __future__ import annotations

import errno
import io
import time
from collections.abc import Iterator
from pathlib import Path

from core.encoders.hub.config import first_sentence, missing_parts, read_config, small_files, weight_files
from core.errors import EncoderError
from core.progress import OnProgress, Progress

_TIMEOUT_SECONDS = 10.0
_ALTERNATIVES = "or copy the model's folder here and use its path; the embedded encoder needs no download."


def download(repo: str, revision: str | None, *, on_progress: OnProgress | None) -> Path:
    """Downloads a dual encoder into the hub's cache and returns its folder, which is named by the commit.

    The small files come first, so that an unsuitable model is rejected before its weights are downloaded.
    Raises EncoderError.
    """
    from huggingface_hub import HfApi, snapshot_download

    try:
        info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=_TIMEOUT_SECONDS)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
        if missing := missing_parts(sizes):
            raise EncoderError(
                f"{repo} is not a complete model for transformers: it has no {', no '.join(missing)}. "
                "Look on the hub for a version that transformers can load."
            )
        small, weights = small_files(sizes), weight_files(sizes)
        bar = _progress_bar(f"Downloading {repo}", sum(sizes[name] for name in weights), on_progress)
        folder = Path(snapshot_download(repo, revision=revision, allow_patterns=small, tqdm_class=_progress_bar()))
        read_config(folder, repo)
        return Path(snapshot_download(repo, revision=folder.name, allow_patterns=weights, tqdm_class=bar))
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(_explain_error(error, repo, revision)) from error


def _progress_bar(stage: str = "", total: int = 0, on_progress: OnProgress | None = None) -> type:
    """A class of invisible tqdm bars that report downloaded bytes to `on_progress`."""
    from tqdm import tqdm

    started, reported = time.monotonic(), 0

    class SilentBar(tqdm):
        monitor_interval = 0

        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **(options | {"file": io.StringIO(), "disable": False}))

        def update(self, n: float | None = 1) -> bool | None:
            nonlocal reported
            is_displayed = super().update(n)
            # several bars run at once (bytes from the network, bytes on disk, files): the largest count of bytes wins
            if on_progress and self.unit == "B" and self.n > reported:
                reported = int(self.n)
                on_progress(Progress(stage, min(reported, total), total, time.monotonic() - started, "bytes"))
            return is_displayed

    return SilentBar


def _explain_error(error: Exception, repo: str, revision: str | None) -> str:
    """A message that says what failed and what to do next."""
    from huggingface_hub import constants, errors
    from huggingface_hub.utils import httpx

    causes = list(_causes(error))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if any(getattr(cause, "errno", None) == errno.ENOSPC or "No space left" in str(cause) for cause in causes):
        return f"The disk is full: {repo} does not fit into {constants.HF_HUB_CACHE}. Free space or set HF_HOME."
    if caused_by(errors.OfflineModeIsEnabled):
        return f"{repo} is not on this machine and HF_HUB_OFFLINE is set. Unset it and try again, {_ALTERNATIVES}"
    if caused_by(errors.GatedRepoError):
        page = f"https://huggingface.co/{repo}"
        return f"{repo} is gated: accept its terms on {page}, log in with `hf auth login`, and try again."
    if caused_by(errors.RevisionNotFoundError):
        return f"{repo} has no revision {revision!r}. Check it on the hub, or omit @{revision}."
    if caused_by(errors.RepositoryNotFoundError, errors.HFValidationError):
        return f"There is no model (and no folder) {repo}, or it is private. Check the name on the hub, {_ALTERNATIVES}"
    if caused_by(httpx.TransportError):
        return (
            f"{repo} is not on this machine and the model hub cannot be reached. Check the name and the connection, "
            f"{_ALTERNATIVES}"
        )
    return f"{repo} could not be downloaded: {first_sentence(error)}. Try again later, {_ALTERNATIVES}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
