"""Demos keep OpenBLAS to one thread, and give back as many as there were."""

import numpy as np
import pytest

from minnet import (
    MSE,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    TokenCrossEntropy,
    fit,
    threads,
)
from minnet.threads import one_thread
from minnet.training import Diverged


def test_there_is_one_thread_inside_and_as_many_as_before_afterwards():
    found = threads._threads()
    if found is None:
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    get, put = found
    before = get()
    try:
        put(2)
        with pytest.raises(KeyError), one_thread():
            assert get() == 1
            raise KeyError
        assert get() == 2
    finally:
        put(before)


def test_without_openblas_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(threads, "FOLDERS", ("nowhere",))
    assert threads._threads() is None
    with one_thread():
        pass


def test_a_file_that_is_no_library_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "libopenblas.so").write_bytes(b"not a library")
    monkeypatch.setattr(threads, "FOLDERS", (str(tmp_path),))
    assert threads._threads() is None


def trained(threads, layers, dtype=np.float64, **settings):
    model = Sequential(*layers())
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(23, 1, 6, 6)), rng.integers(0, 3, 23)
    history = fit(
        model.astype(dtype), SoftmaxCrossEntropy(), Adam(1e-2), (x, y), threads=threads,
        epochs=3, batch_size=8, progress=False, **settings,
    )  # fmt: skip
    return history, model.named_parameters()


def small_network():
    return (
        Conv2D(1, 3, 3, rng=0), ReLU(), MaxPool2D(2), Flatten(), Dense(12, 3, rng=1),
    )  # fmt: skip


@pytest.fixture
def sharing_all(monkeypatch):
    """Batches are shared out however small they are."""
    monkeypatch.setattr(threads, "LEAST_SHARED", 0)


@pytest.mark.usefixtures("sharing_all")
@pytest.mark.parametrize("parts", [2, 3, 11])
def test_a_batch_that_threads_share_gives_the_same_training(parts):
    # batches of 8 and a last one of 7: parts differ in size, and with 11 threads some have none
    (one, mine), (several, theirs) = (trained(n, small_network) for n in (1, parts))
    np.testing.assert_allclose(several.loss, one.loss, rtol=1e-12)
    assert several.accuracy == one.accuracy
    for name in mine:
        np.testing.assert_allclose(theirs[name], mine[name], rtol=1e-9, atol=1e-12)


@pytest.mark.usefixtures("sharing_all")
def test_the_same_number_of_threads_gives_the_very_same_numbers():
    dropping = lambda: (*small_network()[:-1], Dropout(0.5, rng=3), Dense(12, 3, rng=1))  # noqa: E731
    (first, mine), (second, theirs) = (trained(2, dropping, np.float32) for _ in range(2))
    assert first.loss == second.loss
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.usefixtures("sharing_all")
def test_two_threads_do_not_drop_the_same_elements():
    model = Sequential(Dense(4, 50, rng=0), Dropout(0.5, rng=0))
    with threads.sharing(model.train(), MSE(), 2) as passes:
        _, out = passes(np.ones((2, 4)), np.zeros((2, 50)))
    dropped = out == 0
    assert dropped[0].any() and dropped[1].any() and not np.array_equal(*dropped)


@pytest.mark.usefixtures("sharing_all")
def test_targets_that_are_ignored_count_in_no_part():
    rng = np.random.default_rng(0)
    model, loss = Dense(4, 5, rng=0), TokenCrossEntropy(ignore_index=-1)
    x, target = rng.normal(size=(4, 3, 4)), rng.integers(0, 5, (4, 3))
    target[0], target[3, 1:] = -1, -1
    found = []
    for count in (1, 2, 4):
        with threads.sharing(model, loss, count) as passes:
            found.append((passes(x, target)[0], model.dW))
    for value, dW in found[1:]:
        np.testing.assert_allclose(value, found[0][0], rtol=1e-13)
        np.testing.assert_allclose(dW, found[0][1], rtol=1e-12, atol=1e-15)


def test_one_thread_takes_batches_that_are_too_small_to_share():
    (one, mine), (two, theirs) = (trained(n, small_network) for n in (1, 2))
    assert two.loss == one.loss
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize(
    ("side", "shared"), [(8, False), (28, True)], ids=["too small", "large enough"]
)
def test_batches_are_shared_out_by_their_sizes_alone(side, shared, monkeypatch):
    counts, together = [], threads._together
    monkeypatch.setattr(
        threads, "_together", lambda *args: counts.append(len(args[-1])) or together(*args)
    )
    model = Sequential(
        Conv2D(1, 8, 3, padding=1), ReLU(), MaxPool2D(2), Conv2D(8, 16, 3, padding=1), ReLU(),
        MaxPool2D(2), Flatten(), Dense(side**2, 10),
    ).astype(np.float32)  # fmt: skip
    x, labels = np.ones((64, 1, side, side), np.float32), np.arange(64) % 10
    with threads.sharing(model.train(), SoftmaxCrossEntropy(), 2) as passes:
        for count in (64, 64, 5, 64):  # the first shows how large they are; the third is small
            passes(x[:count], labels[:count])
    assert counts == [64, 64] * shared


def test_a_layer_that_averages_over_the_batch_is_not_shared_out():
    with pytest.raises(ValueError, match="BatchNorm.*averages over the batch"):
        trained(2, lambda: (Conv2D(1, 3, 3, rng=0), BatchNorm(3), Flatten(), Dense(48, 3, rng=0)))


@pytest.mark.usefixtures("sharing_all")
def test_a_loss_that_is_not_finite_stops_the_training_with_threads_too():
    with pytest.raises(Diverged, match="loss became"), np.errstate(all="ignore"):
        trained(2, lambda: (Flatten(), Dense(36, 3, rng=0), Exploding()))


class Exploding(Layer):
    def forward(self, x):
        return x * np.inf

    def backward(self, dout):
        raise AssertionError("there is nothing to go back from")
