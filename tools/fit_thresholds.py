"""Fits the cosines of a calibration: python tools/fit_thresholds.py --images DIR --captions CSV --videos DIR

CSV: image, caption. A threshold lies where as many pairs (crops, small copies, neighboring frames) are above it as with
version 3 of the embedded encoder, whose thresholds were found by looking. So its meaning stays, whatever the scale of
cosines. The weights of relevance of pictures and of clips are fitted, to photos whose captions agree and to parts of
videos. Prints what goes into core/encoders/calibration.py, and the share of pairs above what is there now.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alignment_parts import read_sentences

from core.encoders import Encoder, open_encoder
from core.encoders.base import Vectors, unit_rows
from core.encoders.calibration import get_calibration
from core.evaluation.datasets import read_pairs
from core.library.track import Track, embed_video
from core.previews.clips import cut_clip
from core.search.by_clip import align_video
from core.search.query import Term
from core.search.relevance import Relevance

PHOTOS = 250
AGREE = 0.7  # least cosine of the mean captions of two photos that match
_ALL_FRAMES = 2.0  # no cosine is so high: no frames are merged
_SMALL_SIDE = 160  # pixels of the longer side of clips

Cosines = NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """What one encoder makes of the photos, copies of them, frames of videos and clips out of these."""

    encoder: Encoder
    photos: Vectors
    small: Vectors
    resaved: Vectors
    crops: Vectors
    tracks: list[Track]
    clips: list[Track]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    options = parser.parse_args()
    captions = read_captions(options.captions)
    paths = [options.images / name for name in captions]
    data = read_data(open_encoder(options.encoder), paths, options.videos)
    calibration = get_calibration(data.encoder)
    for name, (share, population) in POPULATIONS.items():
        now, cosines = getattr(calibration, name), population(data)
        above = np.mean(cosines >= now)
        print(f"{name} = {np.quantile(cosines, 1 - share):.3f}   (now: {now}, {above:.4f} above it)")
    print(f"image_weights = {fit_images(data, agreeing(list(captions.values())))}   (now: {calibration.image_weights})")
    print(f"clip_weights = {fit_clips(data)}   (now: {calibration.clip_weights})")


def read_captions(table: Path) -> dict[str, list[str]]:
    """The captions of each of up to PHOTOS pictures."""
    captions: dict[str, list[str]] = {}
    for image, caption in read_pairs(table, "image", "caption"):
        captions.setdefault(image, []).append(caption)
    return dict(list(captions.items())[:PHOTOS])


def read_data(encoder: Encoder, images: list[Path], videos: Path) -> Data:
    photos = [Image.open(path).convert("RGB") for path in images]
    rng = np.random.default_rng(0)
    tracks, clips = [], []
    for path in sorted(videos.glob("*.mp4")):
        tracks.append(embed_video(encoder, path, merge_threshold=_ALL_FRAMES))
        start_s, length_s = tracks[-1].duration_s * rng.uniform(0.1, 0.4), rng.uniform(2, 6)
        small = cut_clip(path, start_s, start_s + length_s, max_side=_SMALL_SIDE)
        clips.append(embed_video(encoder, small, merge_threshold=_ALL_FRAMES))
    return Data(
        encoder,
        encoder.encode_images(photos),
        encoder.encode_images([save(photo, scale=1 / 3) for photo in photos]),
        encoder.encode_images([save(photo, scale=0.9) for photo in photos]),
        encoder.encode_images([crop(photo, rng) for photo in photos]),
        tracks,
        clips,
    )


def save(photo: Image.Image, *, scale: float) -> Image.Image:
    """Resized, then a JPEG."""
    buffer = io.BytesIO()
    photo.resize((round(photo.width * scale), round(photo.height * scale))).save(buffer, "JPEG", quality=80)
    return Image.open(buffer)


def crop(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """0.5 to 0.9 of both sides, anywhere."""
    side = rng.uniform(0.5, 0.9)
    left, top = rng.uniform(0, 1 - side, 2) * photo.size
    return photo.crop((int(left), int(top), int(left + side * photo.width), int(top + side * photo.height)))


def pair_up(one: Vectors, other: Vectors) -> Cosines:
    return np.einsum("nd,nd->n", one, other)


def next_frames(data: Data) -> Cosines:
    """Of frames one second apart."""
    return np.concatenate([pair_up(track.vectors[1:], track.vectors[:-1]) for track in data.tracks])


def nearest_others(data: Data) -> Cosines:
    cosines = data.photos @ data.photos.T
    np.fill_diagonal(cosines, -1)
    return cosines.max(axis=1)


def unlike_crops(data: Data) -> Cosines:
    """How far crops are from their photo, as a share of the way to chance."""
    usual = np.mean(data.photos @ data.photos.T)
    return np.asarray((1 - pair_up(data.photos, data.crops)) / (1 - usual), np.float32)


def below_best(data: Data) -> Cosines:
    """How far frames are below the best frame for a part of a frame, over all videos."""
    frames = np.concatenate([track.vectors for track in data.tracks])
    wanted = np.stack([clip.vectors[len(clip) // 2] for clip in data.clips])
    cosines = wanted @ frames.T
    return np.asarray(cosines.max(axis=1, keepdims=True) - cosines, np.float32).ravel()


# The share of pairs above each threshold of version 3, and the pairs.
POPULATIONS: dict[str, tuple[float, Callable[[Data], Cosines]]] = {
    "same_scene": (0.296, unlike_crops),
    "same_image": (0.3, lambda data: pair_up(data.photos, data.resaved)),
    "near_duplicate": (0.075, next_frames),
    "nearly_identical": (0.075, next_frames),
    "duplicate": (0.72, lambda data: pair_up(data.photos, data.small)),
    "duplicate_frame": (0.048, nearest_others),
    "locate_range": (0.964, below_best),
}


def agreeing(captions: list[list[str]]) -> NDArray[np.bool_]:
    """(n, n) which photos have captions that agree, to MiniLM without adapters."""
    sentences = unit_rows(read_sentences([text for texts in captions for text in texts]))
    owners = np.repeat(np.arange(len(captions)), [len(texts) for texts in captions])
    means = np.zeros((len(captions), sentences.shape[1]), np.float32)
    np.add.at(means, owners, sentences)
    return unit_rows(means) @ unit_rows(means).T >= AGREE


def fit_images(data: Data, same: NDArray[np.bool_]) -> tuple[float, float]:
    """Whether the captions of two photos agree, from their standardized cosine."""
    levels = []
    for photo in data.photos:
        reading = Relevance.from_query(data.encoder, data.photos, photo, [Term("item", "")], items=len(data.photos))
        levels.append((data.photos @ photo - reading.mean) / reading.std)
    others = ~np.eye(len(same), dtype=bool)
    return fit_line(np.stack(levels)[others], same[others])


def fit_clips(data: Data) -> tuple[float, float]:
    """Whether a clip is of a video, from the strength of its alignment: its own, and the nearest other one."""
    frames = np.concatenate([track.vectors for track in data.tracks])
    weight, intercept = get_calibration(data.encoder).clip_weights
    strengths = np.empty((len(data.clips), len(data.tracks)))
    for row, clip in enumerate(data.clips):
        reading = Relevance.from_query(data.encoder, frames, clip.mean_vector(), [Term("clip", "")], items=len(frames))
        for column, track in enumerate(data.tracks):
            moment = align_video(clip, track, reading, most=1)[2][0]
            odds = np.clip(moment.relevance, 1e-9, 1 - 1e-9)
            strengths[row, column] = (np.log(odds / (1 - odds)) - intercept) / weight  # the present fit, read backwards
    own = np.diag(strengths).copy()
    np.fill_diagonal(strengths, -np.inf)
    nearest = strengths.max(axis=1)
    print(f"own {np.sort(own)[:3].round(3)} ..., nearest other ... {np.sort(nearest)[-3:].round(3)}")
    return fit_line(np.concatenate([own, nearest]), np.repeat([True, False], len(own)))


def fit_line(values: NDArray[np.floating], match: NDArray[np.bool_]) -> tuple[float, float]:
    model = LogisticRegression(C=1_000).fit(values.reshape(-1, 1), match.ravel())
    return round(float(model.coef_[0, 0]), 2), round(float(model.intercept_[0]), 2)


if __name__ == "__main__":
    main()
