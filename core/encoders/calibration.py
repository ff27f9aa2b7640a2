"""What an encoder's cosines mean: the weights of relevance, and all thresholds that are cosines.

`core.search.relevance` has the formulas. An encoder carries its `Calibration` in an attribute `calibration`; others get
`DEFAULT`, whose thresholds adapt to the encoder's baseline cosine. Weights that somebody fitted to their own pictures
(`core.encoders.fitted_weights`) come before both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.encoders.base import Encoder, Vectors
from core.encoders.fitted_weights import load_fitted
from core.encoders.precomputed import supports_text

# Merge threshold of an encoder with neither a calibration nor a text tower: merging cannot be undone.
_EQUAL = 0.999
# In a library that holds only copies the baseline is 1, but no threshold may be 1.
_LEAST_SCALE = 0.2


@dataclass(frozen=True, slots=True)
class Calibration:
    """The measured constants of one encoder.

    Parameters
    ----------
    text_weights : tuple of float
        Whether a library has what a text query means: weight of the log posterior, weight of ln(items / rank),
        intercept (`tools/fit_relevance.py`).
    closeness_weights : tuple of float
        Whether a hit is what a text query means, if the library has it: weight of the height, 0 (chance) to 1 (the best
        hit), intercept (`tools/fit_relevance.py`).
    max_items : int
        Number of items from which the penalty of library size stays constant.
    class_weights : tuple of float
        Probability that the best class describes an item: weight of the log posterior, weight of ln(classes),
        intercept (`tools/fit_classes.py`).
    max_classes : int
        Number of classes from which the penalty of their number stays constant.
    image_weights : tuple of float
        Relevance of an image query: weight of the standardized cosine, intercept.
    clip_weights : tuple of float
        Relevance of a video query: weight of an alignment's strength, 0 (chance) to 1 (the same frames), intercept.
    same_scene : float
        Share, 0 to 1, of the way from a cosine of 1 to chance beyond which a cosine alone says nothing about two
        images.
    same_image : float
        Least cosine of an image query and an item that are the same image.
    near_duplicate : float
        Least cosine of hits that a search merges into one.
    nearly_identical : float
        Least cosine of a frame and the first of its run that indexing merges permanently.
    duplicate, duplicate_frame : float
        Least cosine of two photos whose pixels are compared, and of a photo or video and a frame.
    locate_range : float
        Difference of cosines: `locate` examines frames up to this far below the best one.
    library_baseline, prompts_baseline : float, optional
        Mean cosine of two vectors of a library, and of two reference prompts, where the thresholds were measured.
        The thresholds then keep their relative position between the baseline and 1. None: they are absolute.
    is_measured : bool
        Whether the weights of text queries were measured with this encoder: without that, a match is no percentage.
    """

    text_weights: tuple[float, float, float]
    closeness_weights: tuple[float, float]
    max_items: int
    class_weights: tuple[float, float, float]
    max_classes: int
    image_weights: tuple[float, float]
    clip_weights: tuple[float, float]
    same_scene: float
    same_image: float
    near_duplicate: float
    nearly_identical: float
    duplicate: float
    duplicate_frame: float
    locate_range: float
    library_baseline: float | None = None
    prompts_baseline: float | None = None
    is_measured: bool = True

    def at(self, library: Vectors) -> Calibration:
        """The same calibration with absolute thresholds for a library.

        Parameters
        ----------
        library : ndarray of float32, shape (n, dim)
            A sample of the library's vectors, unit rows.

        Returns
        -------
        Calibration
            `nearly_identical` does not depend on a library and is unchanged; see `get_merge_threshold`.
        """
        if self.library_baseline is None:
            return self
        scale = _compute_scale(library, self.library_baseline)
        return replace(
            self,
            same_image=1 - scale * (1 - self.same_image),
            near_duplicate=1 - scale * (1 - self.near_duplicate),
            duplicate=1 - scale * (1 - self.duplicate),
            duplicate_frame=1 - scale * (1 - self.duplicate_frame),
            locate_range=scale * self.locate_range,
            library_baseline=None,
        )


# Measured with version 3 of the embedded encoder, whose vectors hold only what pictures and texts share.
EMBEDDED_3 = Calibration(
    # Those of version 4: scores are standardized. Libraries of more than 690 photos were not measured.
    text_weights=(2.225, -1.335, 12.56),
    closeness_weights=(5.224, -2.808),
    max_items=1_000,
    # Measured with photos and sets of 3 to 300 class names, some broad ("animal", "vehicle"), with and without the
    # correct class. The penalty of their number alone would reject everything from 600 classes on. With 600 names,
    # 0.93 of the correct answers are accepted and 0.74 of unrelated photos rejected; with 800, 0.93 and 0.67.
    class_weights=(0.694, -0.796, 4.691),
    max_classes=450,
    # Measured with pairs of photos whose captions agree.
    image_weights=(0.93, -4.99),
    # Clips of 2 to 6 seconds from 37 videos, encoded smaller: strength 0.72 and more with their own video, 0.66 and
    # less with the nearest other one.
    clip_weights=(20.8, -14.5),
    # Likely hits lie within 0.6 of it: 3 of 125,000 pairs of photos, about half to three quarters of crops of sharp
    # photos, fewer of blurred ones.
    same_scene=0.25,
    same_image=0.98,
    near_duplicate=0.985,  # a resized or re-encoded shot lies above, two shots of one scene below
    nearly_identical=0.985,  # the same shot of something that does not move
    duplicate=0.6,  # 98 % of photos reduced to a third stay above it; pixels decide which are copies
    duplicate_frame=0.8,  # higher, since each candidate costs a look into the video
    locate_range=0.25,  # where the best cosine is high, frames this far below show something else
)

# Measured with version 4, whose pictures have a part of their own. As many pairs are above a threshold as are above
# that of version 3 (`tools/fit_thresholds.py`). `clip_weights` are moved as far as the fits of both are apart.
EMBEDDED = replace(
    EMBEDDED_3,
    # Names and broad words in libraries of 10 to 690 photos that no training saw (`tools/fit_relevance.py`).
    text_weights=(2.225, -1.335, 12.56),
    closeness_weights=(5.224, -2.808),
    # With sets of 3 to 300 class names, 0.99 of the correct answers are accepted and 0.70 of unrelated photos rejected.
    class_weights=(0.701, -0.843, 4.954),
    image_weights=(1.04, -6.78),
    clip_weights=(26.2, -16.6),
    same_scene=0.31,
    same_image=0.97,
    near_duplicate=0.977,
    nearly_identical=0.977,
    duplicate=0.54,
    duplicate_frame=0.62,
    locate_range=0.26,
)

# For all other encoders: their vectors too hold only what pictures and texts share. The baselines are those of the
# sample library and the reference prompts under version 3; the weights apply to standardized scores and are the same.
DEFAULT = replace(EMBEDDED_3, library_baseline=0.17, prompts_baseline=0.044, is_measured=False)


def get_calibration(encoder: Encoder) -> Calibration:
    """The calibration of an encoder.

    Parameters
    ----------
    encoder : Encoder

    Returns
    -------
    Calibration
        The encoder's own, or `DEFAULT`; with the weights of text queries that somebody fitted on this machine, if any.
    """
    own, fitted = get_own_calibration(encoder), load_fitted(encoder.id)
    if fitted is None:
        return own
    return replace(own, text_weights=fitted.text_weights, closeness_weights=fitted.closeness_weights, is_measured=True)


def get_own_calibration(encoder: Encoder) -> Calibration:
    """The calibration that an encoder came with, or `DEFAULT`, whatever was fitted on this machine."""
    own = getattr(encoder, "calibration", None)
    return own if isinstance(own, Calibration) else DEFAULT


def get_merge_threshold(encoder: Encoder) -> float:
    """Least cosine of frames that indexing merges permanently.

    It is the same at each run: a relative calibration is scaled by the reference prompts, not by the library, which
    changes.
    """
    from core.encoders.reference_prompts import embed_reference_prompts  # avoids a circular import

    calibration = get_calibration(encoder)
    if calibration.prompts_baseline is None:
        return calibration.nearly_identical
    if not supports_text(encoder):
        return max(_EQUAL, calibration.nearly_identical)
    scale = _compute_scale(embed_reference_prompts(encoder), calibration.prompts_baseline)
    return 1 - scale * (1 - calibration.nearly_identical)


def compute_baseline_cosine(vectors: NDArray[np.float32]) -> float:
    """Mean cosine of all pairs of unit vectors (n, dim), 0 to 1; 0 for none."""
    return float((vectors.mean(axis=0) ** 2).sum()) if len(vectors) else 0.0


def _compute_scale(vectors: Vectors, measured: float) -> float:
    """Width of the range from the baseline to 1, relative to the one where the thresholds were measured."""
    count = len(vectors)
    if count < 2:
        return 1.0
    baseline = (count * compute_baseline_cosine(vectors) - 1) / (count - 1)  # without each vector's cosine with itself
    return max(_LEAST_SCALE, (1 - baseline) / (1 - measured))
