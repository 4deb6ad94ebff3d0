"""minnet demo: gradient checks and training on real data, told step by step."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from minnet.cli.arguments import natural
from minnet.report.terminal import Style, clean
from minnet.report.words import did_you_mean
from minnet.threads import one_thread

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

DEMOS = ("linear-regression", "cnn", "names")
WITHOUT_A_NAME = DEMOS[:2]


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="train on real data: linear-regression, cnn or names",
        description="Check a gradient and train, step by step, with every number shown: "
        "linear-regression (one neuron), cnn (handwritten digits) or names (which letter comes "
        "next?); without a name, the first two.",
        allow_abbrev=False,
    )
    parser.add_argument("name", metavar="DEMO", nargs="?", help="linear-regression, cnn or names")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="default 0")
    parser.add_argument(
        "--model", help="for names: transformer (the default), rnn, lstm or gru", metavar="KIND"
    )
    parser.add_argument(
        "--plots",
        metavar="DIR",
        help="write pictures there (training, filters, attention, ...)",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    wanted = WITHOUT_A_NAME if args.name is None else (args.name,)
    if args.name is not None and args.name not in DEMOS:
        return _complain(f"there is no demo {args.name!r}; {did_you_mean(args.name, DEMOS)}")
    if args.model is not None and (problem := _unfit(args.model, wanted)):
        return _complain(f"--model: {problem}")
    if args.plots == "":
        return _complain("--plots: an empty name; name a folder")
    folder = None if args.plots is None else Path(args.plots)
    if folder is not None and (problem := _prepare(folder)):
        return _complain(f"--plots: {problem}")
    start = time.perf_counter()
    try:
        with one_thread():
            for name in wanted:
                _print(_told(name, args, folder))
    except OSError as error:
        if error.filename is None:
            raise
        return _complain(f"cannot write {error.filename}: {error.strerror}")
    _print(["", f"({time.perf_counter() - start:.1f} s)"])
    return 0


def _told(name: str, args: argparse.Namespace, folder: Path | None) -> Iterator[str]:
    if name == "linear-regression":
        return _linear_regression(args.seed, folder)
    if name == "cnn":
        return _cnn(args.seed, folder)
    return _names(args.seed, args.model or "transformer", folder)


def _linear_regression(seed: int, folder: Path | None) -> Iterator[str]:
    from minnet.demos.linear_regression_story import story

    yield from story(seed)
    if folder is not None:
        from minnet.demos.pictures import draw_linear_regression

        yield from _written(draw_linear_regression(seed, folder))
    yield ""


def _cnn(seed: int, folder: Path | None) -> Iterator[str]:
    from minnet.demos.cnn_story import Kept, story

    kept: list[Kept] = []
    yield from story(seed, kept)
    if folder is not None:
        from minnet.demos.pictures import draw_cnn

        found = kept[0]
        yield from _written(draw_cnn(found.point, found.found, found.trained, folder))


def _names(seed: int, kind: str, folder: Path | None) -> Iterator[str]:
    from minnet.demos.names_story import Kept, story

    kept: list[Kept] = []
    yield from story(seed, kind, kept)
    if folder is not None:
        from minnet.demos.names_pictures import draw_names

        yield from _written(draw_names(kept[0], folder))


def _written(paths: Iterable[Path]) -> Iterator[str]:
    yield ""
    yield from (clean(f"wrote {path}") for path in paths)


def _print(lines: Iterable[str]) -> None:
    """Print line by line, in what the terminal can show, as the computation goes on."""
    style = Style.of(sys.stdout)
    for line in lines:
        print(style.finish(line), flush=True)


def _prepare(folder: Path) -> str:
    """Create the folder and try to write in it; return why that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / ".minnet-trial"
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except FileExistsError:
        return f"{folder} is a file; name a folder"
    except OSError as error:
        return f"cannot write in {folder}: {error.strerror}"
    return ""


def _unfit(kind: str, wanted: Sequence[str]) -> str:
    """Return why a kind of network cannot be had in these demos."""
    from minnet.demos.names import MODELS

    if kind not in MODELS:
        return f"there is no network {kind!r}; {did_you_mean(kind, MODELS)}"
    return (
        "" if "names" in wanted else f"it belongs to another demo: minnet demo names --model {kind}"
    )


def _complain(message: str) -> int:
    print(clean(f"minnet demo: {message}"), file=sys.stderr)
    return 2
