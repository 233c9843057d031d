"""The main examples on real data, in the terminal and with pictures: `make demo`.

Each part is also an example; this runs them in one process, one after the other.
"""

import runpy
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PARTS = (
    ("08_verdicts.py", "Every formula, twice"),
    ("05_digits.py", "Reading digits"),
    ("06_students.py", "Pass or fail, by a hidden rule"),
    ("09_your_table.py", "Pass or fail, from a table of your own"),
    ("07_frozen_lake.py", "Crossing a frozen lake"),
    ("22_cart_pole.py", "Balancing a pole"),
)
WIDTH = 100


def heading(text):
    """A line across the terminal with a title in it."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    return f"{bold}── {text} {'─' * (WIDTH - len(text) - 4)}{plain}"


def main(folder="demo_output", parts=PARTS):
    """Plays the parts; returns the seconds of each, by file name."""
    folder, begin, seconds, seen = Path(folder), time.time(), {}, time.perf_counter()
    print(f"microgrid: every formula twice, and a cross-check. Files go to {folder}/")
    for number, (name, title) in enumerate(parts, 1):
        print(f"\n{heading(f'{number}. {title} (examples/{name})')}\n", flush=True)
        runpy.run_path(str(HERE / name))["main"](folder)
        seconds[name], seen = time.perf_counter() - seen, time.perf_counter()

    print(f"\n{heading('What there is now')}\n")
    for (name, title), took in zip(parts, seconds.values(), strict=True):
        print(f"  {title:<42} {took:5.1f} s   examples/{name}")
    print(f"  {'together':<42} {sum(seconds.values()):5.1f} s\n")
    for path in [path for path in sorted(folder.iterdir()) if path.stat().st_mtime >= begin - 1]:
        print(f"  {path}")
    print("\nMore examples are in examples/; README.md has a line about each.")
    return seconds


if __name__ == "__main__":
    from command_line import play

    play(main, __doc__)
