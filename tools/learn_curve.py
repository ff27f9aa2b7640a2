"""The table of docs/learning.md: what an embedding of so many dimensions learns from simulated viewers.

    python tools/learn_curve.py [--dims 2 3 4 8 16 32 64] [--epochs 20] [--negatives 0] [--seeds 0 1 2]

The mean over the seeds (of the viewers and of the layer), the lowest in brackets. Seconds: of all epochs with all that
is measured at each; those of the processor stand beside, for machines that have other things to do.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.learn.simulate import simulate
from core.learn.state import TrainingSettings
from core.learn.train import Training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 3, 4, 8, 16, 32, 64])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--negatives", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    watched = {seed: simulate(seed=seed) for seed in options.seeds}
    print("| dimensions | untrained | same genre | times chance | recall@10 | popularity | random | s | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for dim in options.dims:
        rows = []
        for seed in options.seeds:
            training = Training(watched[seed], TrainingSettings(dim=dim, negatives=options.negatives, seed=seed))
            first, wall, spent = training.epochs[0], time.perf_counter(), time.process_time()
            *_, last = training.run(options.epochs)
            seconds = time.perf_counter() - wall, time.process_time() - spent
            base = training.baselines
            share = last.same_group / base.same_group
            rows.append([first.same_group, last.same_group, share, last.recall, base.popular, base.random, *seconds])
        mean, low = np.mean(rows, axis=0), np.min(rows, axis=0)
        shares = f"{mean[0]:.3f} | {mean[1]:.2f} ({low[1]:.2f}) | {mean[2]:.1f} ({low[2]:.1f})"
        print(
            f"| {dim} | {shares} | {mean[3]:.3f} ({low[3]:.3f}) | {mean[4]:.3f} | {mean[5]:.3f} | {mean[6]:.0f} | "
            f"{mean[7]:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
