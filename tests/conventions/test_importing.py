"""Files are imported as their authors run them; what cannot be says so in one line."""

import pytest

from minnet.conventions import check

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
    found = {c.name: c for c in report.checks}
    assert {name: c.verdict for name, c in found.items()} == {
        "relu": "pass",
        "tanh": "error",
        "sin": "pass",
    }
    message = found["tanh"].cases[0].findings[0].message
    assert "im2col is needed from nowhere.im2col_cython" in message


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
        ("print 'hello'\n", "write print(...)"),
        ("x = 1 / 0\n", "line 1: x = 1 / 0"),
        ("import sys\nsys.exit(1)\n", "__main__"),
        ("import os\nos._exit(3)\n", "exit status 3"),
        ("import wobbly\nwobbly.start()\n", "install wobbly"),
        ("import numpy as np\nx = np.int(3)\n", "write int"),
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
