"""`cluster`: the groups of a library with names, what lies outside, and what is there twice."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from core.cli.commands import get_encoder
from core.cli.output import one_line
from core.progress import OnProgress


def cluster(options: argparse.Namespace, bar: OnProgress) -> dict[str, Any]:
    """`cluster`: what `--json` prints. Outliers are those that people call unusual, no more than asked for."""
    from core.cleanup.duplicates import find_duplicates
    from core.cleanup.outliers import UNUSUAL, find_outliers
    from core.explore.cluster_naming import name_clusters
    from core.explore.clustering import find_clusters
    from core.explore.exemplars import find_medoids
    from core.library import Library
    from core.library.points import load_points
    from core.share.pages.page import write_page
    from core.share.pages.search import cluster_page

    library = Library(options.library)
    encoder = get_encoder(library, options.encoder, bar)
    points = load_points(library, encoder)
    found = find_clusters(points.vectors, method=options.method, k=options.k, on_progress=bar)
    words = sorted({label.label for label in library.labels()})
    names = name_clusters(encoder, points.vectors, found, words=words, on_progress=bar)
    strangest = find_outliers(points.vectors, top=options.outliers, on_progress=bar)
    outliers = [entry for entry in strangest if entry.score >= UNUSUAL]
    duplicates = find_duplicates(points, on_progress=bar)
    paths = [str(path) for path in points.column("path")]
    middles = find_medoids(points.vectors, found)
    page = {}
    if options.report is not None:
        content = cluster_page(
            points, found, names, library=library.name, encoder=encoder.name,
            outliers=[entry.number for entry in outliers], on_progress=bar,
        )  # fmt: skip
        write_page(options.report, content)
        page = {"report": str(options.report)}
    return page | {
        "clusters": [
            {
                "id": number,
                "size": int(found.sizes[number]),
                "name": entry.name,
                "confidence": round(entry.confidence, 4),
                "runners_up": list(entry.runners_up),
                "medoid": paths[middles[number]],
            }
            for number, entry in enumerate(names)
        ],
        "unclustered": int(np.count_nonzero(found.labels < 0)),
        "silhouette": None if found.silhouette is None else round(found.silhouette, 4),
        "outliers": [paths[entry.number] for entry in outliers],
        "duplicates": [[paths[number] for number in group.numbers] for group in duplicates],
    }


def show_clusters(result: dict[str, Any]) -> None:
    """Clusters by size with their names and middles; outliers and duplicates as lists of files."""
    for entry in result["clusters"]:
        name = one_line(entry["name"] or "unnamed")
        rest = ", ".join(map(one_line, entry["runners_up"][:3]))
        print(f"{entry['id']:3}  {entry['size']:7,}  {name:<28}  {one_line(entry['medoid'])}  (or: {rest})")
    if result["unclustered"]:
        print(f"     {result['unclustered']:7,}  in no cluster")
    if result["outliers"]:
        print("Outliers, the strangest first:", *(f"  {one_line(path)}" for path in result["outliers"]), sep="\n")
    if result["duplicates"]:
        print("Duplicates, the best copy first:")
    for group in result["duplicates"]:
        print("  " + "\n    = ".join(map(one_line, group)))
    if "report" in result:
        print(f"Saved as a page: {one_line(result['report'])}")
