"""Files that do what no homework should, checked: the report is told, and nothing lives on."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import child
from .command_line import contents
from .judge import Trial, unclear_output

#: what is done: when the file is imported, in forward, and in backward
DEEDS = {
    "exits": "raise SystemExit(0)",
    "exits by os": "import os; os._exit(0)",
    "is interrupted": "raise KeyboardInterrupt",
    "raises what is no Exception": "raise BaseException('x')",
    "kills itself": "import os, signal; os.kill(os.getpid(), 9)",
    "closes its streams": "import os; os.close(1); os.close(2); os.close(0)",
    "loses its streams": "import sys; sys.stdout = sys.stderr = sys.stdin = None",
    "prints over the terminal": "print('\\x1b[2J\\x1b[H', 'x' * 100000, flush=True)",
    "goes elsewhere": "import os; os.chdir('/')",
    "never ends": "while True: pass",
    "asks": "input('name? ')",
    "calls itself": "f = lambda: f(); f()",
    "wants all memory": "bytearray(10**13)",
    "leaves no room to recurse": "import sys; sys.setrecursionlimit(30)",
    "breaks NumPy": "import numpy; numpy.sum = numpy.asarray = numpy.zeros = None",
    "breaks what is built in": "import builtins; builtins.len = builtins.isinstance = None",
    "raises what cannot be printed": "raise type('E', (Exception,), {'__str__': lambda s: 1/0})()",
    "raises a long text": "raise Exception('\\x1b[2J' + 'n' * 10**6 + '\\n' * 99)",
    "turns warnings to errors": "import warnings as w; w.simplefilter('error'); w.warn('x')",
    "leaves a thread": "import threading as t; t.Thread(target=lambda: exec('while 1: 0')).start()",
}
TEXT = """\
import numpy as np
{top}
def relu_forward(x):
    {forward}
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    {backward}
    return dout * (cache > 0)

def tanh_forward(x): return np.tanh(x), x
def tanh_backward(dout, x): return dout / np.cosh(x) ** 2
"""


def trials() -> Iterator[Trial]:
    """Yield every deed at each of three places: sixty files."""
    if not hasattr(os, "fork"):
        return
    for deed, code in DEEDS.items():
        for place in ("top", "forward", "backward"):
            text = TEXT.format(**{"top": "", "forward": "pass", "backward": "pass", place: code})
            yield Trial(f"{place} {deed}", lambda text=text: _check(text))


def _check(text: str) -> str:
    folder = Path(tempfile.mkdtemp(prefix="minnet-fuzz-"))
    try:
        (folder / "layers.py").write_text(text, encoding="utf-8")
        before = contents(folder)
        ended = child.run(
            ["check", "layers.py"], folder, lambda: os.environ.update(MINNET_TIME_LIMIT="5")
        )
        if problem := unclear_output(ended.out, ended.err):
            return problem
        if ended.left:
            return "a process lives on"
        if ended.status not in (0, 1) or not ended.out.strip():
            return f"status {ended.status}: {(ended.out + ended.err)[-200:]!r}"
        return "" if contents(folder) == before else "the folder was changed"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
