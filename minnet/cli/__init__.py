"""The command line: ``minnet COMMAND ...``.

Each command is a module here with ``add_parser(subparsers)``, which sets ``func`` to what runs
it and returns the exit status. Only the command that is wanted is imported.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

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
    status = _guarded(lambda: _run(given), 0)
    return _guarded(lambda: sys.stdout.flush() or status, status)  # a full disk shows only now


def _guarded(run: Callable[[], int], enough: int) -> int:
    """Return the status of what runs, and say in one line what the system refuses it.

    `enough` is the status where the reader of our output has gone (``| head``).
    """
    try:
        return run()
    except SystemExit as stop:  # argparse has said what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    except BrokenPipeError:
        _discard_output()
        return enough
    except OSError as error:
        if error.filename is None and error.errno in _UNWRITTEN:
            _discard_output()
        _say(_told(error))
        return 2 if error.errno in _NO_NAME else 1
    except MemoryError as error:
        _say(" ".join(f"there is not enough memory: {error}".split()))
        return 1
    except KeyboardInterrupt:
        _say("interrupted")
        return 130


#: what a stream says that cannot take any more, and what a name is that cannot be one
_UNWRITTEN = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF, errno.EDQUOT)
_NO_NAME = (errno.ENAMETOOLONG, errno.EINVAL)


def _told(error: OSError) -> str:
    """Return in one line what the system refused."""
    why = error.strerror or str(error) or type(error).__name__
    if error.filename is not None:
        return f"{os.fsdecode(error.filename):.60}: {why}"
    if error.errno in _UNWRITTEN:
        return f"the output cannot be written: {why}"
    with contextlib.suppress(OSError):
        os.getcwd()
        return why
    return "the current folder is not there any more: change to another one"


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        print(f"minnet: {line}", file=sys.stderr, flush=True)


def _discard_output() -> None:
    from minnet.cli.outputs import discard_output

    discard_output()


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and those of the command that they are about."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse what this command does not know, before the one above it does."""
        found, unknown = super().parse_known_args(args, namespace)
        for action in self._actions:  # what argparse makes of --at=--
            if action.nargs is None and getattr(found, action.dest, None) == []:
                self.error(f"{'/'.join(action.option_strings) or action.metavar}: -- is no value")
        if unknown:
            from minnet.report.words import nearest

            name = unknown[0].partition("=")[0]
            known = list(self._option_string_actions) if name.startswith("-") else []
            near = nearest(name, known)
            hint = f"; did you mean {near}?" if near else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return found, unknown

    def print_help(self, file: Any = None) -> None:
        """Print the help; that the disk is full is told, where argparse would keep quiet."""
        print(self.format_help(), end="", file=file or sys.stdout)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read more, and end with status 2."""
        told = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
        self.exit(2, f"{self.prog}: {told} ({self.prog} --help)\n")


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
    args = parser.parse_args(given)
    if args.version:
        from minnet import __version__

        print(f"minnet {__version__}")
        return 0
    if wanted is None:
        parser.print_help()
        return 0
    return int(args.func(args))
