"""Whether this installation can do its work: what an operator asks first, and what a report of a fault needs."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.config import get_home, make_home

_PACKAGES = (
    "torch", "onnxruntime", "transformers", "numpy", "faiss-cpu", "lancedb", "pyarrow", "pillow", "pillow-heif", "av",
    "opencv-python-headless", "scikit-learn", "umap-learn", "streamlit", "plotly",
)  # fmt: skip
_LEAST_FREE = 150_000_000  # bytes: what preparing the embedded encoder takes


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. told: what was found, or what is wrong with it. seconds: how long it took."""

    name: str
    ok: bool
    told: str
    seconds: float


def check_health() -> dict[str, Any]:
    """Tries everything once: `healthy`, `checks` (name, ok, told, seconds), `versions`, `cpu`. Never raises.

    Libraries are read as a search reads them, so that this takes about a second for each 10,000 items.
    """
    checks = [
        _run_check("home", _home),
        _run_check("settings", _settings),
        _run_check("encoder", _encoder),
        _run_check("media", _media),
    ]
    checks += _libraries()
    return {
        "healthy": all(check.ok for check in checks),
        "checks": [asdict(check) for check in checks],
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "cpu": _cpu(),
    }


def _run_check(name: str, act: Callable[[], str]) -> Check:
    began = time.monotonic()
    try:
        predictions, ok = act(), True
    except Exception as error:  # whatever is broken is what this is here to tell
        predictions, ok = f"{error}" or type(error).__name__, False
    return Check(name, ok, predictions, round(time.monotonic() - began, 2))


def _home() -> str:
    """Whether files can be written into the home folder, and how much room there is."""
    from core.errors import LibraryError
    from core.utils.files import write_atomic

    folder = get_home()
    try:
        make_home()
        probe = folder / ".health"
        write_atomic(probe, b"written", durable=True)
        probe.unlink(missing_ok=True)  # another check, at the same moment, may have been first
    except OSError as error:
        raise LibraryError(
            f"{folder} cannot be written ({error.strerror}): set SEMBLANCE_HOME to a folder that can."
        ) from error
    note = "; other users of this machine can read it (chmod 700)" if folder.stat().st_mode & 0o077 else ""
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        raise LibraryError(f"{folder} has {free / 1e6:,.0f} MB left: free some space (150 MB at least).")
    return f"{folder} can be written; {free / 1e9:,.1f} GB are free{note}"


def _settings() -> str:
    from core.policy import get_policy

    return "public mode" if get_policy().public else "for the people of this machine"


def _encoder() -> str:
    """Whether the default encoder opens, and turns words and a picture into unit vectors."""
    import numpy as np
    from PIL import Image

    from core.encoders import open_encoder
    from core.errors import EncoderError

    encoder = open_encoder()
    words, picture = encoder.encode_texts(["a red square"]), encoder.encode_images([Image.new("RGB", (64, 64))])
    vectors = np.concatenate([words, picture])
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3):
        raise EncoderError(f"{encoder.id} gives vectors that are no unit vectors: remove {get_home() / 'models'}")
    return f"{encoder.id}, {encoder.dim} dimensions"


def _media() -> str:
    """Whether the libraries that decode pictures and videos load, and which FFmpeg that is."""
    import av
    import pillow_heif
    from PIL import features

    lacking = [name for name in ("jpg", "webp", "avif") if not features.check(name)]
    lacking += [name for name in ("h264", "hevc", "vp9", "av1") if name not in av.codecs_available]
    without = f"; without {', '.join(lacking)}" if lacking else ""
    return f"FFmpeg {av.ffmpeg_version_info}, libheif {pillow_heif.libheif_version()}{without}"


def _libraries() -> list[Check]:
    """One check for each library of the home folder."""
    from core.encoders import DEFAULT_ENCODER, open_encoder
    from core.errors import LibraryError
    from core.library.registry import list_libraries
    from core.library.store import Library
    from core.library.weights import find_weights

    def read(path: Any) -> str:
        library = Library(path)
        index = library.index(open_encoder(find_weights(library, DEFAULT_ENCODER)))
        counts = ", ".join(f"{count:,} {status}" for status, count in library.counts().items() if count)
        if problems := library.find_damage():
            raise LibraryError(" ".join(problems))
        withheld = _count_withheld(library)
        note = f"; {withheld:,} lie in folders that SEMBLANCE_FOLDERS does not list, and are not shown" * bool(withheld)
        return f"{counts or 'empty'}; {len(index.rows_with_vectors):,} searchable with the default encoder{note}"

    try:
        paths = list_libraries()
    except Exception as error:  # settings that cannot be read
        return [Check("libraries", False, str(error), 0.0)]
    return [_run_check(f"library {path.name}", lambda path=path: read(path)) for path in paths]  # type: ignore[misc]


def _count_withheld(library: Any) -> int:
    """How many items a public server does not hand out because of their folders."""
    from core.library.public.handout import is_listed
    from core.policy import get_policy

    if not (policy := get_policy()).public:
        return 0
    folders: dict[str, int] = {}
    for path in library.items()["path"].to_pylist():
        folder = os.path.dirname(path)
        folders[folder] = folders.get(folder, 0) + 1
    return sum(count for folder, count in folders.items() if not is_listed(os.path.realpath(folder) + os.sep, policy))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> dict[str, Any]:
    """Cores that this process may use, and the vector instructions that numpy found (AVX512_ICL has VNNI)."""
    import numpy as np

    found: Any = np.show_config(mode="dicts")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"machine": platform.machine(), "cores": cores, "instructions": found["SIMD Extensions"].get("found", [])}
