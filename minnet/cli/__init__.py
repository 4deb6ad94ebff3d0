"""The command line: ``minnet COMMAND ...``.

Each command is a module here with ``add_parser(subparsers)``, which sets ``func`` to what runs
it and returns the exit status. Only the command that is wanted is imported.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

#: every command, in the order of the help, with its line there
COMMANDS = {
    "demo": "train on real data: linear-regression, cnn or names",
    "check": "check backward passes: a file, a module, a class; or minnet's own layers",
    "explain": "what a diagnosis means, its maths, and the usual fix",
    "derivative": "a function's derivative at a point, by every method side by side",
    "step": "walk through forward and backward, an operation at a time",
    "tutorial": "from a slope to a small transformer: list, step through, exercises",
    "assignment": "assignments that grade themselves: list, new, build, check",
    "grade": "grade a submission of an assignment, or a class of them",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0: everything passed. 1: something did not. 2: the command line is wrong.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by whoever called: 2>&-
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        return _run(given)
    except SystemExit as stop:  # argparse has said what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    except BrokenPipeError:  # the reader of our output has gone (| head)
        from minnet.cli.outputs import discard_output

        discard_output()
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read more, and end with status 2."""
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help)\n")


def _refuse(unknown: Sequence[str], parser: argparse.ArgumentParser) -> NoReturn:
    """Say which arguments are not known, with the nearest option that is."""
    from minnet.report.words import nearest

    options = [option for action in parser._actions for option in action.option_strings]
    wrong = next((argument for argument in unknown if argument.startswith("-")), "")
    near = nearest(wrong.partition("=")[0], options)
    hint = f"; did you mean {near}?" if near else ""
    parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")


def _run(given: list[str]) -> int:
    wanted = next((argument for argument in given if not argument.startswith("-")), None)
    parser = Parser(
        prog="minnet",
        description="Neural-network layers written by hand, and a checker for backward passes.",
        epilog="minnet COMMAND --help tells more of each. Exit status: 0 everything passed, "
        "1 something did not, 2 the command line is wrong.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)
    for name, summary in COMMANDS.items():
        if name != wanted:
            commands.add_parser(name, help=summary, add_help=False)
    if wanted is not None and wanted not in COMMANDS:
        from minnet.report.words import did_you_mean

        hint = did_you_mean(wanted, COMMANDS)
        parser.exit(2, f"minnet: there is no command {wanted!r}; {hint}\n")
    if wanted is not None:
        if importlib.util.find_spec(f"minnet.cli.{wanted}") is None:
            parser.exit(2, f"minnet: the command {wanted!r} is not part of this installation\n")
        importlib.import_module(f"minnet.cli.{wanted}").add_parser(commands)
    args, unknown = parser.parse_known_args(given)
    if unknown:
        _refuse(unknown, commands.choices[wanted] if wanted else parser)
    if args.version:
        from minnet import __version__

        print(f"minnet {__version__}")
        return 0
    if wanted is None:
        parser.print_help()
        return 0
    return int(args.func(args))
