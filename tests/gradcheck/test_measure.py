"""What a probe measures of a case."""

import functools

import numpy as np
import pytest

from minnet.gradcheck.measure.bars import gather
from minnet.gradcheck.measure.probe import Probe, element_sizes
from minnet.gradcheck.under_test.functions import FunctionsCase


def probe_of(forward, *args, step=None):
    @functools.wraps(forward)  # the names of the variables are those of its arguments
    def with_cache(*given):
        return forward(*given), given

    case = FunctionsCase(with_cache, lambda dout, cache: None, args)
    return Probe(case, np.random.default_rng(0), step)


def test_the_jacobian_is_measured_with_error_bars():
    rng = np.random.default_rng(1)
    x, W = rng.normal(size=(3, 2)), rng.normal(size=(2, 4))
    J = probe_of(lambda x, W: np.tanh(x @ W), x, W).jacobian("x")
    slope = 1 - np.tanh(x @ W) ** 2
    true = np.einsum("nm,dm,nk->nmkd", slope, W, np.eye(3)).reshape(12, 6)
    assert np.all(np.abs(J.value - true) <= J.error_bar + 1e-15)
    assert J.error_bar.max() < 1e-9
    assert not J.at_kink.any()


def test_elements_that_move_different_outputs_are_measured_together():
    x = np.random.default_rng(2).normal(size=(50, 3))
    runs = []
    probe = probe_of(lambda x: runs.append(1) or np.sin(x).sum(axis=1), x)
    probe.noise  # noqa: B018
    before = len(runs)
    J = probe.jacobian("x")
    together = len(runs) - before
    np.testing.assert_allclose(J.value[np.arange(150) // 3, np.arange(150)], np.cos(x).ravel())
    assert together < 150  # one by one, each element takes four runs at the very least


def test_elements_whose_windows_do_not_overlap_are_measured_together():
    x, runs = np.random.default_rng(5).normal(size=(15, 18)), []

    def forward(x):
        runs.append(1)
        out = np.zeros((13, 16))
        for i in range(3):
            for j in range(3):
                out += (2 * i - j + 0.5) * x[i : i + 13, j : j + 16]
        return out

    J = probe_of(forward, x).jacobian("x")
    assert len(runs) < 200  # of 270 elements, nine groups
    true = np.zeros((13, 16, 15, 18))
    for i, j in np.ndindex(3, 3):
        for a, b in np.ndindex(13, 16):
            true[a, b, a + i, b + j] = 2 * i - j + 0.5
    assert np.all(np.abs(J.value - true.reshape(J.value.shape)) <= J.error_bar)


def test_many_independent_elements_are_found_by_halves():
    x, runs = np.random.default_rng(6).normal(size=500), []
    probe = probe_of(lambda x: runs.append(1) or np.sin(x), x[:200])
    J = probe.jacobian("x")
    assert len(runs) < 80
    assert np.all(np.abs(np.diag(J.value) - np.cos(x[:200])) <= np.diag(J.error_bar))


def test_elements_of_a_linear_function_take_two_passes_each():
    rng = np.random.default_rng(7)
    x, W, runs = rng.normal(size=(2, 30)), rng.normal(size=(30, 40)), []
    probe = probe_of(lambda x, W: runs.append(1) or x @ W, x, W)
    probe.noise  # noqa: B018
    before = len(runs)
    J = probe.jacobian("W")  # 30 groups of 40 elements
    assert len(runs) - before < 100
    assert np.all(np.abs(J.value - np.einsum("nd,mk->nmdk", x, np.eye(40)).reshape(80, -1)) < 1e-9)


def test_one_element_that_is_not_linear_is_seen_to_bend():
    x = np.random.default_rng(8).normal(size=40)
    one = np.arange(40) == 17
    found = probe_of(lambda x: np.sum(np.where(one, np.sin(x), x), keepdims=True), x).jacobian("x")
    true = np.where(one, np.cos(x), 1.0)
    assert np.all(np.abs(found.value[0] - true) <= found.error_bar[0])


def test_elements_that_move_the_same_outputs_are_not_measured_together():
    x = np.random.default_rng(3).normal(size=(4, 5))
    J = probe_of(lambda x: np.array([np.prod(x)]), x).jacobian("x")
    np.testing.assert_allclose(J.value[0], (np.prod(x) / x).ravel(), rtol=1e-8)


def test_outputs_that_do_not_move_at_first_are_nobody_s_own():
    # 1 - cos x does not move for steps as small as x; measured together, all would be 0.
    x = 1e-9 * np.random.default_rng(4).normal(size=(4, 3))
    J = probe_of(lambda x: 1 - np.cos(x), x).jacobian("x")
    assert np.all(np.abs(J.value - np.diag(np.sin(x.ravel()))) <= J.error_bar)


def test_a_number_and_its_tiny_neighbour_are_each_perturbed_by_their_own_size():
    np.testing.assert_array_equal(element_sizes(np.array([1e6, 1e-6, 0.0])), [1e6, 1e-6, 1e-6])


def test_numbers_of_one_size_are_perturbed_alike_zeros_too():
    sizes = element_sizes(np.array([0.0, 1.0, -2.0, 2.0]))
    np.testing.assert_allclose(sizes, np.sqrt(3))


def test_even_the_smallest_numbers_have_a_size():
    assert (element_sizes(np.array([1e-300, -2e-300])) > 1e-301).all()


def test_all_zeros_are_perturbed_by_one():
    np.testing.assert_array_equal(element_sizes(np.zeros((2, 2))), np.ones((2, 2)))


def test_where_forward_refuses_inputs_the_steps_end():
    def forward(x):
        if np.any(x < 0):
            raise ValueError("negative")
        return np.sqrt(x)

    x = np.array([0.01, 4.0])
    J = probe_of(forward, x).jacobian("x")
    np.testing.assert_allclose(np.diag(J.value), 0.5 / np.sqrt(x), rtol=1e-8)


def test_a_fixed_step_is_in_units_of_the_variable():
    probe = probe_of(lambda x: np.sin(x), np.array([100.0, -100.0]), step=1e-3)
    found = probe.along("x", np.array([100.0, 100.0]), np.ones(2))
    np.testing.assert_allclose(found.step * 100, 1e-3)


def test_far_is_how_far_outputs_go_that_do_not_move_here():
    probe = probe_of(lambda x: np.maximum(x, 0), -np.ones(20))
    assert not probe.along("x", np.full(20, 1e-3), np.ones(20)).value.any()
    assert probe.far().max() > 0.5


def test_bars_of_many_outputs_add_in_squares_and_those_of_kinks_in_full():
    probe = probe_of(lambda x: np.abs(x), np.array([0.0, 0.0, 1.0, 2.0]))
    found = probe.along("x", np.ones(4), np.ones(4))
    everything = gather(found, np.ones(4))
    assert everything.value == pytest.approx(2)
    assert everything.error_bar == pytest.approx(2, rel=1e-6)  # twice half the way from -1 to 1
    smooth = gather(found, np.where(found.at_kink, 0.0, 1.0))
    assert smooth.value == pytest.approx(2) and smooth.error_bar < 1e-9


def test_what_is_rounded_on_the_way_does_not_follow_in_short_steps():
    rng = np.random.default_rng(7)
    x, W = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    rounded = probe_of(lambda x, W: np.tanh(x).astype("f").astype(float) @ W, x, W)
    assert [rounded.follows(name) for name in ("x", "W")] == [False, True]
    plain = probe_of(lambda x, W: np.tanh(x) @ W, x, W)
    assert plain.follows("x")
    assert plain.follows("W")
    assert probe_of(lambda x, W: 0.0 * x @ W, x, W).follows("x")  # what does not count
