"""What learns the same embedding in Python."""

from __future__ import annotations

from core.learn.state import TrainingSettings
from ui.learn.source import Source


def python_lines(source: Source | None, settings: TrainingSettings, epochs: int, movie: str | None) -> str:
    """Lines that run as they stand. movie: whose neighbors are printed, the first one's if there is none."""
    watched = source.lines if source else "from core.learn.simulate import simulate\n\nwatched = simulate()"
    lasting = {name: getattr(settings, name) for name in ("dim", "negatives", "rate", "genres", "year")}
    plain = TrainingSettings()
    arguments = ", ".join(
        f"{name}={value!r}" for name, value in lasting.items() if name == "dim" or value != getattr(plain, name)
    )
    chosen = f"watched.movies.titles.index({movie!r})" if movie else "0"
    return f"""from core.learn import Training, TrainingSettings, find_nearest
{watched}
training = Training(watched, TrainingSettings({arguments}))
print(training.baselines)
for epoch in training.run({epochs}):
    print(epoch.number, round(epoch.loss, 3), epoch.recall, epoch.same_genre)
embedding = training.epochs[-1].embedding  # (movies, {settings.dim})
movie = {chosen}
print(watched.movies.name(movie), embedding[movie])
for other in find_nearest(embedding, [movie])[0]:
    print(watched.movies.name(other), watched.movies.genres[other])
"""
