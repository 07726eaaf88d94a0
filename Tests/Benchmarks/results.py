"""What was measured, as values and as a table: the same for every subject."""

import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import sys


class Measured(dict):
    """Row → contestant → list of values, one for each round."""

    def add(self, row, name, value):
        self.setdefault(row, {}).setdefault(name, []).append(value)

    def value(self, row, name):
        values = self.get(row, {}).get(name)
        return statistics.median(values) if values else None

    def ratio(self, row, name, base):
        """The median of the ratios of each round: a noisy moment touches both sides of it."""
        mine, others = self.get(row, {}).get(name), self.get(row, {}).get(base)
        if not mine or not others:
            return None
        return statistics.median(one / other for one, other in zip(mine, others))

    def spread(self, row, name):
        """Half of the distance between the quartiles, as a part of the median."""
        values = self.get(row, {}).get(name) or []
        if len(values) < 4:
            return 0
        low, middle, high = statistics.quantiles(values, n=4)
        return (high - low) / 2 / middle

    def against(self, name, row, limit, form, base=None):
        """The value, or its ratio to `base`'s, as a text, and whether it keeps the limit; None where it is unknown."""
        value = self.ratio(row, name, base) if base else self.value(row, name)
        return None if value is None else (form.format(value), value <= limit)


def say(text):
    print(f"… {text}", file=sys.stderr, flush=True)


def title(subject, smoke):
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    print(f"Countersign benchmarks, {subject}, {moment}{', smoke: too short to mean anything' if smoke else ''}")
    print(host())


def host():
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    cores = f"{os.cpu_count()} cores" + (f" of {model[1]}" if model else "")
    return f"{cores}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}"


def table(measured, rows, names, base):
    """`rows` are (row, label, factor, format); beside the values stands each one's ratio to `base`'s."""
    ratios = [name for name in names if name != base] if base in names else []
    header = ["", *names, *(f"{name}/{base}" for name in ratios)]
    lines = []
    for row, label, scale, form in rows:
        cells = [label]
        for name in names:
            value = measured.value(row, name)
            spread = measured.spread(row, name)
            text = "–" if value is None else form.format(value * scale)
            cells.append(text + (f" ±{spread:.0%}" if value is not None and spread >= 0.005 else ""))
        for name in ratios:
            ratio = measured.ratio(row, name, base)
            cells.append("–" if ratio is None else f"{ratio:.2f}")
        lines.append(cells)
    widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
    for line in [header, *lines]:
        first, *others = (cell.rjust(width) for cell, width in zip(line, widths))
        print("  ".join([first.strip().ljust(widths[0]), *others]))


def aims(rows):
    """`rows` are (label, what `against` says)."""
    width = max(len(label) for label, _ in rows) + 2
    for label, result in rows:
        value, reached = result or ("–", None)
        verdict = {None: "not measured", True: "reached", False: "missed"}[reached]
        print(f"{label:<{width}}{value:>16}  {verdict}")


def keep(measured, path):
    if path:
        pathlib.Path(path).write_text(json.dumps(measured, indent=1) + "\n")
