"""The stand-ins for SciPy give what SciPy gives, or what its definitions say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minnet.conventions import like_scipy

sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))


def by_definition(x, k, mode, sign):
    """Σ x[i ± a, j ± b] k[a, b], by loops over all places, with zeros outside of x."""
    full = np.zeros(tuple(a + b - 1 for a, b in zip(x.shape, k.shape, strict=True)))
    turned = k if sign > 0 else k[::-1, ::-1]
    for i, j in np.ndindex(*x.shape):
        full[i : i + k.shape[0], j : j + k.shape[1]] += x[i, j] * turned
    if mode == "full":
        return full
    if mode == "valid":
        rows, columns = (a - b + 1 for a, b in zip(x.shape, k.shape, strict=True))
        return full[k.shape[0] - 1 :, k.shape[1] - 1 :][:rows, :columns]
    before = [(s - 1) // 2 if sign > 0 else s // 2 for s in k.shape]
    return full[before[0] :, before[1] :][: x.shape[0], : x.shape[1]]


@given(of_x=sizes, of_k=sizes, mode=st.sampled_from(["full", "same", "valid"]))
@settings(deadline=None)
def test_the_sliding_products_are_those_of_the_definition(of_x, of_k, mode):
    rng = np.random.default_rng(0)
    x, k = rng.standard_normal(of_x), rng.standard_normal(of_k)
    if mode == "valid" and any(a < b for a, b in zip(of_x, of_k, strict=True)):
        return  # the smaller slides over the larger then
    np.testing.assert_allclose(like_scipy.convolve2d(x, k, mode), by_definition(x, k, mode, 1))
    np.testing.assert_allclose(like_scipy.correlate2d(x, k, mode), by_definition(x, k, mode, -1))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("boundary", ["fill", "wrap", "symm"])
@pytest.mark.parametrize("name", ["correlate2d", "convolve2d"])
def test_they_give_what_scipy_gives(name, mode, boundary):
    signal = pytest.importorskip("scipy.signal")
    if getattr(signal, "__minnet_stub__", False):
        pytest.skip("that is the stand-in itself")
    rng = np.random.default_rng(1)
    for of_x, of_k in (((5, 7), (3, 3)), ((4, 4), (2, 3)), ((6, 5), (1, 4))):
        x, k = rng.standard_normal(of_x), rng.standard_normal(of_k)
        expected = getattr(signal, name)(x, k, mode, boundary, 0)
        np.testing.assert_allclose(getattr(like_scipy, name)(x, k, mode, boundary, 0), expected)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_the_functions_of_arrays_are_theirs(axis):
    x = np.random.default_rng(2).standard_normal((3, 4))
    total = np.exp(x).sum(axis, keepdims=True)
    np.testing.assert_allclose(like_scipy.softmax(x, axis), np.exp(x) / total)
    np.testing.assert_allclose(like_scipy.logsumexp(x, axis), np.log(np.exp(x).sum(axis)))
    np.testing.assert_allclose(like_scipy.expit(x), 1 / (1 + np.exp(-x)))
