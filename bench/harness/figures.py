"""What a row gives back: figures with their spread, goals, a table and a picture."""

import json
import statistics
from dataclasses import asdict, dataclass, field


@dataclass
class Goal:
    """One thing that is to be reached, and what was."""
    what: str
    measured: str
    reached: bool


@dataclass
class Bars:
    """A picture: one bar for each name."""
    title: str
    unit: str
    values: dict
    logarithmic: bool = False


@dataclass
class Row:
    name: str
    title: str
    method: str
    header: list
    lines: list
    goals: list = field(default_factory=list)
    pictures: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")

    @staticmethod
    def load(path):
        row = Row(**json.loads(path.read_text(encoding="utf-8")))
        row.goals = [Goal(**goal) for goal in row.goals]
        row.pictures = [Bars(**bars) for bars in row.pictures]
        return row


def short(value):
    """Three digits that count: 0.123, 1.23, 12.3, 1,234."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if size >= 10 else 2 if size >= 1 else 3}f}"


def spread(values):
    """"median (least to most)"."""
    if len(values) == 1:
        return short(values[0])
    return f"{short(statistics.median(values))} ({short(min(values))} to {short(max(values))})"


def median(values):
    return statistics.median(values)
