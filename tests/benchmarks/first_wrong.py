"""How often the first wrong line is found: right backward passes, one line of each spoilt.

    PYTHONPATH=.:tests python tests/benchmarks/first_wrong.py [--each N] [--seed N] [BASE ...]

For every mutation that changes a gradient: the line named is the spoilt one ("exact"), stands
above it ("earlier") or below it ("later"), or none is named.
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from corpus.bases import BASES
from corpus.calls import STUDENTS, student

from minnet.gradcheck.case import Case, CodeError
from minnet.gradcheck.diagnosis.first_wrong import first_wrong
from minnet.gradcheck.diagnosis.traced import TracedCase
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.under_test.gradient import GradientCase
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.gradcheck.under_test.losses import loss_case

CASES = {
    "check_layer": lambda layer, *inputs: LayerCase(layer, inputs),
    "check_loss": loss_case,
    "check_functions": lambda forward, backward, *args: FunctionsCase(forward, backward, args),
    "check_gradient": GradientCase,
}
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
COMPARISONS = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.Lt, ast.LtE: ast.Gt, ast.Eq: ast.NotEq}
CALLS = {"sum": "mean", "mean": "sum", "maximum": "minimum", "zeros_like": "ones_like",
         "zeros": "ones", "max": "min", "exp": "log1p", "sqrt": "square"}  # fmt: skip


KINDS = {0: "exact", -1: "earlier", 1: "later"}


def case_of(call: Any) -> Case:
    call = call.witness or call
    return CASES[call.check](*call.arguments)


def expressions(node: ast.expr, names: list[str]) -> Iterator[tuple[str, ast.expr]]:
    """Yield what one expression may be spoilt into, with the name of the operator."""
    if isinstance(node, ast.BinOp):
        if other := OPERATORS.get(type(node.op)):
            yield "operator", ast.BinOp(node.left, other(), node.right)
        yield "left alone", node.left
        if isinstance(node.op, ast.Add | ast.Mult):
            yield "right alone", node.right
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield "turned round", ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "no minus", node.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in (node.value + 1, node.value - 1, node.value * 2, node.value / 2):
            same = type(node.value) is int and value == int(value)
            yield "constant", ast.Constant(int(value) if same else value)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "no .T", node.value
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield (
            "comparison",
            ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators),
        )
    if isinstance(node, ast.Call):
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else ""
        if called in CALLS:
            new = copy.deepcopy(node)
            new.func.attr = CALLS[called]
            yield "call", new
        if node.args and called not in ("reshape", "transpose", "zeros", "arange"):
            yield "no call", node.args[0]
        for k, keyword in enumerate(node.keywords):
            new = copy.deepcopy(node)
            del new.keywords[k]
            yield "no keyword", new
            if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
                new = copy.deepcopy(node)
                new.keywords[k].value = ast.Constant(1 - (keyword.value.value or 0))
                yield "axis", new
    if isinstance(node, ast.Name):
        for name in names:
            if name != node.id:
                yield "name", ast.Name(name, ast.Load())
        yield "squared", ast.BinOp(node, ast.Pow(), ast.Constant(2))


def mutations(function: ast.FunctionDef, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, operator, text of the whole file) for everything that may be spoilt."""
    nodes = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    stored = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    names = sorted(stored | {argument.arg for argument in function.args.args})
    for statement in (
        n for n in ast.walk(function) if isinstance(n, ast.stmt) and n is not function
    ):
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            start = place(text, statement.target.end_lineno, statement.target.end_col_offset)
            for new in (" = ", " -= "):
                end = text.index("+=", start) + 2
                yield statement.lineno, f"+= to{new}", text[:start] + new.rstrip() + text[end:]
        for node in own_expressions(statement):
            for operator, new in expressions(node, names):
                yield statement.lineno, operator, replaced(text, node, new)


def own_expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Call):
        return
    waiting = [c for c in ast.iter_child_nodes(statement) if isinstance(c, ast.expr | ast.keyword)]
    while waiting:
        node = waiting.pop()
        stored = isinstance(getattr(node, "ctx", None), ast.Store)
        if stored and isinstance(node, ast.Subscript):
            waiting.append(node.slice)
        alone = isinstance(statement, ast.Expr) and node is statement.value
        if isinstance(node, ast.expr) and not stored and not alone:
            yield node
        if not stored and not isinstance(node, ast.Lambda | ast.JoinedStr):
            waiting += [c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.stmt)]


def replaced(text: str, node: ast.expr, new: ast.expr) -> str:
    start = place(text, node.lineno, node.col_offset)
    end = place(text, node.end_lineno, node.end_col_offset)
    lines = "\n" * text[start:end].count("\n")
    bare = isinstance(new, ast.Name | ast.Constant)
    code = ast.unparse(new)
    return text[:start] + (code if bare else f"({code}{lines})") + text[end:]


def place(text: str, line: int, column: int) -> int:
    return sum(len(each) for each in text.splitlines(keepends=True)[: line - 1]) + column


def gradients(case: Case, dout: np.ndarray) -> dict[str, np.ndarray] | None:
    try:
        claims = TracedCase(case, dout).untapped().claims
        found = {name: np.asarray(claims[name], float) for name in case.variables}
    except (CodeError, ValueError, TypeError):
        return None
    alike = all(found[name].shape == x.shape for name, x in case.variables.items())
    return found if alike and all(np.isfinite(g).all() for g in found.values()) else None


def spoilt(name: str, seed: int) -> Iterator[tuple[int, str, str]]:
    file, make = BASES[name]
    text = (STUDENTS / f"{file}.py").read_text(encoding="utf-8")
    case = case_of(make(student(file), np.random.default_rng(seed)))
    size = sum(out.size for out in case.run().outputs)
    traced = TracedCase(case, np.ones(size))
    forward = {id(tap.function) for tap, n in traced.counts["forward"].items() if n}
    ran = {
        id(tap.function): tap.function
        for tap, n in traced.counts["backward"].items()
        if n and id(tap.function) not in forward and Path(tap.source.file).stem.startswith(file)
    }
    for function in ran.values():
        yield from mutations(function, text)


def module_of(text: str, file: str) -> ModuleType | None:
    whole = (STUDENTS / f"{file}.py").read_text(encoding="utf-8")
    try:
        compile(text, "", "exec")
        return student(file, (whole, text))
    except Exception:
        return None


def judged(name: str, seed: int, each: int, show: bool) -> Iterator[tuple[str, float, float]]:
    file, make = BASES[name]
    right = case_of(make(student(file), np.random.default_rng(seed)))
    size = sum(out.size for out in right.run().outputs)
    rng = np.random.default_rng(seed + 1)
    dout = (
        np.ones(size) if right.is_loss else rng.choice([-1, 1], size) * rng.uniform(0.5, 1.5, size)
    )
    truth = gradients(right, dout)
    found = list(spoilt(name, seed))
    random.Random(seed).shuffle(found)
    done = 0
    for line, operator, text in found:
        if done >= each or (module := module_of(text, file)) is None:
            if done >= each:
                return
            continue
        try:
            case = case_of(make(module, np.random.default_rng(seed)))
        except Exception:
            continue
        claimed = gradients(case, dout) if case.variables.keys() == right.variables.keys() else None
        if claimed is None or truth is None:
            continue
        bars = {n: 1e-10 * (np.abs(g) + np.abs(g).max(initial=1e-30)) for n, g in truth.items()}
        wrong = {n for n, g in claimed.items() if np.any(np.abs(g - truth[n]) > 10 * bars[n])}
        if not wrong:
            continue
        done += 1
        start = time.perf_counter()
        told = first_wrong(
            case,
            dout,
            {n: (truth[n], bars[n]) for n in wrong},
            {n: g for n, g in claimed.items() if n not in wrong},
            seed,
        )
        seconds = time.perf_counter() - start
        where = told.line.number if told else 0
        kind = "none" if told is None else KINDS[(where > line) - (where < line)]
        if show and kind != "exact":
            old = (STUDENTS / f"{file}.py").read_text(encoding="utf-8").splitlines()[line - 1]
            print(f"{name} {kind} {operator} wrong {sorted(wrong)}\n   {line}: {old.strip()}")
            print(f"     -> {text.splitlines()[line - 1].strip()}")
            if told:
                print(f"   {told.sentence}")
        elif show and told:
            print(f"{name} exact: {told.sentence}")
        yield kind, seconds, 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("bases", nargs="*")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    times: list[float] = []
    for name in options.bases or BASES:
        here: Counter[str] = Counter()
        for kind, seconds, _ in judged(name, options.seed, options.each, options.show):
            here[kind] += 1
            times.append(seconds)
        total += here
        print(f"{name:32} {dict(here)}", flush=True)
    count = sum(total.values())
    print(f"\n{count} mutations:", {k: f"{n} ({100 * n / count:.1f} %)" for k, n in total.items()})
    print(f"seconds: median {np.median(times):.2f}, 95 % {np.quantile(times, 0.95):.2f}, "
          f"largest {max(times):.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
