"""Values are seen and changed where they arise, and untouched taps change nothing."""

import sys

import numpy as np
import pytest
from files import module_of

from minnet.tracing.running import sources_that_run
from minnet.tracing.source import source_of
from minnet.tracing.taps import Taps, TooLongError

HARD = """
    import numpy as np


    def plain(x):
        \"\"\"A docstring.\"\"\"
        y: np.ndarray = x * 2
        y[0] += 1
        y[1:], (a, b) = x[1:], (1, 2)
        return y + a - b


    def loops(x):
        total, k = 0.0, 0
        while k < 3:
            for value in x:
                if value > 1:
                    continue
                total += value * k
            else:
                total -= 1
            k += 1
        return total


    def generated(x):
        def items():
            got = yield x * 2
            yield from [got, x]
        pieces = items()
        return next(pieces), pieces.send(x + 1), list(pieces)


    def closed(x):
        count = 0

        def up(by=1):
            nonlocal count
            count += by
            return count * x

        up()
        return up(2), [v * count for v in x], {k: v for k, v in enumerate(x)}


    def guarded(x):
        try:
            with np.errstate(divide="ignore"):
                y = 1 / x
            if (n := len(y)) > 2:
                raise ValueError(f"{n} of {y[0]:.2f}")
        except (ValueError, KeyError) as error:
            return str(error)
        finally:
            x = None
        return y


    def matched(x):
        match x.shape:
            case (n,) if n > 2:
                return x[::-1]
            case _:
                return -x


    def shared(x):
        view = x[1:]
        view *= 3
        np.add.at(x, [0, 0], 1.0)
        x.sort()
        return x, view.base is x


    def odd(x, *more, scale=2.0, **rest):
        f = lambda t: t * scale
        head, *tail = [f(x), *more]
        assert len(tail) == len(more), "all of them"
        return head, tail, {**rest, "x": x}, x if scale else -x, not more or x.any()


    class Layer:
        def forward(self, x):
            self.__hidden = super().__getattribute__("bias")
            return x + self.__hidden

        @property
        def bias(self):
            return 3.0


    layer = Layer().forward
"""
NAMES = [
    "plain", "loops", "generated", "closed", "guarded", "matched", "shared", "odd", "layer",
]  # fmt: skip


def called(module, name):
    more = {"more": (1, 2), "rest": {"a": 3}} if name == "odd" else {}
    x = np.array([0.5, -1.0, 2.0])
    return getattr(module, name)(x, *more.get("more", ()), **more.get("rest", {})), x


def taps_of(module, call, **options):
    return Taps(sources_that_run(call, module.__file__.__eq__), **options)


@pytest.mark.parametrize("expressions", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_a_tapped_function_does_what_it_did(tmp_path, name, expressions):
    module = module_of(tmp_path, HARD)
    plain = called(module, name)
    taps = taps_of(module, lambda: called(module, name), expressions=expressions)
    seen = []
    with taps.handled({tap.number: lambda value: seen.append(1) or value for tap in taps.taps}):
        tapped = called(module, name)
    assert repr(tapped) == repr(plain)
    assert seen


def test_an_untouched_tap_returns_the_very_object(tmp_path):
    module = module_of(tmp_path, "def same(x):\n    y = x\n    return y[:]\n")
    taps = taps_of(module, lambda: module.same([]), expressions=True)
    x = np.ones(3)
    with taps.handled({}):
        assert module.same(x).base is x


def test_a_value_is_seen_at_each_occurrence_and_can_be_changed_at_one(tmp_path):
    module = module_of(
        tmp_path, "def f(x):\n    s = 0.0\n    for v in x:\n        s += v * v\n    return s\n"
    )
    taps = taps_of(module, lambda: module.f([1.0]), expressions=True)
    (product,) = [t for t in taps.taps if t.source.segment(t.node) == "v * v"]
    seen = []

    def second_is_100(value):
        seen.append(value)
        return 100.0 if len(seen) == 2 else value

    with taps.handled({product.number: second_is_100}):
        assert module.f([1.0, 2.0, 3.0]) == 1 + 100 + 9
    assert seen == [1.0, 4.0, 9.0]
    assert product.statement.lineno == 4 and product.function.name == "f"


def test_what_a_call_is_handed_is_seen_before_and_after_it(tmp_path):
    module = module_of(
        tmp_path,
        "import numpy as np\n\ndef f(x):\n    np.add.at(x, [0], 5.0)\n    return x\n",
    )
    taps = taps_of(module, lambda: module.f(np.zeros(2)))
    before, after = (t for t in taps.taps if t.kind != "value")
    seen = []
    look = lambda handed: seen.append(handed[0].copy()) or handed  # noqa: E731
    with taps.handled({before.number: look, after.number: look}):
        module.f(np.zeros(2))
    assert [list(x) for x in seen] == [[0.0, 0.0], [5.0, 0.0]]


def test_nothing_is_left_behind_when_the_code_raises(tmp_path):
    module = module_of(tmp_path, "def f(x):\n    y = x + 1\n    raise KeyError(y)\n")
    code, names = module.f.__code__, set(vars(module))
    taps = Taps([source_of(module.f)])
    with pytest.raises(KeyError, match="3"), taps.handled({taps.taps[0].number: lambda v: v + 1}):
        module.f(1)
    assert module.f.__code__ is code and set(vars(module)) == names
    with pytest.raises(KeyError, match="2"):
        module.f(1)


def test_a_loop_that_a_changed_value_never_ends_is_ended(tmp_path):
    module = module_of(
        tmp_path, "def f(n):\n    k = 0\n    while k != n:\n        k += 1\n    return k\n"
    )
    taps = Taps([source_of(module.f)])
    step = next(t for t in taps.taps if t.source.segment(t.node) == "k += 1")
    with pytest.raises(TooLongError), taps.handled({step.number: lambda v: 0}, most=100):
        module.f(5)


def test_functions_of_decorators_and_neighbours_are_found(tmp_path):
    (tmp_path / "neighbour.py").write_text("def helper(x):\n    return x * 3\n", encoding="utf-8")
    sys.path.insert(0, str(tmp_path))
    try:
        module = module_of(
            tmp_path,
            """
            import functools
            from neighbour import helper

            def twice(f):
                @functools.wraps(f)
                def inner(x):
                    return f(f(x))
                return inner

            @twice
            def forward(x):
                return helper(x)
            """,
        )
        ran = sources_that_run(lambda: module.forward(1.0), lambda file: str(tmp_path) in file)
    finally:
        sys.path.remove(str(tmp_path))
        del sys.modules["neighbour"]
    assert [source.tree.name for source in ran] == ["inner", "forward", "helper"]
    taps = Taps(ran)
    (mine,) = [t for t in taps.taps if t.function.name == "helper"]
    with taps.handled({mine.number: lambda value: value + 1}):
        assert module.forward(1.0) == (3 + 1) * 3 + 1


def test_another_tracer_goes_on(tmp_path):
    module = module_of(tmp_path, "def f(x):\n    return x\n")
    tracer = lambda *_: None  # noqa: E731
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        sources_that_run(lambda: module.f(1), module.__file__.__eq__)
        kept = sys.gettrace()
    finally:
        sys.settrace(before)
    assert kept is tracer


def test_code_without_a_source_or_of_another_one_is_left_alone(tmp_path):
    space = {}
    exec("def f(x):\n    return x", space)
    assert sources_that_run(lambda: space["f"](1), lambda file: True) == ()
    module = module_of(tmp_path, "def f(x):\n    return x + 1\n")
    with open(module.__file__, "w", encoding="utf-8") as file:
        file.write("def f(x):\n    return x + 2 * x\n")
    assert sources_that_run(lambda: module.f(1), module.__file__.__eq__) == ()
