"""Markdown tables, targets, and the machine that was measured."""

import math
import os
import platform
from pathlib import Path


def table(head, rows):
    """A Markdown table: the first column to the left, figures to the right.

    >>> print(table(["engine", "ms"], [["ours", "1.5"]]))
    | engine | ms |
    | :-- | --: |
    | ours | 1.5 |
    """
    marks = [":--"] + ["--:"] * (len(head) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, marks, *rows])


def figure(x):
    """A number to three digits, no exponent.

    >>> figure(1041.26), figure(34.0), figure(0.05921)
    ('1041', '34.0', '0.0592')
    """
    if x == 0:
        return "0"
    digits = 2 - int(f"{x:.2e}".split("e")[1])
    return f"{x:.{max(digits, 0)}f}"


def measured(figures, least=0.0, most=math.inf):
    """Figures with " / " between; marked where one of them misses the target.

    >>> measured((2.58, 2.36), least=2.5), measured((1.1, 1.22), most=2)
    ('2.58 / 2.36 (missed)', '1.10 / 1.22')
    """
    missed = any(x < least or x > most for x in figures)
    return " / ".join(map(figure, figures)) + " (missed)" * missed


def machine():
    """Processor, cores, operating system, Python.

    >>> "Python" in machine()
    True
    """
    model, cpuinfo = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":")[1].strip() if lines else model
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, {python}"
