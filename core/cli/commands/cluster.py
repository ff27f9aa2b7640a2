"""`cluster`: the clusters of a library with names, its outliers and its duplicates."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np

from core.cli.options import REPORT, Options, add_command, add_library, get_encoder
from core.cli.output import one_line, show_page
from core.explore.clustering import Method
from core.progress import Task


def add(tree: Any) -> None:
    """Adds `cluster`."""
    text = "group a library: clusters with names, outliers, duplicates"
    parser = add_command(tree, "cluster", text, cluster, show_clusters)
    parser.add_argument("--k", type=int, metavar="N", help="number of clusters (default: as many as fit best)")
    parser.add_argument("--method", choices=get_args(Method), default="kmeans", help="default: kmeans")
    parser.add_argument("--report", type=Path, metavar="HTML", help=REPORT)
    parser.add_argument("--outliers", type=int, default=20, metavar="N", help="how many at most (default: 20)")
    add_library(parser)


def cluster(options: Options, task: Task) -> dict[str, Any]:
    """`cluster`: outliers are the items that people would call unusual, at most as many as the option allows."""
    from core.cleanup.findings import find_library_duplicates
    from core.cleanup.outliers import UNUSUAL, find_outliers
    from core.explore.cluster_naming import name_clusters
    from core.explore.clustering import find_clusters
    from core.explore.exemplars import find_medoids
    from core.library import Library
    from core.library.points import load_points
    from core.share.pages.page import write_page
    from core.share.pages.search import cluster_page

    library = Library(options.library)
    encoder = get_encoder(options, task, library)
    points = load_points(library, encoder)
    clusters = find_clusters(points.vectors, method=options.method, k=options.k, task=task)
    words = library.label_names()
    names = name_clusters(encoder, points.vectors, clusters, words=words, task=task)
    strangest = find_outliers(points.vectors, groups=points.from_text, top=options.outliers, task=task)
    outliers = [outlier.number for outlier in strangest if outlier.score >= UNUSUAL]
    duplicates = find_library_duplicates(library, encoder, task=task).groups
    paths = [str(path) for path in points.column("path")]
    medoids = find_medoids(points.vectors, clusters)
    page = {}
    if options.report is not None:
        content = cluster_page(
            points, clusters, names, library=library.name, encoder=encoder.name,
            outliers=outliers, task=task,
        )  # fmt: skip
        write_page(options.report, content)
        page = {"report": str(options.report)}
    return page | {
        "clusters": [
            {
                "id": number,
                "size": int(clusters.sizes[number]),
                "name": name.name,
                "confidence": round(name.confidence, 4),
                "runners_up": list(name.runners_up),
                "medoid": paths[medoids[number]],
            }
            for number, name in enumerate(names)
        ],
        "unclustered": int(np.count_nonzero(clusters.labels < 0)),
        "silhouette": None if clusters.silhouette is None else round(clusters.silhouette, 4),
        "outliers": [paths[number] for number in outliers],
        "duplicates": [[finding.item.path for finding in group.findings] for group in duplicates],
    }


def show_clusters(result: dict[str, Any]) -> None:
    """Clusters by size with their names and medoids; outliers and duplicates as lists of files."""
    for row in result["clusters"]:
        name = one_line(row["name"] or f"like {Path(row['medoid']).name}")
        rest = ", ".join(map(one_line, row["runners_up"][:3]))
        print(f"{row['id']:3}  {row['size']:7,}  {name:<28}  {one_line(row['medoid'])}  (or: {rest})")
    if result["unclustered"]:
        print(f"     {result['unclustered']:7,}  in no cluster")
    if result["outliers"]:
        print("Outliers, the strangest first:", *(f"  {one_line(path)}" for path in result["outliers"]), sep="\n")
    if result["duplicates"]:
        print("Duplicates, the best copy first:")
    for group in result["duplicates"]:
        print("  " + "\n    = ".join(map(one_line, group)))
    show_page(result)
