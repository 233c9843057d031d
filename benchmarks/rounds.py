"""Processes that answer questions, a JSON line each, and rounds in which they take turns: A B, A B, ..."""

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 9


class Unavailable(Exception):
    """A worker that has died; the sentence is the last line it wrote."""


class Worker:
    """A fresh Python process: `python -m module *arguments`. While others work it waits and costs nothing."""

    def __init__(self, module, *arguments, python=sys.executable):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [python, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def ask(self, question):
        """The answer to a question. Raises Unavailable if the process has died."""
        with suppress(BrokenPipeError):  # dead already: then there is no answer, and the reason is told
            print(question, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            self.errors.seek(0)
            lines = self.errors.read().replace(f"{ROOT}/", "").strip().splitlines() or ["no answer"]
            self.close()
            raise Unavailable(lines[-1])
        return json.loads(answer)

    def close(self):
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


def answer_questions(answer):
    """The worker's side: prints answer(question) for every question until nobody asks any more."""
    for question in sys.stdin:
        print(json.dumps(answer(question.strip())), flush=True)


def take_turns(workers, questions, rounds=ROUNDS):
    """Each worker in turn is asked all questions, and that `rounds` times over.

    workers: a dict of Workers. Returns a dict of dicts of lists: [worker][question][round].
    """
    answers = {name: {question: [] for question in questions} for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            for question in questions:
                answers[name][question].append(worker.ask(question))
    return answers
