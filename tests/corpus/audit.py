"""Are the labels of the corpora themselves right? Asked without minnet.

Right code: each analytic element agrees with a central difference at one of many steps, or
lies between the two one-sided slopes. Wrong code: it differs from the right code it was made of.

    python tests/corpus/audit.py
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus.adapter import PATTERNS, Adapted, adapt  # noqa: E402
from corpus.calls import Call  # noqa: E402

#: right all the same: looked at by hand, and why they do not agree to 1e-6
REVIEWED = {
    "sort_with_equal_entries": "three equal entries: the slope of a neighbouring point",
    "float32_behind_a_float64_face": "float32",
    "float16_behind_a_float64_face": "float16",
    "softmax_loss_in_float32": "float32",
    "square_in_float16": "float16",
    "long_sum_in_float32": "float32, and a sum of 20,000",
    "float32_result_of_float64_input": "float32",
    "softmax_of_one_certain_class": "slopes of 1e-26",
    "shift_before_a_softmax": "the gradient is zero but for rounding",
    "generator_in_a_list_beside_a_lock": "a lock cannot be copied; a sine of dropout",
    "empty_batch": "nothing to measure",
}
STEPS = 10.0 ** -np.arange(0, 13)


def disagreement(code: Adapted, rng: np.random.Generator, most: int = 60) -> float:
    """Greatest relative distance of an analytic element from its best central difference."""
    with np.errstate(all="ignore"):
        base = code.forward(code.values)
        upstream = rng.normal(size=base.size)
        grads = code.backward(code.values, upstream)
        worst = 0.0
        for name, x in code.values.items():
            grad = grads.get(name)
            if grad is None or np.shape(grad) != np.shape(x):
                return np.inf
            grad = np.asarray(grad)
            picks = rng.permutation(x.size)[:most]
            scale = np.max(np.abs(grad)) or 1.0
            for k in picks:
                at = np.unravel_index(k, x.shape)
                distance = _distance(code, name, at, upstream, base, float(grad[at]))
                worst = max(worst, distance / scale)
    return worst


def _distance(code, name, at, upstream, base, analytic):
    """Distance of `analytic` from the best numeric value, outputs at a kink set aside."""
    x = code.values[name]
    best = np.inf
    for h in STEPS * max(1e-6, abs(float(x[at]))):
        up, down = x.copy(), x.copy()
        up[at] += h
        down[at] -= h
        width = float(up[at]) - float(down[at])
        if width == 0:
            continue
        plus = code.forward({**code.values, name: up})
        minus = code.forward({**code.values, name: down})
        central = upstream @ ((plus - minus) / width)
        best = min(best, abs(central - analytic))
        right = upstream * (plus - base) / (float(up[at]) - float(x[at]))
        left = upstream * (base - minus) / (float(x[at]) - float(down[at]))
        bent = np.abs(right - left) > 1e-3 * np.abs(right + left)
        smooth = np.where(bent, 0, (right + left) / 2).sum()
        low = smooth + np.where(bent, np.minimum(right, left), 0).sum()
        high = smooth + np.where(bent, np.maximum(right, left), 0).sum()
        if h < 1e-4 * max(1e-6, abs(float(x[at]))):
            best = min(best, max(low - analytic, analytic - high, 0.0) + 0.0)
    return best


def change(wrong: Adapted, right: Adapted, rng: np.random.Generator) -> float:
    """Greatest relative difference between the gradients of wrong and right code."""
    with np.errstate(all="ignore"):
        upstream = rng.normal(size=right.forward(right.values).size)
        good = right.backward(right.values, upstream)
        try:
            bad = wrong.backward(wrong.values, upstream)
        except Exception:
            return np.inf
    worst = 0.0
    for name, value in good.items():
        claimed = bad.get(name)
        if claimed is None or np.shape(claimed) != np.shape(value):
            return np.inf
        claimed = np.asarray(claimed, dtype=np.float64)
        if not np.all(np.isfinite(claimed)):
            return np.inf
        size = np.abs(value) + 1e-14 * np.max(np.abs(value), initial=0)
        apart = np.abs(claimed - value)
        worst = max(worst, float(np.max(apart / np.where(size == 0, 1, size), initial=0)))
    return worst


def symptom(wrong: Call, right: Call, rng: np.random.Generator) -> str:
    """Return how wrong code differs from right code, or "" when it does not."""
    with np.errstate(all="ignore"):
        if change(adapt(wrong), adapt(right), rng) > 1e-8:
            return "another gradient"
        wrong, right = wrong.witness or wrong, right.witness or right
        if changes_arrays(wrong):
            return "an array of the caller's is changed"
        code = adapt(wrong)
        if not np.array_equal(code.forward(code.values), code.forward(code.values)):
            return "other outputs each time"
        for size in (1000, -1000):
            far = {name: size * x for name, x in code.values.items()}
            if (
                not np.isfinite(code.forward(far)).all()
                and np.isfinite(
                    adapt(right).forward({name: size * x for name, x in code.values.items()})
                ).all()
            ):
                return "overflow"
        for history in ("twice", "after another pass", "after a pass elsewhere"):
            if _differ(in_use(wrong, history), in_use(right, history)):
                return f"another gradient {history}"
        return ""


def changes_arrays(call: Call) -> bool:
    """Does one forward and backward pass change an array that was handed over?"""
    arguments = copy.deepcopy(call.arguments)
    thing, handed = arguments[0], [a for a in arguments if isinstance(a, np.ndarray)]
    if call.check == "check_layer":
        parameters = adapt(call).values
        handed += [getattr(thing, name) for name in parameters if hasattr(thing, name)]
    before = [a.copy() for a in handed]
    if call.check == "check_functions":
        forward, backward, *args = arguments
        out, cache = forward(*args)
        upstream = np.linspace(0.5, 1.5, out.size).reshape(out.shape)
        kept = upstream.copy()
        backward(upstream, cache)
    elif call.check == "check_layer":
        out = thing.forward(*arguments[1:])
        upstream = np.linspace(0.5, 1.5, out.size).reshape(out.shape)
        kept = upstream.copy()
        thing.backward(upstream)
    else:
        return False
    pairs = [*zip(before, handed, strict=True), (kept, upstream)]
    return any(not np.array_equal(a, b) for a, b in pairs)


def in_use(call: Call, history: str) -> list[np.ndarray]:
    """Return the gradients after more passes than one."""
    if call.check == "check_functions":
        forward, backward, *args = call.arguments
        others = [a[::-1] + 1 if a is args[0] else a for a in args]
        out, cache = forward(*copy.deepcopy(args))
        if history != "twice":
            forward(*copy.deepcopy(others))
        else:
            backward(np.ones_like(out), cache)
        return _arrays(backward(np.ones_like(out), cache))
    if call.check != "check_layer":
        return []
    layer, x, *more = copy.deepcopy(call.arguments)
    elsewhere = copy.deepcopy(layer)
    if history == "after another pass":
        layer.forward(x[::-1].copy(), *more)
    out = layer.forward(x, *more)
    if history == "after a pass elsewhere":
        elsewhere.forward(x[::-1].copy(), *more)
    if history == "twice":
        layer.backward(np.ones_like(out))
    dx = layer.backward(np.ones_like(out))
    kept = [getattr(layer, p.format(n), None) for n in adapt(call).values for p in PATTERNS]
    return _arrays((dx, *kept, *getattr(layer, "grads", {}).values()))


def _arrays(values) -> list[np.ndarray]:
    values = values if isinstance(values, tuple) else (values,)
    return [np.array(v) for v in values if isinstance(v, np.ndarray)]


def _differ(some: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return any(not np.allclose(a, b, rtol=1e-9) for a, b in zip(some, others, strict=True))


def main() -> None:
    from corpus.right import RIGHT
    from corpus.wrong import WRONG

    for entry in RIGHT:
        if entry.name in REVIEWED:
            print(f"right {entry.name:40}  reviewed: {REVIEWED[entry.name]}")
            continue
        rngs = {s: np.random.default_rng([s, 99]) for s in (1, 2)}
        found = max(disagreement(adapt(entry.call(s)), rng) for s, rng in rngs.items())
        print(f"right {entry.name:40} {found:9.1e}", "" if found < 1e-6 else "   <-- look")
    for entry in WRONG:
        found = symptom(entry.call(1), entry.right(1), np.random.default_rng([1, 99]))
        print(f"wrong {entry.name:40} {found or '   <-- look'}")


if __name__ == "__main__":
    main()
