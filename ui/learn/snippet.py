"""What learns the same embedding in Python."""

from __future__ import annotations

from core.learn.state import TrainingSettings
from ui.learn.source import Choice


def python_lines(choice: Choice, settings: TrainingSettings, epochs: int, item: str | None) -> str:
    """Lines that run as they stand. item: whose neighbors are printed, the first one's if there is none."""
    lasting = {name: getattr(settings, name) for name in ("dim", "negatives", "rate", "genres", "year")}
    plain = TrainingSettings()
    arguments = ", ".join(
        f"{name}={value!r}" for name, value in lasting.items() if name == "dim" or value != getattr(plain, name)
    )
    chosen = f"names.index({item!r})" if item else "0"
    return f"""from core.learn import Training, TrainingSettings, find_nearest
{choice.lines}
training = Training(source, TrainingSettings({arguments}))
print(training.baselines)
for epoch in training.run({epochs}):
    print(epoch.number, round(epoch.loss, 3), epoch.recall, epoch.same_group)
embedding = training.epochs[-1].embedding  # ({choice.subject}, {settings.dim})
names = [source.items.name(number) for number in range(len(source.items))]
chosen = {chosen}
print(names[chosen], embedding[chosen])
for other in find_nearest(embedding, [chosen])[0]:
    print(names[other], source.items.groups[other])
"""
