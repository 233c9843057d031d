"""Pass or fail: the rule is learnt, by both engines alike, and tables of one's own are judged or refused."""

import csv
import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
STORY = runpy.run_path(str(EXAMPLES / "06_students.py"))
TABLE = runpy.run_path(str(EXAMPLES / "09_your_table.py"))
OPTIONS = ["--columns", "homework,written,oral", "--target", "final", "--passes", "10"]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    return STORY["main"](folder), folder


def test_nine_in_ten_new_students_are_judged_right(story):
    figures, folder = story
    assert figures["3-2-1, on arrays"] >= 0.90
    assert figures["3-2-1, on arrays"] > figures["logistic regression"] + 0.01
    assert figures["logistic regression"] > figures["majority guess"] + 0.2
    assert (folder / "students_rule.png").stat().st_size > 10_000


def test_both_engines_come_to_the_same_weights_and_verdicts(story):
    figures, _ = story
    assert figures["3-2-1, number by number"] == figures["3-2-1, on arrays"]
    assert figures["agree"] == 10_000
    assert figures["distance"] < 1e-12


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_other_students_teach_the_rule_as_well(seed):
    marks, passed = STORY["draw"](seed, 2000)
    new_marks, new_passed = STORY["draw"](seed + 100, 10_000)
    mean, deviation = marks.mean(axis=0), marks.std(axis=0)
    net = STORY["array_net"](seed=seed)
    STORY["learn"](net, (marks - mean) / deviation, passed)
    verdicts = net.predict((new_marks - mean) / deviation) > 0.5
    assert (verdicts == new_passed).mean() >= 0.90


def test_the_rule_is_the_one_of_the_story():
    marks, passed = STORY["draw"](5, 5000)
    for (assignments, written, oral), (verdict,) in zip(marks.tolist(), passed.tolist(), strict=True):
        good = [mark > 50 for mark in (assignments, written, oral)]
        assert verdict == (assignments >= 80 or sum(good) >= 2)


@pytest.fixture
def tables(tmp_path):
    TABLE["play_files"](tmp_path)
    return tmp_path / "last_year.csv", tmp_path / "this_year.csv"


def judge(tables, *options):
    return TABLE["main"](tables[0].parent, [*map(str, tables), *(options or OPTIONS)])


def test_a_table_of_ones_own_is_judged(tables):
    accuracy, majority, probabilities = judge(tables)
    assert accuracy > majority + 0.05
    with open(tables[0].parent / "verdicts.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["student", "homework", "written", "oral", "probability of a pass", "verdict"]
    assert len(rows) == 101
    assert [row[-1] for row in rows[1:]] == np.where(probabilities > 0.5, "pass", "fail").tolist()


def learned(path, target="final", passes="10"):
    """What the net would see of a table."""
    table = TABLE["read"](path)
    marks = TABLE["numbers"](path, table, ["homework", "written", "oral"])
    return table[0], marks.tolist(), TABLE["passed"](path, table, target, passes).tolist()


def test_byte_order_mark_quotes_separator_and_line_ends_change_nothing(tables):
    path = tables[0]
    plain, text = learned(path), path.read_text(encoding="utf-8")
    assert len(plain[1]) == 400
    text = text.replace(";", ",").replace("\n", "\r\n").replace("no. 1,", '"no. 1, or\r\nso",')
    for mark in ("", "\ufeff"):
        path.write_text(mark + text + "\r\n", encoding="utf-8", newline="")
        assert learned(path) == plain


def test_separators_in_quotes_do_not_count_and_a_first_line_may_tell_one(tables):
    path = tables[0]
    plain, text = learned(path), path.read_text(encoding="utf-8")
    for separator in ",|\t":
        head, _, rest = text.replace(";", separator).partition("\n")
        head = head.replace("student", '"student; one; of; many; in; a; class"')
        path.write_text(f"{head}\n{rest}", encoding="utf-8")
        assert learned(path)[1:] == plain[1:]
    path.write_text("sep=|\n" + text.replace(";", "|").replace("student", "a,b,c,d,e"), encoding="utf-8")
    names, *rest = learned(path)
    assert (names[0], rest) == ("a,b,c,d,e", list(plain[1:]))


def test_a_row_is_told_by_the_line_where_it_begins(tables):
    edited(tables[1], "no. 2;13", '"no.\n2";13;1')
    with pytest.raises(ValueError, match=r"line 3 must have 4 cells; got 5\."):
        judge(tables)
    edited(tables[1], '"no.\n2";13;1', '"no.\n2";13')
    edited(tables[1], "no. 3;", "no. 3;;")
    with pytest.raises(ValueError, match=r"line 5 must have 4 cells; got 5\."):
        judge(tables)


def test_a_word_may_say_who_passed(tables):
    path, lines = tables[0], tables[0].read_text(encoding="utf-8").splitlines()
    numbers, marked = learned(path), [lines[0]]
    for line in lines[1:]:
        rest, _, final = line.rpartition(";")
        marked.append(f"{rest};{'yes' if int(final) >= 10 else 'no'}")
    path.write_text("\n".join(marked), encoding="utf-8")
    assert learned(path, passes="yes") == numbers


def test_a_column_that_never_changes_does_no_harm(tables):
    for path in tables:
        lines = path.read_text(encoding="utf-8").splitlines()
        lines = [lines[0] + ";school", *(line + ";1" for line in lines[1:])]
        path.write_text("\n".join(lines), encoding="utf-8")
    assert np.isfinite(judge(tables, "--columns", "homework,school", *OPTIONS[2:])[2]).all()


def edited(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


BAD = [  # (which file to spoil and how), options, words of the error
    (None, ["--columns", "homework,essay"], "no column 'essay'; its columns are student, homework, written,"),
    (None, ["--target", "grade"], "last_year.csv has no column 'grade'; its columns are student, homework,"),
    (None, ["--columns", "homework,final", "--target", "oral"], "this_year.csv has no column 'final'"),
    (None, ["--columns", "homework,final"], "columns must not hold the target 'final'"),
    (None, ["--passes", "99"], "rows that pass and rows that fail; no row has final at least 99."),
    (None, ["--passes", "0"], "rows that pass and rows that fail; every row has final at least 0."),
    (None, ["--passes", "yes"], "no row has final equal to 'yes'."),
    ((1, "no. 2;", "no. 2;;"), [], "this_year.csv, line 3 must have 4 cells; got 5."),
    ((1, "oral", "written"), [], "must name each column once; got 'written' 2 times."),
    ((1, "no. 2;13", "no. 2;ill"), [], "line 3, column 'homework' must be a number; got 'ill'."),
    ((1, "no. 2;13", "no. 2;"), [], "line 3, column 'homework' must be a number; got ''."),
    ((1, "no. 2;13", "no. 2;nan"), [], "line 3, column 'homework' must be a number; got 'nan'."),
    ((1, "no. 2;13", "no. 2;12,5"), [], "column 'homework' must be a number; got '12,5'. Fix: write 12.5."),
    ((1, "no. 2;13", "no. 2;1,000"), [], "column 'homework' must be a number; got '1,000'."),
    ((1, "no. 2;13", "no. 2;1_000"), [], "column 'homework' must be a number; got '1_000'."),
    ((1, "no. 2;13", "no. 2;-1e300"), [], "column 'homework' must be within 1e+100 of 0; got '-1e300'."),
    (
        (1, "no. 2;13", '"no. 2;13'),
        [],
        "this_year.csv, line 3 must begin a row of cells; it does not: unexpected",
    ),
    (
        (1, "no. 2;13", "n" * 200_000 + ";13"),
        [],
        "line 3 must begin a row of cells; it does not: field larger",
    ),
    ((1, "student;", "verdict;"), [], "this_year.csv must have no column 'verdict', which the output adds."),
    (None, ["--columns", "homework,oral,"], "columns must be names, each once; got '' in 'homework,oral,'."),
    (None, ["--columns", "oral,oral"], "columns must be names, each once; got 'oral' in 'oral,oral'."),
    (None, ["--passes", "nan"], "no row has final equal to 'nan'."),
    (None, ["--passes", "1_0"], "no row has final equal to '1_0'."),
    ((0, ";11\n", ";absent\n"), [], "column 'final' must be a number; got 'absent'."),
]


@pytest.mark.parametrize(("edit", "options", "words"), BAD)
def test_bad_tables_get_a_sentence_and_no_output(tables, edit, options, words):
    if edit:
        edited(tables[edit[0]], *edit[1:])
    with pytest.raises(ValueError) as error:
        judge(tables, *OPTIONS, *options)
    assert words in str(error.value)
    assert not (tables[0].parent / "verdicts.csv").exists()


def test_files_that_are_read_are_never_written(tables):
    before = tables[1].read_bytes()
    with pytest.raises(ValueError, match="output must be a file of its own"):
        judge(tables, *OPTIONS, "--output", str(tables[1]))
    assert tables[1].read_bytes() == before


def test_a_file_read_is_known_by_any_name(tables):
    before, link = tables[1].read_bytes(), tables[0].parent / "link.csv"
    link.hardlink_to(tables[1])
    with pytest.raises(ValueError, match="output must be a file of its own"):
        judge(tables, *OPTIONS, "--output", str(link))
    assert tables[1].read_bytes() == before


def test_an_output_without_a_place_is_refused_before_the_training(tables, capsys):
    folder = tables[0].parent
    for output in (folder, tables[0] / "verdicts.csv"):
        with pytest.raises(
            ValueError, match=r"^judge: output must be a file that can be written; got .* \([A-Z]"
        ):
            judge(tables, *OPTIONS, "--output", str(output))
    assert "Having learnt" not in capsys.readouterr().out
    kept = folder / "kept.csv"
    kept.write_text("kept", encoding="utf-8")
    for output in (kept, folder / "new" / "verdicts.csv"):
        TABLE["check_writable"](output)
    assert kept.read_text(encoding="utf-8") == "kept"
    assert list((folder / "new").iterdir()) == []


def test_no_file_an_empty_file_and_other_bytes_get_a_sentence(tables):
    with pytest.raises(ValueError, match=r"path must be a CSV file; got .*nowhere.csv \(No such file"):
        judge((tables[0].parent / "nowhere.csv", tables[1]))
    tables[0].write_text("homework;final\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must have a header and rows below it; got only the header"):
        judge(tables)
    tables[0].write_bytes(b"homework;final\n\xff;2\n")
    with pytest.raises(ValueError, match=r"must be UTF-8 text; byte 15 is not\. Fix: save it as UTF-8\."):
        judge(tables)
