"""The linear-regression demo: what it computes is right, whatever the seed."""

import numpy as np
import pytest

from minnet.demos import linear_regression as demo
from minnet.demos.comparison import Comparison
from minnet.demos.linear_regression import INITIAL_W

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
def test_x0_is_1_and_y_follows_the_true_weights(seed):
    problem = demo.make_problem(seed)
    assert (problem.x[:, 0] == 1).all()
    assert problem.x.shape[1] == 6
    np.testing.assert_allclose(problem.x @ problem.true_w, problem.y, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_analytic_and_numeric_agree_in_sign_and_eight_digits(seed):
    found = demo.compare(demo.make_problem(seed), INITIAL_W)
    assert found.same_sign.all()
    assert found.digits.min() >= 8


def test_one_step_keeps_values_that_follow_from_each_other():
    problem = demo.make_problem(0)
    step = demo.descend(problem, INITIAL_W)
    assert np.array_equal(step.error, step.yhat - problem.y)
    assert step.loss == pytest.approx(sum(e**2 for e in step.error) / 2, rel=1e-14)
    by_loops = [
        sum(x * e for x, e in zip(column, step.error, strict=True)) for column in problem.x.T
    ]
    np.testing.assert_allclose(step.gradient, by_loops, rtol=1e-13)
    assert np.array_equal(step.w_after, step.w + step.move)
    assert step.loss_after < step.loss


@pytest.mark.parametrize("seed", SEEDS)
def test_dense_and_the_loss_agree_to_the_last_digits(seed):
    problem = demo.make_problem(seed)
    layered = demo.through_layers(problem, INITIAL_W)
    by_hand = Comparison(demo.gradient_at(problem, INITIAL_W), layered.comparison.analytic)
    assert by_hand.digits.min() >= 14
    assert layered.loss == pytest.approx(demo.loss_at(problem, INITIAL_W), rel=1e-14)
    assert layered.comparison.digits.min() >= 8
    assert layered.report


@pytest.mark.parametrize("seed", SEEDS)
def test_training_recovers_the_true_weights(seed):
    problem = demo.make_problem(seed)
    trained = demo.train(problem, INITIAL_W)
    assert trained.converged
    np.testing.assert_allclose(trained.w, problem.true_w, atol=1e-11)
    assert trained.losses[-1] < 1e-20 * trained.losses[0]


def test_the_checker_names_both_mistakes():
    doubled, forgetful = demo.make_mistakes(demo.make_problem(0), INITIAL_W)
    np.testing.assert_allclose(doubled.comparison.analytic, 2 * doubled.comparison.numeric)
    assert doubled.report.gradient("w").diagnosis[0].code == "scale"
    assert doubled.report.gradient("w").diagnosis[0].evidence["factor"] == pytest.approx(2)
    assert forgetful.report.gradient("w").diagnosis[0].code == "one_sample"
    for mistake in (doubled, forgetful):
        assert not mistake.report
        assert mistake.comparison.digits.max() <= 1


def test_the_norm_ratio_of_two_zero_gradients_is_zero():
    nothing = np.zeros(3)
    assert Comparison(nothing, nothing).norm_ratio == 0
    assert Comparison(np.ones(3), -np.ones(3)).norm_ratio > 0
