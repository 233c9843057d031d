"""How a story is started: `python examples/05_digits.py [FOLDER]`; and how it ends when it is stopped."""

import inspect
import os
import sys
from pathlib import Path


def play(main, about):
    """Plays main, into the folder named on the command line if it takes one; ends quietly when stopped.

    about: what --help tells, up to the first empty line. Exit codes: 2 for words that are no folder, 130
    after Ctrl-C, 1 where nobody reads the output any more.
    """
    told = "folder" in inspect.signature(main).parameters
    usage = f"usage: python examples/{Path(sys.argv[0]).name}"
    usage += " [FOLDER], for the files it leaves, demo_output by default" if told else ", nothing more"
    words = sys.argv[1:]
    try:
        if words in (["-h"], ["--help"]):
            print(about.strip().partition("\n\n")[0], usage, sep="\n\n")
        elif len(words) > told or any(word.startswith("-") or Path(word).is_file() for word in words):
            print(usage, file=sys.stderr)
            sys.exit(2)
        else:
            main(*words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is still to be flushed
        print("Stopped: nobody reads the output any more.", file=sys.stderr)
        sys.exit(1)
