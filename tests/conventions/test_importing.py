"""Files are imported as their authors run them; what cannot be says so in one line."""

import json

import pytest

from minnet.conventions import check, importing

PAIR = (
    "import numpy as np\n"
    "def relu_forward(x): return np.maximum(x, 0), x\n"
    "def relu_backward(dout, x): return dout * (x > 0)\n"
)


def write(folder, **files):
    """Write files (``package__module="source"``) and return the folder."""
    for name, source in files.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return folder


def error_of(path):
    (target,) = check(path).targets
    assert target.verdict == "error"
    assert "\n" not in target.error
    return target.error


@pytest.mark.parametrize("with_init", [True, False])
def test_relative_imports_and_imports_by_the_packages_name(tmp_path, with_init):
    files = {
        "cs231n__layers": PAIR,
        "cs231n__utils": "from .layers import *\nfrom cs231n.layers import relu_forward as f\n"
        "def affine_relu_forward(x, w, b):\n"
        "    a = x.reshape(len(x), -1) @ w + b\n"
        "    out, cache = f(a)\n"
        "    return out, (x, w, cache)\n"
        "def affine_relu_backward(dout, cache):\n"
        "    x, w, c = cache\n"
        "    d = relu_backward(dout, c)\n"
        "    return (d @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ d, d.sum(axis=0)\n",
    }
    if with_init:
        files["cs231n____init__"] = ""
    folder = write(tmp_path, **files)
    if with_init:
        (folder / "cs231n" / "__init__.py").write_text("", encoding="utf-8")
    report = check(folder / "cs231n" / "utils.py")
    assert report, str(report)
    assert [c.name for c in report.checks] == ["affine_relu"], "what is imported is not its own"


TENSOR = """
import numpy as np
import {top}.ops as ops

class Tensor:
    def __init__(self, data, before=()):
        self.data, self.before, self.grad = np.array(data, dtype=float), before, 0.0

    def __mul__(self, other):
        return ops.mul(self, other) if isinstance(other, Tensor) else NotImplemented

    def __add__(self, other):
        return Tensor(self.data + other.data, [(self, lambda g: g), (other, lambda g: g)])

    def backward(self, grad=None):
        grad = np.ones_like(self.data) if grad is None else grad
        self.grad = self.grad + grad
        for one, rule in self.before:
            one.backward(rule(grad))
"""
OPS = """
from {top}.tensor import Tensor
from {top} import registry

@registry.once("mul")
def mul(a, b):
    return Tensor(a.data * b.data, [(a, lambda g: g * b.data), (b, lambda g: g * a.data)])
"""
REGISTRY = """
KNOWN = {}

def once(name):
    def keep(function):
        if name in KNOWN:
            raise RuntimeError(f"{name} is registered already")
        KNOWN[name] = function
        return function
    return keep
"""


@pytest.mark.parametrize("inside", ["repo__engine", "engine"])
@pytest.mark.parametrize("with_init", [True, False])
def test_a_package_is_there_once_whatever_folder_it_lies_in(tmp_path, inside, with_init):
    """A class of a second copy is not that of the first, and what registers itself does so once."""
    write(
        tmp_path,
        repo____init__="",
        **{f"{inside}__tensor": TENSOR.format(top="engine")},
        **{f"{inside}__ops": OPS.format(top="engine")},
        **{f"{inside}__registry": REGISTRY},
    )
    folder = tmp_path.joinpath(*inside.split("__"))
    if with_init:
        (folder / "__init__.py").write_text("from engine.tensor import Tensor", encoding="utf-8")
    for name, measured in (("tensor", "Tensor.__mul__"), ("ops", "mul")):
        (target,) = check(folder / f"{name}.py").targets
        assert measured in {result.name for result in target.checks if result.verdict == "pass"}


def test_neighbours_and_the_modules_of_python_2_days(tmp_path):
    head = (
        "from __future__ import print_function\n"
        "from builtins import range, object\n"
        "from past.builtins import xrange\n"
        "from six.moves import cPickle, zip\n"
        "import neighbour\n"
        "print('hello', xrange(3))\n"
        "get_ipython().magic('load_ext autoreload')\n"
        "import matplotlib.pyplot as plt\n"
        "plt.plot([1]); plt.show()\n"
    )
    write(tmp_path, layers=head + PAIR, neighbour="x = 1")
    assert check(tmp_path / "layers.py")


def test_absent_helpers_hurt_only_what_uses_them(tmp_path):
    source = (
        "from nowhere.im2col_cython import im2col\n"
        "import numba\n" + PAIR + "def tanh_forward(x): return im2col(x), x\n"
        "def tanh_backward(dout, x): return dout\n"
        "@numba.njit(parallel=True)\n"
        "def sin_forward(x): return np.sin(x), x\n"
        "def sin_backward(dout, x): return dout * np.cos(x)\n"
    )
    report = check(write(tmp_path, layers=source) / "layers.py")
    assert {c.name: c.verdict for c in report.checks} == {"relu": "pass", "sin": "pass"}
    (skipped,) = report.targets[0].skipped
    assert skipped.name == "tanh"
    assert skipped.reason.startswith("nowhere.im2col_cython.im2col is needed: ")
    assert skipped.reason.endswith("install nowhere")


def test_a_guarded_import_keeps_its_guard(tmp_path):
    source = "try:\n    import cupyish as np\nexcept ImportError:\n    import numpy as np\n"
    assert check(write(tmp_path, layers=source + PAIR) / "layers.py")


@pytest.mark.parametrize("name", ["random", "layers", "numpy_", "test", "conventions"])
def test_a_file_may_have_the_name_of_a_module(tmp_path, name):
    assert check(write(tmp_path, **{name: PAIR}) / f"{name}.py")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "is empty"),
        ("def f(:\n", "SyntaxError"),
        ("print 'hello' if\n", "SyntaxError"),
        ("x = 1 / 0\n", "line 1: x = 1 / 0"),
        ("import sys\nsys.exit(1)\n", "__main__"),
        ("import os\nos._exit(3)\n", "exit status 3"),
        ("import wobbly\nx = 1 + wobbly.start()\n", "install wobbly"),
        ("x = open('nowhere.npz').read()\n", "put nowhere.npz where the file looks for it"),
        ("x = 3\n", "nothing to check"),
        ("def f(): return f()\nf()\n", "RecursionError"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(tmp_path, source, said):
    assert said in error_of(write(tmp_path, layers=source) / "layers.py")


def test_a_file_that_is_not_text_says_so(tmp_path):
    path = tmp_path / "layers.py"
    path.write_bytes(b"x = '\xff\xfe'\n")
    assert "UTF-8" in error_of(path)


def test_names_that_do_not_exist_bring_the_nearest(tmp_path):
    write(tmp_path, layers=PAIR)
    assert "did you mean" in error_of(tmp_path / "layer.py")
    assert "relu_forward" in error_of(f"{tmp_path / 'layers.py'}:rely_forward")
    assert "folder" in error_of(tmp_path)
    assert "no module 'nosuchmodule'" in error_of("nosuchmodule")


def test_a_part_of_a_file_by_name(tmp_path):
    source = (
        PAIR + "class A:\n    def forward(self, x): return x\n    def backward(self, d): return d\n"
    )
    source += "layer = A()\n"
    path = write(tmp_path, layers=source) / "layers.py"
    for name, expected in [
        ("relu", "relu"),
        ("relu_backward", "relu"),
        ("A", "A"),
        ("layer", "layer"),
    ]:
        report = check(f"{path}:{name}")
        assert report
        assert [c.name for c in report.checks] == [expected]


def test_modules_by_name(tmp_path, monkeypatch):
    write(tmp_path, pack__layers=PAIR)
    monkeypatch.syspath_prepend(tmp_path)
    for target in ("pack.layers", "pack.layers:relu", "pack.layers.relu"):
        assert [c.name for c in check(target).checks] == ["relu"]


def test_the_books_own_package_is_stood_in_for(tmp_path):
    """Code of the book begins with nnfs.init() and a spiral, and trains where it stands."""
    file = tmp_path / "chapter.py"
    file.write_text(
        "import nnfs\nfrom nnfs.datasets import spiral_data\nnnfs.init()\n"
        "X, y = spiral_data(samples=50, classes=3)\nassert X.shape == (150, 2) == (len(y), 2)\n"
        "class Identity:\n"
        "    def forward(self, inputs): self.output = inputs * 1.0\n"
        "    def backward(self, dvalues): self.dinputs = dvalues.copy()\n",
        encoding="utf-8",
    )
    assert check(file)


def test_a_gelu_needs_no_scipy(tmp_path):
    file = tmp_path / "gelu.py"
    file.write_text(
        "import numpy as np\nimport scipy\nfrom scipy.special import erf\n"
        "class GELU:\n"
        "    def forward(self, Z):\n"
        "        self.Z = Z\n"
        "        return 0.5 * Z * (1 + scipy.special.erf(Z / np.sqrt(2)))\n"
        "    def backward(self, dLdA):\n"
        "        slope = np.exp(-self.Z**2 / 2) / np.sqrt(2 * np.pi)\n"
        "        return dLdA * (0.5 * (1 + erf(self.Z / np.sqrt(2))) + self.Z * slope)\n",
        encoding="utf-8",
    )
    assert check(file)


def test_a_statement_that_fails_costs_only_what_it_makes(tmp_path):
    source = (
        "import sys\nimport numpy as np\n"
        "data = np.load('mnist.npz')\n"
        "images = data['x']\n" + PAIR + "class Shift:\n"
        "    def forward(self, x): return x + images\n"
        "    def backward(self, dout): return dout\n"
        "sys.exit('usage: layers.py FILE')\n"
        "class Double:\n"
        "    def forward(self, x): return 2 * x\n"
        "    def backward(self, dout): return 2 * dout\n"
    )
    report = check(write(tmp_path, layers=source) / "layers.py")
    assert [c.name for c in report.checks] == ["relu", "Double"]
    assert report
    reasons = {item.name: item.reason for item in report.targets[0].skipped}
    assert reasons.keys() == {"Shift", "the rest of the file"}
    assert all("put mnist.npz where the file looks for it" in r for r in reasons.values())
    assert "layers.py, line 3" in reasons["Shift"]
    assert "1 line more" in reasons["the rest of the file"], "images failed for data alone"


def test_a_training_loop_in_the_file_is_broken_off(tmp_path, monkeypatch):
    monkeypatch.setenv("MINNET_TIME_LIMIT", "8")
    source = "import itertools\n" + PAIR + "for step in itertools.count(): loss = 1 / (1 + step)\n"
    report = check(write(tmp_path, layers=source) / "layers.py")
    assert report
    (skipped,) = report.targets[0].skipped
    assert "it takes too long" in skipped.reason
    assert "__main__" in skipped.reason


CLASS = (
    "    def forward(self, x):\n        self.x = x\n        return np.sin(x)\n"
    "    def backward(self, dout): return dout * np.cos(self.x)\n"
)


@pytest.mark.parametrize(
    "head",
    [
        "import tensorflowish as tf\nclass Sine(tf.keras.Layer):\n"
        "    def __init__(self): super().__init__(name='sine')\n",
        "from basis_that_is_missing import *\nclass Sine(Layer):\n",
        "from torchy import nn\nclass Sine:\n    device = nn.device('cuda', index=nn.best())\n",
        "from collections import Hashable, OrderedDict\nfrom collections import Wobbly\n"
        "assert isinstance(3, Hashable) and OrderedDict\nclass Sine:\n",
        "from scipyish import signal, special\nimport scipy.special, scipy.signal\n"
        "from scipy.special import expit, wobbly\nclass Sine:\n",
        "import cupyish as cp\nX = cp.zeros((2, 2)) + 1\nclass Sine:\n",
        "import numpy.typing as npt\nArray = npt.NDArray[np.float_]\nx = np.int(3)\nclass Sine:\n",
        "from tqdm import tqdm\nfor i in tqdm(range(3)): pass\nassert i == 2\nclass Sine:\n",
    ],
)
def test_what_is_missing_beside_a_class_does_not_hinder_it(tmp_path, head):
    source = "import numpy as np\n" + head + CLASS
    report = check(write(tmp_path, layers=source) / "layers.py")
    assert report
    assert [c.name for c in report.checks] == ["Sine"]
    assert report.targets[0].skipped == ()


def test_a_decorator_that_is_missing_leaves_the_function_as_it_is(tmp_path):
    source = "import tensorflowish as tf\nimport numpy as np\nclass Sine:\n" + CLASS
    decorated = source.replace("    def forward", "    @tf.function\n    def forward")
    decorated = decorated.replace("    def backward", "    @tf.wrap(jit=True)\n    def backward")
    report = check(write(tmp_path, layers=decorated) / "layers.py")
    assert report
    assert len(report.checks) == 1


def test_cupy_is_read_as_numpy(tmp_path):
    source = "import cupy as np\nassert np.asnumpy(np.ones(2)).sum() == 2\nclass Sine:\n" + CLASS
    assert check(write(tmp_path, layers=source) / "layers.py").checks


def test_what_a_missing_base_class_would_do_is_not_the_authors_mistake(tmp_path):
    source = (
        "from nowhere import Layer\nclass Scale(Layer):\n"
        "    def forward(self, x): return x * self.factor()\n"
        "    def backward(self, dout): return dout * self.factor()\n"
    )
    said = error_of(write(tmp_path, layers=source) / "layers.py")
    assert "install nowhere" in said


def test_a_package_beside_a_file_of_its_name(tmp_path):
    write(
        tmp_path,
        layers="from layers.relu import *\nimport helper\n" + PAIR,
        layers__relu="x = 1\n",
        helper="from layers.relu import x\n",
    )
    assert check(tmp_path / "layers.py")


@pytest.mark.parametrize("folder", ["numpy-net", "v1.0", "code", "json"])
def test_relative_imports_from_a_folder_whose_name_is_no_packages(tmp_path, folder):
    source = "from ..helper import factor\nfrom .near import shift\n" + PAIR + "factor + shift\n"
    write(tmp_path, **{"helper": "factor = 2\n"})
    inner = tmp_path / folder
    inner.mkdir()
    (inner / "near.py").write_text("shift = 1\n", encoding="utf-8")
    (inner / "layers.py").write_text(source, encoding="utf-8")
    report = check(inner / "layers.py")
    assert report
    assert report.targets[0].skipped == ()


def test_a_name_that_a_neighbour_lacks_is_said_to_be_missing_there(tmp_path):
    source = "from neighbour import wobbly\n" + PAIR.replace("dout *", "wobbly(dout) *")
    write(tmp_path, layers=source, neighbour="import os\n")
    assert "neighbour has no wobbly" in error_of(tmp_path / "layers.py")


def test_code_in_python_2_is_read(tmp_path):
    source = (
        "print 'training'\nprint 'a %d' % (\n    3)\n"
        + PAIR
        + "try:\n    for i in xrange(3): print i\n"
        "    if i:\n\tprint i\n"
        "except ValueError, error:\n    raise ValueError, 'no'\n"
    )
    report = check(write(tmp_path, layers=source) / "layers.py")
    assert report
    assert report.targets[0].skipped == ()
    assert report.targets[0].notes == ("it is in Python 2, as line 1 says, and was run as such",)


def test_what_was_put_in_for_an_older_python_and_numpy_is_told(tmp_path):
    new = PAIR.replace("dout * (x > 0)", "np.reshape(dout * (x > 0), x.shape).astype(float)")
    assert check(write(tmp_path, layers=new) / "layers.py").targets[0].notes == ()
    old = new.replace("x.shape", "newshape=x.shape").replace("(float)", "(np.float)")
    old += "for i in xrange(2): pass\n"
    report = check(write(tmp_path, layers=old) / "layers.py")
    assert report
    line, last = (1 + old[: old.index(it)].count("\n") for it in ("newshape", "xrange"))
    python, numpy = report.targets[0].notes
    assert python == f"it is in Python 2, as line {last} says (xrange), and was run as such"
    assert f"np.float (line {line})" in numpy
    assert f"newshape= (line {line})" in numpy
    assert "note: it is in Python 2" in str(report)
    assert json.loads(report.to_json())["targets"][0]["notes"] == [python, numpy]


def test_a_package_whose_folder_is_called_otherwise_is_found(tmp_path):
    source = "from mylib.parts.same import same\n" + PAIR.replace("dout *", "same(dout) *")
    write(tmp_path, nets__layers=source, parts__same="def same(x): return x\n")
    report = check(tmp_path / "nets" / "layers.py")
    assert report
    assert report.targets[0].skipped == ()


POOL = """{head}import numpy as np
def halve_forward(x):
    n = x.shape[1] / 2
    out = np.zeros(({made}, n))
    for i in {range}(n):
        out[:, i] = x[:, 2 * i] + x[:, 2 * i + 1] / 2
    return out, x
def halve_backward(dout, x):
    dx = np.zeros_like(x)
    for i in {range}(x.shape[1] / 2):
        dx[:, 2 * i] = dout[:, i]
        dx[:, 2 * i + 1] = dout[:, i] / 2
    return dx
"""


@pytest.mark.parametrize(
    ("head", "range_", "right"),
    [
        ("", "xrange", True),
        ("def size(x): return reduce(lambda a, b: a * b, x.shape)\n", "range", True),
        ("from functools import reduce\ndef size(x): return reduce(max, x)\n", "range", False),
        ("def helper(xrange): return xrange\n", "range", False),
        ("from past.builtins import xrange\n", "xrange", False),
        ("from __future__ import division\n", "xrange", False),
    ],
)
def test_code_that_only_python_2_can_mean_divides_as_it_does(tmp_path, head, range_, right):
    source = POOL.format(head=head, range=range_, made="len(x)")
    assert bool(check(write(tmp_path, layers=source) / "layers.py")) is right


@pytest.mark.parametrize(
    ("beside", "own", "right"),
    [
        ("print 'it is old'\n", "", True),
        ("print('it is new')\n", "", False),
        ("print 'it is old'\n", "half = 1 / 2\n", False),
        ("print 'it is old'\n", "root = lambda x: 1 / np.sqrt(x)\n", True),
        ("print 'it is old'\n", "def shape(x: list): return x\n", False),
    ],
)
def test_code_beside_python_2_is_of_it_unless_it_says_otherwise(tmp_path, beside, own, right):
    source = own + POOL.format(head="", range="range", made="len(x)")
    folder = write(tmp_path, layers=source, checks=beside)
    assert bool(check(folder / "layers.py")) is right


def test_a_range_of_python_2_is_a_list(tmp_path):
    source = "print 'hi'\n" + PAIR.replace("dout * (x > 0)", "dout * (x > 0) * len([0] + range(0))")
    assert check(write(tmp_path, layers=source) / "layers.py")
    assert not check(write(tmp_path, layers=source.partition("\n")[2]) / "layers.py")


def test_the_dictionaries_of_python_2(tmp_path):
    source = PAIR.replace("return np.maximum(x, 0)", "return sum(v for _, v in named(x))")
    source += "def named(x): return {i: np.maximum(x, 0) for i in xrange(1)}.iteritems()\n"
    source = source.replace("(x > 0)", "(x > 0 if {0: x}.has_key(0) else zip([x])[1])")
    assert check(write(tmp_path, layers=source) / "layers.py")


def test_a_method_of_old_dictionaries_tells_python_2_where_nothing_is_of_python_3(tmp_path):
    source = PAIR + "HALF = 1\ndef named(x): return x.iteritems(), HALF / len(x)\n"
    (target,) = check(write(tmp_path / "old", layers=source) / "layers.py").targets
    assert "(iteritems)" in " ".join(target.notes)
    source += "def said(x): return f'{x}'\n"
    (target,) = check(write(tmp_path / "new", layers=source) / "layers.py").targets
    assert not target.notes


def test_a_package_that_another_python_has_compiled_is_read_without_that(tmp_path):
    write(
        tmp_path,
        course__layers=PAIR,
        course__nets__net="from course.layers import *\n"
        + PAIR.replace("return np.maximum(x, 0), x", "return relu_forward(x)").replace(
            "relu", "own_relu", 1
        ),
    )
    (tmp_path / "course" / "__init__.pyc").write_bytes(b"\x03\xf3\r\n" + bytes(60))
    report = check(tmp_path / "course" / "nets" / "net.py")
    assert report.verdict == "pass", str(report)


def test_the_names_of_a_star_import_that_fails_are_not_misspelt(tmp_path):
    source = "from broken import *\n" + PAIR.replace("np.maximum", "largest_of")
    write(tmp_path, broken="def largest_of(:\n", net=source)
    said = str(check(tmp_path / "net.py"))
    assert "broken.largest_of is needed" in " ".join(said.split()), said
    assert "misspelling" not in said


def test_a_missing_star_import_brings_no_name_that_is_a_function_s_own(tmp_path):
    source = (
        "from missing_data import *\ndef gradient(g):\n    dW = 2 * g\n    return dW + unknown\n"
    )
    module = importing.load(str(write(tmp_path, net=PAIR + source) / "net.py")).module
    assert not {"dW", "g"} & {*vars(module)}
    assert "unknown" in vars(module)


@pytest.mark.parametrize("package", ["course", "inner__course"])
def test_what_a_course_would_have_compiled_is_stood_in_for(tmp_path, package):
    fast = (
        "try:\n    from course.im2col_cython import col2im_cython, im2col_cython\n"
        "except ImportError:\n    print('python setup.py build_ext')\n"
        "def unfold_forward(x): return im2col_cython(x, 2, 2, 1, 1), x.shape\n"
        "def unfold_backward(dout, shape): return col2im_cython(dout, *shape, 2, 2, 1, 1)\n"
        "def minnet_cases(rng):\n"
        "    yield (unfold_forward, unfold_backward), (rng.standard_normal((2, 3, 4, 3)),)\n"
    )
    write(tmp_path, **{f"{package}____init__": "", f"{package}__fast": fast})
    assert check(tmp_path.joinpath(*package.split("__"), "fast.py"))


def test_numpys_arguments_of_old(tmp_path):
    source = PAIR.replace("dout * (x > 0)", "np.reshape(dout * (x > 0), newshape=x.shape)")
    assert check(write(tmp_path, layers=source) / "layers.py")


def test_what_another_file_leaves_to_be_written_is_not_for_this_one_to_do(tmp_path):
    source = "from helper import product\n" + PAIR.replace("dout * (x > 0)", "product(dout, x)")
    write(tmp_path, layers=source, helper="def product(a, b): raise NotImplementedError\n")
    assert "product() of helper.py, which is not implemented" in error_of(tmp_path / "layers.py")


def test_a_circle_of_imports_is_complete_in_the_end(tmp_path):
    write(
        tmp_path,
        pack__layers="from pack.tensor import same\n"
        + PAIR.replace("dout *", "same(dout) *")
        + "def half(x): return x / 2\n",
        pack__tensor="from pack.layers import half\ndef same(x): return 2 * half(x)\n",
    )
    (tmp_path / "pack" / "__init__.py").write_text("", encoding="utf-8")
    report = check(tmp_path / "pack" / "layers.py")
    assert report
    assert report.targets[0].skipped == ()


def test_the_line_of_a_mistake_is_known_in_a_file_run_statement_by_statement(tmp_path):
    source = PAIR.replace("dout * (x > 0)", "np.multiply(dout, x > 0) * 2")
    (found,) = check(write(tmp_path, layers=source) / "layers.py").checks
    (gradient, *_) = found.cases[0].gradients
    assert gradient.diagnosis[0].line.number == 3


def test_what_stands_for_a_missing_module_can_be_looked_for(tmp_path):
    head = (
        "from importlib.util import find_spec\nassert find_spec('past') and find_spec('absent')\n"
    )
    write(tmp_path, layers=f"import past.builtins, absent\n{head}{PAIR}")
    assert check(tmp_path / "layers.py")
    assert not check(tmp_path / "layers.py").targets[0].error


def test_a_name_that_no_disk_takes_is_a_wrong_target():
    (target,) = check("x" * 300 + ".py").targets
    assert target.wrong_target and "Traceback" not in target.error and len(target.error) < 500
