"""What ten chosen photos show of a collection, by labels: python tools/measure_cover.py --images DIR --labels CSV

The table has the columns image, COLUMN (--column, default: label), and --only names a table whose column image says
which photos count. A subject is a label that at least two photos have. Prints for the summary, random photos, centers
of k-means and a farthest-first choice the share of the subjects that the chosen photos have, the same by mentions, and
their means over random halves.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import open_encoder
from core.evaluation.datasets import embed_files, read_pairs
from core.evaluation.summaries.pictures import METHODS, measure_choice
from core.tables.table_reader import read_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--column", default="label")
    parser.add_argument("--only", type=Path)
    parser.add_argument("--k", type=int, default=10)
    options = parser.parse_args()
    labels = dict(read_pairs(options.labels, "image", options.column))
    if options.only is not None:
        table = read_table(options.only)
        labels = {name: labels[name] for name in table.texts(*table.require("image"))}
    pictures = embed_files(open_encoder(), options.images, list(labels))
    own = np.array([labels[name] for name in sorted(pictures.rows, key=pictures.rows.__getitem__)])
    subjects = [label for label, count in Counter(own.tolist()).items() if count > 1]
    present = np.array([own == subject for subject in subjects])
    report = {name: asdict(measure_choice(choose, pictures.vectors, present, options.k))
              for name, choose in METHODS.items()}  # fmt: skip
    print(json.dumps({"images": len(own), "subjects": len(subjects), "methods": report}))


if __name__ == "__main__":
    main()
