"""Pass or fail from tables of your own: a net learns from one CSV file and judges the rows of another.

    python examples/09_your_table.py LEARN.csv JUDGE.csv --columns G1,G2,absences --target G3 --passes 10

Shows: its accuracy on rows it never saw, next to that of the majority guess; and a third CSV with a
verdict for each row of the second, which needs no target. Without arguments it makes two files to play with.
"""

import argparse
import csv
import io
import math
import re
import sys
from pathlib import Path

import numpy as np

import jaxnets

ADDED = ("probability of a pass", "verdict")  # columns of the output
LARGEST = 1e100  # squares of larger numbers, which the deviation of a column adds up, may overflow


def read(path):
    """(names of the columns, [(line in the file, cells)], separator) of a CSV file with a header."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")  # -sig: a byte order mark is no part of a name
    except OSError as error:
        raise ValueError(f"read: path must be a CSV file; got {path} ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        told = f"read: {path} must be UTF-8 text; byte {error.start} is not. Fix: save it as UTF-8."
        raise ValueError(told) from None
    separator, start = separator_of(text)
    reader, rows, line = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [], 1
    try:
        for row in reader:
            if line >= start and any(map(str.strip, row)):
                rows.append((line, row))
            line = (
                reader.line_num + 1
            )  # a row may be longer than a line: where it begins is what one looks for
    except csv.Error as error:
        raise ValueError(
            f"read: {path}, line {line} must begin a row of cells; it does not: {error}."
        ) from None
    if len(rows) < 2:
        found = "only the header" if rows else "nothing"
        raise ValueError(f"read: {path} must have a header and rows below it; got {found}.")
    names = [name.strip() for name in rows[0][1]]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"read: {path} must name each column once; got {twice[0]!r} {len(twice)} times.")
    for line, row in rows[1:]:
        if len(row) != len(names):
            raise ValueError(f"read: {path}, line {line} must have {len(names)} cells; got {len(row)}.")
    return names, rows[1:], separator


def separator_of(text):
    """(separator, first line of the table): what Excel's line "sep=;" says, or what the header has most."""
    if told := re.match(r"(?i)sep=([,;|\t])\n", text):
        return told[1], 2
    header = re.sub('"[^"]*"', "", text).lstrip().partition("\n")[0]  # quoted cells may hold anything
    return max(",;\t|", key=header.count), 1


def cells(path, table, column):
    """[(line in the file, text)] of a column."""
    names, rows, _ = table
    if column not in names:
        raise ValueError(f"cells: {path} has no column {column!r}; its columns are {', '.join(names)}.")
    return [(line, row[names.index(column)].strip()) for line, row in rows]


def number(text):
    """The number that a cell says, nan if none: unlike Python's, with no underscores, and not endless."""
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def numbers(path, table, columns):
    """The numbers in these columns: [N, columns]."""
    values = []
    for column in columns:
        for line, text in cells(path, table, column):
            values.append(number(text))
            where = f"{path}, line {line}, column {column!r}"
            if math.isnan(values[-1]):
                comma = re.fullmatch(r"([+-]?\d+),(\d{1,2}|\d{4,})", text)  # 1,000 may be a thousand
                fix = f" Fix: write {comma[1]}.{comma[2]}." if comma else ""
                raise ValueError(f"numbers: {where} must be a number; got {text!r}.{fix}")
            if abs(values[-1]) > LARGEST:
                raise ValueError(f"numbers: {where} must be within {LARGEST:g} of 0; got {text!r}.")
    return np.array(values).reshape(len(columns), -1).T


def passed(path, table, target, passes):
    """Who passed, [N, 1]: those whose target is at least a number, or is a certain word."""
    least = number(passes)
    if math.isnan(least):
        results = np.array([[text == passes] for _, text in cells(path, table, target)])
        rule = f"{target} equal to {passes!r}"
    else:
        results, rule = numbers(path, table, [target]) >= least, f"{target} at least {passes}"
    if results.all() or not results.any():
        found = "every row" if results.all() else "no row"
        raise ValueError(f"passed: {path} must have rows that pass and rows that fail; {found} has {rule}.")
    return results.astype(float)


def train(x, y, verbose=0):
    """A net with two hidden neurons that has learnt from all rows, and how to scale what it is asked."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    deviation[deviation == 0] = 1.0  # a column that never changes says nothing
    layers = [jaxnets.Linear(x.shape[1], 2), jaxnets.sigmoid, jaxnets.Linear(2, 1), jaxnets.sigmoid]
    net = jaxnets.NeuralNet(layers, seed=0)
    net.compile(jaxnets.adam(0.02), "binary_cross_entropy", l2=1e-3)
    net.fit((x - mean) / deviation, y, epochs=200, batch_size=32, verbose=verbose)
    return lambda asked: net.predict((asked - mean) / deviation)


def check_writable(output):
    """Nobody shall wait for a training whose results have no place. Leaves the file as it was."""
    path, fresh = Path(output), not Path(output).exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        told = f"judge: output must be a file that can be written; got {output} ({error.strerror})."
        raise ValueError(told) from None
    if fresh:
        path.unlink()


def judge(train_path, predict_path, columns, target, passes, output):
    """Learns, tests itself, judges, writes output. Returns (accuracy, majority guess, probabilities)."""
    if target in columns:
        raise ValueError(f"judge: columns must not hold the target {target!r}, which they shall predict.")
    if twice := [name for name in columns if not name or columns.count(name) > 1]:
        given = ",".join(columns)
        raise ValueError(f"judge: columns must be names, each once; got {twice[0]!r} in {given!r}.")
    learned, asked = read(train_path), read(predict_path)
    if Path(output).exists() and any(Path(output).samefile(path) for path in (train_path, predict_path)):
        raise ValueError(f"judge: output must be a file of its own; got {output}, which is read.")
    if both := [name for name in ADDED if name in asked[0]]:
        raise ValueError(f"judge: {predict_path} must have no column {both[0]!r}, which the output adds.")
    x, y = numbers(train_path, learned, columns), passed(train_path, learned, target, passes)
    questions = numbers(predict_path, asked, columns)
    if len(y) < 8:
        raise ValueError(f"judge: {train_path} must have at least 8 rows to learn from; got {len(y)}.")
    check_writable(output)

    order = np.random.default_rng(0).permutation(len(y))
    unseen, seen = order[: len(y) // 4], order[len(y) // 4 :]
    accuracy = float(((train(x[seen], y[seen])(x[unseen]) > 0.5) == y[unseen]).mean())
    majority = float((y[unseen] == (y[seen].mean() > 0.5)).mean())
    print(f"{train_path}: {len(y)} rows, {y.mean():.0%} of them pass.")
    print(f"Having learnt from {len(seen)}, the net judges {accuracy:.1%} of the {len(unseen)} others right;")
    print(f"always saying what is more common would judge {majority:.1%} right.")
    print("Now it learns from all of them:\n")
    probabilities = train(x, y, verbose=1)(questions)[:, 0]

    names, rows, separator = asked
    with open(output, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow([*names, *ADDED])
        for (_, row), p in zip(rows, probabilities.tolist(), strict=True):
            writer.writerow([*row, f"{p:.3f}", "pass" if p > 0.5 else "fail"])
    good = int((probabilities > 0.5).sum())
    print(f"\n{predict_path}: {len(rows)} rows, {good} of them should pass. The first ones:\n")
    print("  " + "".join(f"{name:>12}" for name in columns) + "   probability   verdict")
    for row, p in list(zip(questions.tolist(), probabilities.tolist(), strict=True))[:5]:
        print("  " + "".join(f"{cell:>12g}" for cell in row) + f"{p:>14.3f}   " + ("fail", "pass")[p > 0.5])
    print(f"\nAll of them, with their verdicts: {output}")
    return accuracy, majority, probabilities


def play_files(folder):
    """Writes last_year.csv and this_year.csv, drawn: marks from 0 to 20 that follow how good a student is."""
    generator = np.random.default_rng(0)
    for name, count in (("last_year.csv", 400), ("this_year.csv", 100)):
        good = generator.normal(11, 3, (count, 1))
        marks = np.clip(np.rint(good + generator.normal(0, 2, (count, 4))), 0, 20).astype(int)
        with open(Path(folder, name), "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=";")
            last = ["final"] if name.startswith("last") else []
            writer.writerow(["student", "homework", "written", "oral", *last])
            for number, row in enumerate(marks.tolist(), 1):
                writer.writerow([f"no. {number}", *row[: 3 + len(last)]])


def main(folder="demo_output", arguments=()):
    """Reads the command line, or plays with files it makes in folder. Returns what `judge` returns."""
    folder = Path(folder)
    if not arguments:
        folder.mkdir(parents=True, exist_ok=True)
        play_files(folder)
        tables = [str(folder / "last_year.csv"), str(folder / "this_year.csv")]
        arguments = [*tables, "--columns", "homework,written,oral", "--target", "final", "--passes", "10"]
        arguments += ["--output", str(folder / "verdicts.csv")]
        print(f"Any two tables will do:\n\n  python examples/09_your_table.py {' '.join(arguments[:2])} \\")
        print(f"      {' '.join(arguments[2:])}\n")
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("train", help="CSV file to learn from")
    parser.add_argument("predict", help="CSV file to judge; needs no target")
    parser.add_argument("--columns", required=True, help="what to judge by, names with commas between")
    parser.add_argument("--target", required=True, help="the column that says who passed")
    parser.add_argument("--passes", required=True, help="the least number that passes, or a word such as yes")
    parser.add_argument("--output", default=str(folder / "verdicts.csv"), help="where the verdicts go")
    given = parser.parse_args(arguments)
    columns = [column.strip() for column in given.columns.split(",")]
    return judge(given.train, given.predict, columns, given.target, given.passes, given.output)


if __name__ == "__main__":
    try:
        main(arguments=sys.argv[1:])
    except (ValueError, OSError) as error:
        sys.exit(str(error))
