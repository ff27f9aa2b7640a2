"""Records the training that *Learn an embedding* shows first: python tools/record_learning.py"""

from __future__ import annotations

from core.learn.maps import record
from core.learn.simulate import simulate
from core.learn.state import TrainingSettings
from core.learn.train import Training

EPOCHS = 20


def main() -> None:
    training = Training(simulate(), TrainingSettings(dim=2))
    for epoch in training.run(EPOCHS):
        print(f"epoch {epoch.number}: loss {epoch.loss:.3f}, same genre {epoch.same_group:.2f}", flush=True)
    record(training.epochs, training.drawn)


if __name__ == "__main__":
    main()
