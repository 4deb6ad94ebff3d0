"""A softmax, or a sigmoid, and a cross-entropy whose derivatives are taken together.

p - y is the gradient of both with respect to what the softmax was given. Many return it from the
loss, and have the softmax pass it on. Each by itself is not the derivative of its own forward;
that it is meant so shows in the other one, in the same file or beside it.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from typing import TypeGuard

import numpy as np

from minnet.arrays import Array
from minnet.gradcheck.diagnosis.customs.neighbours import file_of, files_beside, names_in, tree_of
from minnet.gradcheck.diagnosis.evidence import Evidence
from minnet.patterns import pattern
from minnet.report.results import GradientResult

PASSED_ON = (
    "The gradient of {{wrt}} is dout, passed on as it is: right behind {other}, which returns the "
    "gradient with respect to {{wrt}} already: a convention of the two together. It is not the "
    "derivative of forward."
)
OF_BOTH = (
    "The gradient of {{wrt}} is {{wrt}} minus the target: that with respect to what {other} was "
    "given, which passes it on: a convention of the two together. It is not the derivative of "
    "forward."
)
OF_THE_ONLY_ONE = (
    "The gradient of {{wrt}} is {{wrt}} minus the target: that with respect to what {other} was "
    "given, which has no derivative of its own here: a convention of the two together. It is not "
    "the derivative of forward."
)
AS_IT_SAYS = (
    "The gradient of {wrt} is {wrt} minus the target: that with respect to what a softmax, or a "
    "sigmoid, in front of it was given, as the docstring says: a convention of the two together. "
    "It is not the derivative of forward."
)
PASSED_ON_AS_IT_SAYS = (
    "The gradient of {wrt} is dout, passed on as it is: the loss behind it is to return the "
    "gradient with respect to {wrt} already, as the author says beside it: a convention of the "
    "two together. It is not the derivative of forward."
)
#: said of a softmax, or of its backward: the loss does its part
_IN_THE_LOSS = pattern(
    r"\b((calculat|comput|handl|includ|consider)\w*|done|taken)\s+(\w+\s+){0,2}?"
    r"(in|by|inside|within)\s+(\w+\s+){0,3}?(loss|cross[\s_-]?entropy)|"
    r"\b(combined|merged|fused|together)\s+with\s+(\w+\s+){0,3}?(loss|cross[\s_-]?entropy)|"
    r"\bcomes?\s+from\s+(\w+\s+)?cross[\s_-]?entropy",
    re.I,
)
_BEFORE_IT = pattern(
    r"(w\.?\s?r\.?\s?t\.?|with respect to)\s+(the\s+)?(\w+\s+)?"
    r"(linear|logits?|scores|pre-?activation)",
    re.I,
)
_SOFTMAX = pattern(r"soft_?max", re.I)
_SQUASHES = pattern(r"soft_?max|sigmoid|logistic", re.I)
_ENTROPY = pattern(r"cross_?ent|x_?ent|(^|_)b?ce(_|$)|BCE|log_?loss|nll|log_?likelihood", re.I)
_BACKWARD = pattern(r"back|grad|deriv|prime|bprop", re.I)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def fused(evidence: Evidence, result: GradientResult) -> str:
    """A softmax that passes its gradient on, or a loss that returns the gradient of both."""
    if evidence.contract or evidence.analytic is None:
        return ""
    words = " ".join(getattr(f, "__qualname__", "") for f in evidence.case.code.values())
    if _SQUASHES.search(words) and not _ENTROPY.search(words) and _is_passed_on(evidence):
        other = _partner(evidence, _ENTROPY, _SQUASHES, _returns_a_difference)
        if other:
            return PASSED_ON.format(other=other)
        return PASSED_ON_AS_IT_SAYS if _IN_THE_LOSS.search(_said(evidence)) else ""
    if _ENTROPY.search(words) and _is_difference(evidence):
        if _BEFORE_IT.search(getattr(evidence.case.code.get("backward"), "__doc__", None) or ""):
            return AS_IT_SAYS
        other = _partner(evidence, _SQUASHES, _ENTROPY, _returns_its_argument)
        if other:
            return OF_BOTH.format(other=other)
        alone = _softmax_without_derivative(evidence)
        return OF_THE_ONLY_ONE.format(other=alone) if alone else ""
    return ""


def _said(evidence: Evidence) -> str:
    """Return what the author says of a backward pass: docstrings, and its comments."""
    backward = evidence.case.code.get("backward")
    holder = getattr(backward, "__qualname__", "").rpartition(".")[0]
    cls = getattr(backward, "__globals__", {}).get(holder)
    said = [getattr(cls, "__doc__", None) or "", getattr(backward, "__doc__", None) or ""]
    with contextlib.suppress(OSError, TypeError, tokenize.TokenError, IndentationError):
        source = io.StringIO(textwrap.dedent(inspect.getsource(backward or print)))
        tokens = tokenize.generate_tokens(source.readline)
        said += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(said)


def _is_passed_on(evidence: Evidence) -> bool:
    return np.array_equal(evidence.a.ravel(), evidence.dout)


def _is_difference(evidence: Evidence) -> bool:
    """Return whether the gradient is the prediction minus a target, times one number."""
    x, a = evidence.x, evidence.a
    others = (v for n, v in evidence.case.originals().items() if n not in evidence.case.variables)
    return any(_are_proportional(a, x - y) for target in others for y in _as_given(target, x))


def _as_given(target: Array, x: Array) -> Iterator[Array]:
    """Yield a target of the prediction's shape: as it is, or with a 1 for each label."""
    target = np.asarray(target)
    if target.shape == x.shape:
        yield target
    elif target.size == len(x) and x.ndim == 2 and target.dtype.kind in "iu":
        labels = target.ravel()
        if labels.min() >= 0 and labels.max() < x.shape[1]:
            yield np.eye(x.shape[1])[labels]


def _are_proportional(a: Array, b: Array) -> bool:
    factor = float(np.vdot(a, b) / max(float(np.vdot(b, b)), np.finfo(float).tiny))
    return factor > 0 and np.allclose(a, factor * b, rtol=1e-9, atol=1e-12)


def _partner(
    evidence: Evidence,
    named: re.Pattern[str],
    not_named: re.Pattern[str],
    does: Callable[[_Function, ast.stmt], bool],
) -> str:
    """Return the name of what is beside the code, is called so, and has a backward that `does`.

    Beside means: in the same file, or used with it in one that imports it; or in the same package,
    where all of that name do.
    """
    backward = evidence.case.code.get("backward")
    file = file_of(backward)
    if file is None:
        return ""
    own = getattr(backward, "__qualname__", "").partition(".")[0]
    beside = {path: tree_of(path) for path in files_beside(file)}
    users = (names for tree in beside.values() if (names := names_in(tree)) >= {own, file.stem})
    used_with = {name for names in users for name in names}
    own_tree = beside.pop(file.resolve(), None) or tree_of(file)
    found = [
        (path, name, does(function, holder))
        for path, tree in {file.resolve(): own_tree, **beside}.items()
        for name, function, holder in _backwards(tree)
        if named.search(name) and not not_named.search(name)
    ]
    folder = file.resolve().parent
    package = folder if (folder / "__init__.py").exists() else None
    others = {name for path, name, does_so in found if path.parent == package and not does_so}
    for path, name, does_so in found:
        near = path.parent == package and name not in others
        if does_so and (path == file.resolve() or near or name in used_with):
            return name
    return ""


def _softmax_without_derivative(evidence: Evidence) -> str:
    """Return the softmax that a file has or uses, where nothing beside it is its derivative."""
    file = file_of(evidence.case.code.get("backward"))
    if file is None:
        return ""
    own = tree_of(file)
    for trees in ([own], map(tree_of, files_beside(file))):
        made = [node for tree in trees for node in ast.walk(tree) if _is_softmax(node)]
        if made:
            used = [node.name for node in made if node.name in names_in(own)]
            return "" if any(map(_has_derivative, made)) or not used else used[0]
    return ""


def _is_softmax(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.ClassDef]:
    named = isinstance(node, ast.FunctionDef | ast.ClassDef) and _SOFTMAX.search(node.name)
    return bool(named) and not _ENTROPY.search(getattr(node, "name", ""))


def _has_derivative(softmax: ast.FunctionDef | ast.ClassDef) -> bool:
    """Return whether something named after a softmax is its derivative, or gives it when asked."""
    names = {softmax.name, *(n.name for n in ast.walk(softmax) if isinstance(n, _Function))}
    asked = {n.arg for n in ast.walk(softmax) if isinstance(n, ast.arg)}
    return any(map(_BACKWARD.search, names | asked)) or softmax.name.lower().startswith("d_")


def _backwards(tree: ast.Module) -> Iterator[tuple[str, _Function, ast.stmt]]:
    """Yield the backward passes of a file: the name of the class or function, the pass, and all.

    A loss that gives its gradient beside it is one, too.
    """
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in inside:
            if isinstance(function, _Function) and (
                _BACKWARD.search(function.name)
                or (_ENTROPY.search(function.name) and any(map(_is_pair, _returned(function))))
            ):
                yield getattr(node, "name", ""), function, node


def _returned(function: _Function) -> list[ast.expr]:
    """Return what a function returns, without a scale; for a name, what was last assigned to it."""
    made: dict[str, ast.expr] = {}
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            made[node.targets[0].id] = node.value
        elif isinstance(node, ast.Return) and node.value is not None:
            found.append(_without_scale(node.value))
    return [_without_scale(made.get(getattr(value, "id", ""), value)) for value in found]


def _returns_its_argument(function: _Function, holder: ast.stmt) -> bool:
    arguments = {a.arg for a in function.args.args}
    returned = _returned(function)
    return bool(returned) and all(getattr(value, "id", "") in arguments for value in returned)


def _returns_a_difference(function: _Function, holder: ast.stmt) -> bool:
    """Return whether it returns one thing minus another, or takes 1 away at the labels.

    Where it exponentiates what it is given itself, that is its own derivative.
    """
    called = {getattr(n, "attr", getattr(n, "id", "")) for n in ast.walk(holder)}
    if any(name == "exp" or _SQUASHES.search(name) for name in called):
        return False
    if any(isinstance(n, ast.AugAssign) and _takes_one(n) for n in ast.walk(function)):
        return True
    returned = [v.elts[-1] if _is_pair(v) else v for v in _returned(function)]
    return any(isinstance(v, ast.BinOp) and isinstance(v.op, ast.Sub) for v in returned)


def _is_pair(value: ast.expr | None) -> TypeGuard[ast.Tuple]:
    return isinstance(value, ast.Tuple) and len(value.elts) == 2


def _takes_one(node: ast.AugAssign) -> bool:
    one = isinstance(node.value, ast.Constant) and node.value.value == 1
    return one and isinstance(node.op, ast.Sub) and isinstance(node.target, ast.Subscript)


def _without_scale(value: ast.expr) -> ast.expr:
    """Return what is divided by a number of samples, or copied."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        return _without_scale(value.left)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return _without_scale(value.func.value) if value.func.attr == "copy" else value
    return value
