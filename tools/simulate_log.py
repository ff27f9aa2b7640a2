"""A simulated log of visitors over captioned photos, with a fifth of the photos cold: seen by nobody until late.

    python tools/simulate_log.py --captions CSV --split dev --out log.csv
    python -m core eval recommend --log log.csv --images DIR

CSV has the columns image, caption and, with --split, split. Nobody clicked: topics are made of the captions (TF-IDF and
k-means, nothing of the encoder's), each visitor prefers two topics, and belongs to one of ten crowds that share a fancy
for photos whatever these show, which content cannot know. Some photos are more popular than others. What is new is
three times as sought after; --novelty 1 makes it like all else. All new photos come at once, at four fifths of the
time; with --steady a fifth comes after that, one by one, and two fifths came one by one before.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

_TOPICS, _CROWDS = 25, 10
_COLD = 0.2
_LATE = 0.8  # of the time, before which cold photos are not there
_EARLIER = 0.4  # of the photos that came one by one before that, with --steady
_NEW = 0.2  # of the time, for which a photo that came is new
_TOPIC, _FANCY, _ANY = 1.0, 0.6, 0.03  # how readily a photo is chosen for its topic, for its crowd, and for neither


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--split", help="only the rows of this split")
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--clicks", type=int, default=25, help="of a visitor")
    parser.add_argument("--novelty", type=float, default=3.0, help="times that what is new is as sought after")
    parser.add_argument("--steady", action="store_true", help="new photos come one by one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    texts: dict[str, list[str]] = {}
    with options.captions.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if options.split is None or row["split"] == options.split:
                texts.setdefault(row["image"], []).append(row["caption"])
    rows = simulate(
        {image: " ".join(found) for image, found in texts.items()},
        options.users,
        options.clicks,
        options.seed,
        novelty=options.novelty,
        steady=options.steady,
    )
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "item", "time"])
        writer.writerows(rows)
    print(f"{len(rows):,} simulated clicks of {options.users:,} visitors on {len(texts):,} photos")


def simulate(
    texts: dict[str, str], users: int, clicks: int, seed: int, *, novelty: float = 3.0, steady: bool = False
) -> list[tuple[str, str, str]]:
    """Rows of a user, an image and a time, 0 to 1, in the order of time."""
    rng = np.random.default_rng(seed)
    images = list(texts)
    topic = _topics(list(texts.values()), seed)
    came = np.where(rng.random(len(images)) < _COLD, _LATE, -1.0)
    popularity = rng.pareto(2.0, len(images)) + 0.5
    fancy = rng.random((_CROWDS, len(images))) < 0.06
    if steady:
        earlier = (came < 0) & (rng.random(len(images)) < _EARLIER / (1 - _COLD))
        at = rng.random(len(images))
        came = np.where(came > 0, _LATE + (1 - _LATE) * at, np.where(earlier, _LATE * at, -1.0))
    rows = []
    for user in range(users):
        target = rng.choice(_TOPICS, 2, replace=False)
        liking = _ANY + _TOPIC * np.isin(topic, target) + _FANCY * fancy[rng.integers(_CROWDS)]
        seen = np.zeros(len(images), bool)
        for at in np.sort(rng.random(clicks)):
            is_new = (came >= 0) & (at - came < _NEW)
            chances = popularity * liking * ~seen * (at > came) * np.where(is_new, novelty, 1.0)
            item = int(rng.choice(len(images), p=chances / chances.sum()))
            seen[item] = True
            rows.append((f"visitor {user}", images[item], f"{at:.6f}"))
    return sorted(rows, key=lambda row: float(row[2]))


def _topics(texts: list[str], seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", min_df=3, sublinear_tf=True).fit_transform(texts)
    few = TruncatedSVD(50, random_state=seed).fit_transform(words)
    return KMeans(_TOPICS, n_init=4, random_state=seed).fit_predict(few / np.linalg.norm(few, axis=1, keepdims=True))


if __name__ == "__main__":
    main()
