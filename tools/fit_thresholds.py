"""Fits the cosines of a calibration: python tools/fit_thresholds.py --images DIR --captions CSV --videos DIR

CSV: image, caption. Each threshold lies where as many pairs are above it as with the reference encoder and its own
threshold: crops, small copies, neighboring frames. So its meaning stays, whatever the scale of cosines. The weights of
relevance of pictures and clips are fitted, to photos whose captions agree and to parts of videos. Prints what goes into
core/encoders/calibration.py, the fits for the reference too: where they differ from what it has, so much is noise.
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
AGREE = 0.8  # least cosine of the mean captions, in the reference's space, of two photos that match
_ALL_FRAMES = 2.0  # no cosine is so high: no frames are merged
_SMALL_SIDE = 160  # pixels of the longer side of clips

Cosines = NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """What one encoder makes of the photos, copies of them, frames of videos and clips out of these."""

    encoder: Encoder
    photos: Vectors
    small: Vectors
    crops: Vectors
    tracks: list[Track]
    clips: list[Track]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--reference", required=True, help="an encoder whose calibration has proven itself")
    options = parser.parse_args()
    captions = read_captions(options.captions)
    data, reference = (
        read_data(open_encoder(name), [options.images / name for name in captions], options.videos)
        for name in (options.encoder, options.reference)
    )
    for name, population in POPULATIONS.items():
        before = getattr(get_calibration(reference.encoder), name)
        share = float(np.mean(population(reference) >= before))
        print(f"{name} = {np.quantile(population(data), 1 - share):.3f}  ({share:.3f} lie above; reference {before})")
    print(
        "duplicate =", f"{np.quantile(pair_up(data.photos, data.small), 0.02):.3f}", "(98 % of small copies lie above)"
    )
    same = agreeing(reference.encoder, list(captions.values()))
    for entry in (data, reference):
        calibration = get_calibration(entry.encoder)
        print(f"{entry.encoder.id}: image_weights = {fit_images(entry, same)}  ({calibration.image_weights})")
        print(f"{entry.encoder.id}: clip_weights = {fit_clips(entry)}  ({calibration.clip_weights})")


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
        encoder.encode_images([shrink(photo) for photo in photos]),
        encoder.encode_images([crop(photo, rng) for photo in photos]),
        tracks,
        clips,
    )


def shrink(photo: Image.Image) -> Image.Image:
    """A third as wide, saved as JPEG."""
    buffer = io.BytesIO()
    photo.resize((photo.width // 3, photo.height // 3)).save(buffer, "JPEG", quality=80)
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


POPULATIONS: dict[str, Callable[[Data], Cosines]] = {
    "same_scene": unlike_crops,
    "same_image": lambda data: pair_up(data.photos, data.small),
    "near_duplicate": next_frames,
    "nearly_identical": next_frames,
    "duplicate_frame": nearest_others,
    "locate_range": below_best,
}


def agreeing(encoder: Encoder, captions: list[list[str]]) -> NDArray[np.bool_]:
    """(n, n) which photos have captions that agree."""
    means = unit_rows(np.stack([encoder.encode_texts(texts).mean(axis=0) for texts in captions]))
    return means @ means.T >= AGREE


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
