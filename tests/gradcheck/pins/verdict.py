"""What pins the constants of minnet.gradcheck.verdict."""

import numpy as np

from minnet import check_functions
from minnet.gradcheck.engine import check_case
from minnet.gradcheck.measure.probe import Probe
from minnet.gradcheck.under_test.functions import FunctionsCase
from minnet.gradcheck.verdict.claims import Claims
from minnet.gradcheck.verdict.screen import screen_together
from pins import Pin
from pins.cases import elementwise, fails, passes, product, rng, runs_of


def relu(x):
    return np.maximum(x, 0)


def step(x):
    return (x > 0).astype(float)


# --- screen.DIRECTIONS, SEEN_TOGETHER ----------------------------------------------------------


def one_wrong_entry_among_many_fails():
    for seed in range(3):
        wrong = np.zeros((8, 9))
        wrong[3, 4] = 0.1
        x = rng(seed).normal(size=wrong.shape)
        fails(elementwise(np.sin, lambda x, wrong=wrong: np.cos(x) + wrong, x))


def a_right_dense_layer_takes_fifty_passes_or_fewer():
    assert runs_of(lambda: product(rng().normal(size=(5, 4)), rng(1).normal(size=(4, 3)))) <= 50


def a_right_relu_at_a_kink_takes_four_hundred_passes_or_fewer():
    assert runs_of(lambda: elementwise(relu, step, np.arange(-4.0, 4.0, 0.5))) <= 400


def shifted(x, b, db=1.0):
    """The case of ``x + b``, the gradient of b times a factor."""
    return FunctionsCase(
        lambda x, b: (x + b, None), lambda dout, _: (dout, db * dout.sum(axis=0)), (x, b)
    )


def two_gradients_of_unlike_size_are_screened_at_once():
    for seed in range(3):
        case = shifted(1e4 * rng(seed).normal(size=(5, 4)), rng(seed).normal(size=4))
        probe = Probe(case, rng(seed))
        assert set(screen_together(probe, Claims(probe), np.ones(20))) == {"x", "b"}


def a_small_gradient_beside_a_large_one_is_seen():
    one_wrong = 1 + 3e-6 * (np.arange(40) == 5)
    for seed in range(3):
        case = shifted(1e7 * rng(seed).normal(size=(2, 40)), rng(seed).normal(size=40), one_wrong)
        assert check_case(case).verdict == "fail"


def rounded_to_float16(factor):
    """Check a sine that is rounded to float16, its slope times a factor."""
    f = lambda x: np.sin(x).astype(np.float16).astype(float)  # noqa: E731
    return elementwise(f, lambda x: factor * np.cos(x), rng().uniform(-1, 1, (4, 5)))


def a_fiftieth_is_seen_in_float16():
    fails(rounded_to_float16(1.02))


def few_digits_take_a_thousand_passes_or_fewer():
    assert runs_of(lambda: rounded_to_float16(1.0)) <= 1000


# --- elements.SAMPLE ---------------------------------------------------------------------------


def a_right_gradient_shows_an_element():
    report = elementwise(np.sin, np.cos, rng().normal(size=(3, 4)))
    assert report.gradients[0].elements_checked >= 1


def a_right_dense_layer_shows_an_element_of_each():
    report = product(rng().normal(size=(5, 4)), rng(1).normal(size=(4, 3)))
    assert all(gradient.elements_checked >= 1 for gradient in report.gradients)


def a_right_network_takes_thirty_passes_or_fewer():
    """A sum of eight variables: more than a layer has."""
    arrays = [rng(k).normal(size=(3, 4)) for k in range(8)]
    check = lambda: check_functions(  # noqa: E731
        lambda a, b, c, d, e, f, g, h: (a + b + c + d + e + f + g + h, None),
        lambda dout, _: (dout,) * 8, *arrays,
    )  # fmt: skip
    assert runs_of(check) <= 30


# --- claims.BESIDE, kinks.NEIGHBOURS -----------------------------------------------------------


def fails_beside_its_kinks(x, smallest_refused=np.inf):
    """Check a ReLU of slope 2 that gives 0.7 at 0 itself, as it may, where x is all zeros."""

    def forward(x):
        if np.abs(x).max() > smallest_refused:
            raise ValueError("out of the domain")
        return relu(x), x

    fails(check_functions(forward, lambda dout, x: dout * np.where(x == 0, 0.7, 2 * step(x)), x))


def a_mistake_beside_the_kinks_is_seen_in_a_small_domain():
    fails_beside_its_kinks(np.zeros((6, 5)), 0.05)


def sorted_forward(x):
    order = np.argsort(x, axis=1, kind="stable")
    return np.take_along_axis(x, order, axis=1), order


def sorted_backward(dout, order):
    dx = np.zeros_like(dout)
    np.put_along_axis(dx, order, dout, axis=1)
    return dx


def a_sort_of_equal_numbers_passes():
    for seed in range(3):
        x = rng(seed).integers(0, 3, (4, 6)).astype(float)
        passes(check_functions(sorted_forward, sorted_backward, x, seed=seed))


def a_tie_that_gets_more_than_all_is_seen_in_float32():
    x = np.ones((4, 3), np.float32)
    fails(elementwise(lambda x: np.maximum(x, 1), lambda x: np.where(x == 1, 1.5, x > 1), x))


def a_sort_of_equal_numbers_takes_a_thousand_passes_or_fewer():
    for seed in range(3):
        x = rng(seed).integers(0, 3, (4, 6)).astype(float)
        check = lambda x=x: check_functions(sorted_forward, sorted_backward, x)  # noqa: E731
        assert runs_of(check) <= 1000


def at_ones(f, slope, *arrays):
    """Check an elementwise function at ones, so that it is looked at elsewhere as well."""
    given = [np.ones_like(array) for array in arrays]
    return lambda: passes(check_functions(f, lambda dout, cache: slope(dout, *cache), *given))


def two_smooth_inputs_take_eighty_passes_or_fewer():
    """At ones and, at a glance, elsewhere."""
    f = lambda a, b: (np.tanh(a) + b, (a, b))  # noqa: E731
    slope = lambda dout, a, b: (dout * (1 - np.tanh(a) ** 2), dout)  # noqa: E731
    assert runs_of(at_ones(f, slope, *np.ones((2, 40)))) <= 80


def thirty_thousand_kinks_take_a_hundred_passes_or_fewer():
    c = rng().normal(size=30_000)
    f = lambda x: (np.abs(x - c), (x,))  # noqa: E731
    assert runs_of(at_ones(f, lambda dout, x: dout * np.sign(x - c), c)) <= 100


PINS: list[Pin] = [
    Pin("measure.probe", "GLANCE", two_smooth_inputs_take_eighty_passes_or_fewer,
        thirty_thousand_kinks_take_a_hundred_passes_or_fewer),
    Pin("verdict.screen", "DIRECTIONS", one_wrong_entry_among_many_fails,
        a_right_relu_at_a_kink_takes_four_hundred_passes_or_fewer, factor=4),
    Pin("verdict.screen", "MANY", a_fiftieth_is_seen_in_float16,
        few_digits_take_a_thousand_passes_or_fewer),
    Pin("verdict.screen", "SEEN_TOGETHER", two_gradients_of_unlike_size_are_screened_at_once,
        a_small_gradient_beside_a_large_one_is_seen),
    Pin("verdict.elements", "SAMPLE", a_right_gradient_shows_an_element,
        a_right_dense_layer_takes_fifty_passes_or_fewer),
    Pin("verdict.elements", "SAMPLE_VARIABLES", a_right_dense_layer_shows_an_element_of_each,
        a_right_network_takes_thirty_passes_or_fewer, factor=4),
    Pin("verdict.claims", "BESIDE", a_tie_that_gets_more_than_all_is_seen_in_float32,
        a_mistake_beside_the_kinks_is_seen_in_a_small_domain),
    Pin("verdict.kinks", "NEIGHBOURS", a_sort_of_equal_numbers_passes,
        a_sort_of_equal_numbers_takes_a_thousand_passes_or_fewer),
]  # fmt: skip
