"""Our loop around UMAP's steps fits the installed version of umap, and lays out as well as umap's own."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from core.benchmarks.map import mixture
from core.explore.layouts import UMAP_NEIGHBORS, Watch, project_principal
from core.explore.umap_layout import layout_umap
from core.progress import SILENT
from core.vectors.neighbors import find_nearest_neighbors


def test_the_step_of_the_installed_umap_takes_what_the_loop_hands_in() -> None:
    from umap.layouts import _optimize_layout_euclidean_single_epoch

    assert list(inspect.signature(_optimize_layout_euclidean_single_epoch).parameters) == [
        "head_embedding", "tail_embedding", "head", "tail", "n_vertices", "epochs_per_sample", "a", "b",
        "rng_state_per_sample", "gamma", "dim", "move_other", "alpha", "epochs_per_negative_sample",
        "epoch_of_next_negative_sample", "epoch_of_next_sample", "n", "densmap_flag", "dens_phi_sum", "dens_re_sum",
        "dens_re_cov", "dens_re_std", "dens_re_mean", "dens_lambda", "dens_R", "dens_mu", "dens_mu_tot",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_loop_keeps_neighbors_as_well_as_umap_itself() -> None:
    from sklearn.manifold import trustworthiness
    from umap import UMAP

    vectors = mixture(400, 32)
    start = project_principal(vectors, 2)
    near = find_nearest_neighbors(vectors, UMAP_NEIGHBORS - 1)
    itself = np.arange(len(vectors))[:, None]
    known = np.hstack([itself, near.numbers]), np.hstack([0 * itself, 1 - near.cosines]).astype(np.float32)
    peer = UMAP(UMAP_NEIGHBORS, metric="cosine", init=start, precomputed_knn=known, random_state=0)
    own = layout_umap(start, near, 0, Watch(SILENT))
    ours, theirs = (trustworthiness(vectors, places, metric="cosine") for places in (own, peer.fit_transform(vectors)))
    assert ours > 0.85 and ours == pytest.approx(theirs, abs=0.02)
