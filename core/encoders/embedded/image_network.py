"""Runs the image tower: by ONNX Runtime, or by OpenVINO where that is installed, agrees and is faster.

Both read the same file. In 8 bits they round differently, so OpenVINO is first put on trial: pictures that are embedded
anyway go through both, and ONNX Runtime answers. The verdict is kept beside the tower. Vectors of both are compared
with each other all the time, so they have one id, and the bounds are such that no search shows the difference.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from core.encoders.base import Vectors
from core.encoders.embedded.heads import Heads
from core.utils.files import write_atomic

LEAST_MEAN_COSINE = 0.998
LEAST_COSINE = 0.99
LEAST_SPEEDUP = 1.1  # less may be chance
TRIAL_PICTURES = 256  # fewer leave the mean too uncertain: its bound is near what 8 bits allow
_logger = logging.getLogger(__name__)

Outputs = list[NDArray[np.float32]]
Engine = Callable[[NDArray[np.uint8]], Outputs]  # pixels (n, side, side, 3) -> what `Heads.image_vectors` takes


@dataclass(frozen=True, slots=True)
class Verdict:
    """How OpenVINO did beside ONNX Runtime on this machine.

    Parameters
    ----------
    pictures : int
    mean_cosine, smallest_cosine : float
        Of the vectors of one picture by both.
    speedup : float
        Time of ONNX Runtime / time of OpenVINO.
    """

    pictures: int
    mean_cosine: float
    smallest_cosine: float
    speedup: float

    @property
    def is_accepted(self) -> bool:
        """Whether OpenVINO holds the bounds, and is faster."""
        agrees = self.mean_cosine >= LEAST_MEAN_COSINE and self.smallest_cosine >= LEAST_COSINE
        return agrees and self.speedup >= LEAST_SPEEDUP


class ImageNetwork:
    """The image tower and its heads: from pixels to vectors. Safe to share between threads.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    path : Path
        The file of the session's model.
    heads : Heads
    is_alone : bool
        Whether never to try OpenVINO, which keeps more memory.
    """

    def __init__(self, session: ort.InferenceSession, path: Path, heads: Heads, *, is_alone: bool = False) -> None:
        self._heads = heads
        self._names = ["features", "logits"] + ["original"] * heads.has_visual_part
        self._engine: Engine = lambda pixels: session.run(self._names, {"pixels": pixels})
        self._trial = None if is_alone else _start_trial(path, self._names)
        self._lock = Lock()

    def vectors(self, pixels: NDArray[np.uint8]) -> Vectors:
        """Unit rows (n, dim) of pixels (n, side, side, 3)."""
        if self._trial is not None:
            with self._lock:
                if self._trial is not None:  # no other thread has ended it meanwhile
                    return self._try(self._trial, pixels)
        return self._heads.image_vectors(*self._engine(pixels))

    def _try(self, trial: Trial, pixels: NDArray[np.uint8]) -> Vectors:
        started = time.perf_counter()
        vectors = self._heads.image_vectors(*self._engine(pixels))
        spent = time.perf_counter() - started
        try:
            engine = trial.compare(pixels, vectors, spent, self._heads)
        except Exception as error:  # another program's code: whatever it raises, the pictures have their vectors
            _logger.warning("OpenVINO is not used, ONNX Runtime is instead: %s", error)
            self._trial = None
            return vectors
        if trial.is_over:
            self._trial, self._engine = None, self._guard(engine) if engine else self._engine
        return vectors

    def _guard(self, engine: Engine) -> Engine:
        """An engine that gives way to ONNX Runtime once it fails."""
        reliable = self._engine

        def run(pixels: NDArray[np.uint8]) -> Outputs:
            try:
                return engine(pixels)
            except Exception as error:  # as in the trial
                _logger.warning("OpenVINO failed, ONNX Runtime goes on: %s", error)
                self._engine = reliable
                return reliable(pixels)

        return run


class Trial:
    """OpenVINO beside ONNX Runtime, until enough pictures went through both, or at once if that was before.

    Parameters
    ----------
    path : Path
        The tower.
    names : list of str
        Its outputs, in the order in which they are wanted.
    release : str
        The version of OpenVINO: another one is tried anew.
    """

    def __init__(self, path: Path, names: list[str], release: str) -> None:
        self._path, self._names = path, names
        self._verdict_path = path.with_name(f"{path.stem}-openvino-{release}.json")
        self._verdict = _read_verdict(self._verdict_path)
        self._engine: Engine | None = None
        self._cosines: list[float] = []
        self._seconds = np.zeros(2)  # of ONNX Runtime, of OpenVINO

    @property
    def is_over(self) -> bool:
        """Whether there is a verdict."""
        return self._verdict is not None

    @property
    def is_lost(self) -> bool:
        """Whether there is one already, against OpenVINO."""
        return self._verdict is not None and not self._verdict.is_accepted

    def compare(self, pixels: NDArray[np.uint8], vectors: Vectors, seconds: float, heads: Heads) -> Engine | None:
        """Takes what ONNX Runtime made of some pixels, and its seconds; returns OpenVINO once that is accepted."""
        if self._engine is None:
            self._engine = open_openvino(self._path, self._names)
            self._engine(pixels)  # the first call prepares it, whether or not there is a verdict
        if self._verdict is None:
            started = time.perf_counter()
            others = heads.image_vectors(*self._engine(pixels))
            self._seconds += seconds, time.perf_counter() - started
            self._cosines += np.einsum("nd,nd->n", vectors, others).tolist()
            if len(self._cosines) >= TRIAL_PICTURES:
                self._decide()
        return self._engine if self._verdict is not None and self._verdict.is_accepted else None

    def _decide(self) -> None:
        mean, smallest = float(np.mean(self._cosines)), float(np.min(self._cosines))
        speedup = float(self._seconds[0] / self._seconds[1])
        self._verdict = Verdict(len(self._cosines), mean, smallest, speedup)
        write_atomic(self._verdict_path, json.dumps(asdict(self._verdict), indent=1).encode())
        _logger.info(
            "OpenVINO %s for pictures: mean cosine %.4f, smallest %.4f, %.2f times as fast as ONNX Runtime.",
            "is used" if self._verdict.is_accepted else "is not used", mean, smallest, speedup,
        )  # fmt: skip


def open_openvino(path: Path, names: list[str]) -> Engine:
    """The model of an ONNX file in OpenVINO, by its runtime alone: only its converter, never called, reports usage."""
    import openvino

    # Layers that are not in 8 bits stay exact: bfloat16, its choice on new CPUs, would break the bounds.
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(path), "CPU", settings)
    requests = [model.create_infer_request()]  # a request works for one thread at a time
    outputs = [model.output(name) for name in names]

    def run(pixels: NDArray[np.uint8]) -> Outputs:
        try:
            request = requests.pop()
        except IndexError:
            request = model.create_infer_request()
        found = request.infer({"pixels": pixels})
        arrays = [np.array(found[output]) for output in outputs]  # copies: the request is used again
        requests.append(request)
        return arrays

    return run


def _start_trial(path: Path, names: list[str]) -> Trial | None:
    """None where OpenVINO is not installed, or was refused before."""
    try:
        trial = Trial(path, names, version("openvino"))
    except PackageNotFoundError:
        return None
    return None if trial.is_lost else trial


def _read_verdict(path: Path) -> Verdict | None:
    try:
        return Verdict(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):  # none, or damaged: it is made again
        return None
