"""bench/RESULTS.md and its pictures, from the rows."""

import math
from html import escape

INTRODUCTION = """# Results

What `make bench` measured, written by it. Ratios within one run count, for machines differ; the
spread is given as *median (least to most)*. How each row works and is run alone is in
[docs/benchmarks.md](../docs/benchmarks.md).
"""


def line(cells):
    return "| " + " | ".join(cells) + " |"


def table(row):
    rule = ["---"] + ["---:"] * (len(row.header) - 1)
    return "\n".join([line(row.header), line(rule), *map(line, row.lines)])


def goals(row):
    if not row.goals:
        return ""
    lines = [line(["goal", "measured", ""]), line(["---", "---:", "---"])]
    lines += [line([goal.what, goal.measured, "reached" if goal.reached else "**missed**"])
              for goal in row.goals]
    return "\n".join(lines)


def bar_length(bars, value):
    """0 to 1. A logarithmic bar begins a third of a decade before the least."""
    most = max(value for value in bars.values.values() if math.isfinite(value))
    if most <= 0 or not math.isfinite(value):
        return 0
    if not bars.logarithmic:
        return value / most
    least = min(each for each in bars.values.values() if each > 0) / 2
    if value <= 0 or most <= least:
        return 0
    return math.log(value / least) / math.log(most / least)


def number(value):
    if not math.isfinite(value):
        return "never"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def picture(bars):
    """An SVG that reads in light and dark."""
    height, top, left, width = 22, 34, 130, 400
    scale = ", logarithmic" if bars.logarithmic else ""
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' width='640' "
             f"height='{top + height * len(bars.values) + 8}' role='img' "
             "font-family='sans-serif' font-size='13'>",
             "<style>text{fill:#333}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>",
             f"<text x='8' y='20' font-weight='bold'>{escape(bars.title)} "
             f"({escape(bars.unit)}{scale})</text>"]
    for place, (name, value) in enumerate(bars.values.items()):
        y = top + height * place
        length = max(1, round(width * bar_length(bars, value)))
        colour = "#c2410c" if name == "heald" else "#64748b"
        parts += [f"<text x='{left - 8}' y='{y + 14}' text-anchor='end'>{escape(name)}</text>",
                  f"<rect x='{left}' y='{y + 2}' width='{length}' height='16' fill='{colour}'/>",
                  f"<text x='{left + length + 6}' y='{y + 14}'>{number(value)}</text>"]
    return "\n".join([*parts, "</svg>", ""])


def section(row, pictures):
    parts = [f"## {row.title}", row.method, table(row), goals(row),
             *(f"![{bars.title}](plots/{name}.svg)" for name, bars in pictures),
             *(f"- {note}" for note in row.notes), f"Alone: `make bench ROWS={row.name}`."]
    return "\n\n".join(part for part in parts if part)


def write(folder, rows, facts):
    plots = folder / "plots"
    plots.mkdir(exist_ok=True)
    sections = [INTRODUCTION.strip(),
                "\n".join(f"- {name}: {fact}" for name, fact in facts.items())]
    for row in rows:
        pictures = [(f"{row.name}-{place}", bars) for place, bars in enumerate(row.pictures)]
        for name, bars in pictures:
            (plots / f"{name}.svg").write_text(picture(bars), encoding="utf-8")
        sections.append(section(row, pictures))
    (folder / "RESULTS.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")
