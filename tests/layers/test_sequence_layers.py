"""What the layers for sequences promise beyond right gradients."""

import copy
import math
import warnings

import numpy as np
import pytest

from minnet import (
    ELU,
    GRU,
    LSTM,
    RNN,
    SGD,
    Adam,
    Attention,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Dropout,
    Embedding,
    GroupNorm,
    MultiHeadAttention,
    PositionalEncoding,
    Sequential,
    Tied,
    TokenCrossEntropy,
    TransformerBlock,
    check_model,
)
from minnet.layers.embedding import add_rows
from minnet.layers.functions import gaussian, sigmoid


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def normal_distribution(x):
    return np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x.tolist()])


@pytest.mark.parametrize(
    "dtype, error", [(np.float64, 3e-16), (np.float32, 1e-7), (np.float16, 1e-3)]
)
def test_the_normal_distribution_is_that_of_math_erfc_to_the_last_digits(dtype, error):
    x = np.concatenate([2 * normal(20_000), np.linspace(-40, 40, 20_001)]).astype(dtype)
    density, distribution = gaussian(x)
    assert density.dtype == distribution.dtype == dtype
    x = x.astype(float)
    assert np.abs(distribution - normal_distribution(x)).max() < error
    assert np.abs(density - np.exp(-x * x / 2) / math.sqrt(2 * math.pi)).max() < error


def test_functions_are_quiet_and_exact_far_out():
    x = np.array([-1e300, -1000.0, 1000.0, 1e300])
    with np.errstate(all="raise", under="ignore"):
        density, distribution = gaussian(x)
        np.testing.assert_array_equal(density, 0)
        np.testing.assert_array_equal(distribution, [0, 0, 1, 1])
        np.testing.assert_array_equal(sigmoid(x), [0, 0, 1, 1])


# --- attention ----------------------------------------------------------------------------


def test_a_query_that_sees_nothing_gets_zeros_and_gives_no_gradient():
    q, k, v = normal(1, 2, 3), normal(1, 4, 3, seed=1), normal(1, 4, 2, seed=2)
    mask = np.array([[[True] * 4, [False] * 4]])
    layer = Attention()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = layer(q, k, v, mask)
        dq, dk, dv = layer.backward(np.ones_like(out))
    assert out[0, 0].all() and not out[0, 1].any()
    assert dq[0, 0].all() and not dq[0, 1].any()
    assert np.isfinite(dk).all() and np.isfinite(dv).all()


def test_a_query_with_one_key_has_no_choice_and_no_gradient():
    q, k, v = 9 * normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 3, seed=2)
    layer = Attention()
    out = layer(q, k, v, np.arange(5) == np.array([[[1]], [[4]]]))
    dq, dk, _ = layer.backward(normal(*out.shape, seed=3))
    assert not dq.any() and not dk.any()  # exactly


def test_a_hidden_key_changes_nothing_and_gets_no_gradient():
    q, k, v = normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 4, seed=2)
    mask = np.arange(5) < np.array([[[5]], [[2]]])
    layer = Attention()
    out = layer(q, k, v, mask)
    _, dk, dv = layer.backward(normal(*out.shape, seed=3))
    assert not dk[1, 2:].any() and not dv[1, 2:].any() and dv[1, :2].all()
    k[1, 2:], v[1, 2:] = 1e6, -1e6
    np.testing.assert_array_equal(layer(q, k, v, mask), out)


@pytest.mark.parametrize(
    "layer",
    [
        MultiHeadAttention(4, 2, causal=True, rng=0),
        TransformerBlock(4, 2, rng=0),
        RNN(4, 3, rng=0),
        LSTM(4, 3, rng=0),
        GRU(4, 3, rng=0),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_no_step_sees_what_comes_after_it(layer):
    x = normal(2, 5, 4)
    out = layer(x)
    x[:, 3:] = 7
    np.testing.assert_allclose(layer(x)[:, :3], out[:, :3], rtol=1e-13, atol=1e-13)
    dout = np.zeros_like(out)
    dout[:, 2] = 1
    dx = layer.backward(dout)
    assert not dx[:, 3:].any() and dx[:, 0].all()


def test_a_block_drops_at_the_end_of_both_branches_and_only_in_training():
    x, block = normal(2, 3, 4), TransformerBlock(4, 2, dropout=0.5, rng=0)
    for branch in block.layers:
        assert isinstance(branch.layers[-1], Dropout)
    assert (block(x) != block(x)).any()
    block.eval()
    np.testing.assert_array_equal(block(x), block(x))
    for branch in TransformerBlock(4, 2).layers:
        assert not any(isinstance(layer, Dropout) for layer in branch.layers)


def test_attention_does_not_mind_in_which_order_the_steps_are():
    layer, x, order = MultiHeadAttention(6, 3, rng=0), normal(2, 4, 6), [2, 0, 3, 1]
    np.testing.assert_allclose(layer(x[:, order]), layer(x)[:, order], atol=1e-14)


def test_scores_of_a_thousand_do_not_overflow():
    q = 1000 * normal(1, 3, 4)
    with np.errstate(all="raise", under="ignore"):
        layer = Attention()
        out = layer(q, q, q)
        assert all(np.isfinite(g).all() for g in layer.backward(np.ones_like(out)))


@pytest.mark.parametrize(
    "q, k, v, words",
    [
        ((2, 3, 4), (2, 5, 3), (2, 5, 3), r"keys of shape \(2, S, 4\).*\(2, 5, 3\)"),
        ((2, 3, 4), (1, 5, 4), (1, 5, 4), r"keys of shape \(2, S, 4\).*\(1, 5, 4\)"),
        ((2, 3, 4), (2, 5, 4), (2, 3, 4), r"value for each key, shape \(2, 5, E\).*\(2, 3, 4\)"),
    ],
)
def test_keys_and_values_that_do_not_fit_are_refused(q, k, v, words):
    with pytest.raises(ValueError, match=words):
        Attention()(normal(*q), normal(*k), normal(*v))


def test_a_mask_that_is_none_is_refused():
    x, layer = normal(2, 3, 4), MultiHeadAttention(4, 2)
    with pytest.raises(TypeError, match="booleans.*float64"):
        Attention()(x, x, x, np.ones((3, 3)))
    with pytest.raises(TypeError, match="booleans.*list"):
        layer(x, [[True]])
    for refuses in (lambda mask: Attention()(x, x, x, mask), lambda mask: layer(x, mask)):
        with pytest.raises(ValueError, match=r"broadcasts to \(2, 3, 3\), but got \(4, 3\)"):
            refuses(np.full((4, 3), True))


def test_a_mask_of_any_shape_that_broadcasts_is_taken():
    x, layer = normal(2, 3, 4), MultiHeadAttention(4, 2, rng=0)
    keys = np.array([True, False, True])
    expected = layer(x, np.broadcast_to(keys, (2, 3, 3)))
    for mask in (keys, keys[None], keys[None, None]):
        np.testing.assert_array_equal(layer(x, mask), expected)
    assert (layer(x) != expected).all()


# --- embeddings and tied weights ----------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3, 8])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_rows_are_added_as_numpy_adds_them(width, dtype):
    rng = np.random.default_rng(0)
    index, values = rng.integers(0, 5, size=40), rng.integers(-9, 9, size=(40, width)).astype(dtype)
    expected = np.ones((6, width), dtype)
    np.add.at(expected, index, values)
    for laid_out in (values, np.asfortranarray(values), values.repeat(2, axis=1)[:, ::2]):
        ours = np.ones((6, width), dtype)
        add_rows(ours, index, laid_out)
        np.testing.assert_array_equal(ours, expected)


def test_tokens_may_be_of_a_small_type():
    tokens = np.array([[200, 3, 200]], np.uint8)
    layer = Embedding(256, 4, rng=0)
    np.testing.assert_array_equal(layer(tokens), layer.W[[[200, 3, 200]]])
    layer.backward(np.ones((1, 3, 4)))
    assert layer.dW[200].tolist() == [2] * 4 and layer.dW[3].tolist() == [1] * 4
    assert layer.dW.sum() == 12


def tied_model(seed=0):
    rng = np.random.default_rng(seed)
    embedding = Embedding(5, 4, rng=rng)
    return Sequential(embedding, LSTM(4, 4, rng=rng), Tied(embedding))


TOKENS = np.array([[1, 4, 1], [0, 2, 2]])


def run(model, tokens=TOKENS):
    out = model(tokens)
    model.backward(normal(*out.shape, seed=5))
    return model.named_gradients()["0.W"]


def test_tied_weights_are_listed_counted_and_saved_once(tmp_path):
    model = tied_model()
    assert list(model.named_parameters()) == ["0.W", "1.Wx", "1.Wh", "1.b"]
    count = sum(W.size for W in model.named_parameters().values())
    assert f"{count}" in model.summary().splitlines()[-1]
    model.save(tmp_path / "model.npz")
    assert sorted(np.load(tmp_path / "model.npz").files) == ["0.W", "1.Wh", "1.Wx", "1.b"]
    other = tied_model(1).load(tmp_path / "model.npz")
    np.testing.assert_array_equal(other(TOKENS), model(TOKENS))


def test_the_gradients_of_both_uses_add_up_and_make_one_step():
    model = tied_model()
    W, total = model.layers[0].W.copy(), run(model).copy()
    untied = Sequential(*model.layers[:2], Dense(4, 5, bias=False))
    untied.layers[2].W = W.T.copy()
    as_input = run(untied)
    np.testing.assert_allclose(total, as_input + untied.layers[2].dW.T, rtol=1e-13)
    run(model)
    SGD(lr=0.1).step(model)
    np.testing.assert_allclose(model.layers[0].W, W - 0.1 * total, rtol=1e-13)


def test_tied_weights_stay_tied_in_a_copy_and_in_another_dtype():
    model = tied_model()
    twin = copy.deepcopy(model)
    np.testing.assert_array_equal(run(twin), run(model))
    twin.layers[0].W += 1
    assert (twin.layers[2].embedding.W == twin.layers[0].W).all()
    assert (model.layers[0].W != twin.layers[0].W).all()
    single = model.astype(np.float32)
    assert run(single).dtype == np.float32 and single(TOKENS).dtype == np.float32


def test_a_share_of_an_earlier_pass_is_not_added_again():
    model = tied_model()
    run(model)
    embedding = model.layers[0]
    out = embedding(TOKENS)
    embedding.backward(np.ones_like(out))
    assert embedding.dW[1].tolist() == [2] * 4


def test_an_embedding_may_be_tied_to_two_outputs():
    embedding = Embedding(5, 4, rng=0)
    first, second = Tied(embedding), Tied(embedding)
    x, dout = embedding(TOKENS), normal(2, 3, 5)
    for layer in (first, second):
        layer(x)
    embedding.backward(first.backward(dout) + second.backward(dout))
    both = embedding.dW
    once = Sequential(embedding, first)
    once(TOKENS)
    once.backward(dout)
    np.testing.assert_allclose(both, 2 * embedding.dW, rtol=1e-13)


def test_a_model_with_tied_weights_is_right_layer_by_layer_and_end_to_end():
    report = check_model(
        tied_model(), TokenCrossEntropy(), TOKENS, np.array([[4, 1, 0], [2, 2, 3]])
    )
    assert report
    assert [check.name for check in report.checks][2:] == [
        "2 Tied",
        "loss TokenCrossEntropy",
        "end to end",
    ]


def test_only_an_embedding_can_be_tied():
    with pytest.raises(TypeError, match="Embedding.*Dense"):
        Tied(Dense(3, 2))


# --- positions ----------------------------------------------------------------------------


def test_fixed_positions_are_kept_with_the_model_but_not_learned():
    fixed, learned = PositionalEncoding(4, 6), PositionalEncoding(4, 6, learned=True)
    assert fixed.named_parameters() == {} and list(fixed.named_buffers()) == ["W"]
    assert list(learned.named_parameters()) == ["W"] and learned.named_buffers() == {}
    np.testing.assert_array_equal(fixed(np.zeros((1, 6, 4))), learned(np.zeros((1, 6, 4))))


def test_no_two_positions_look_the_same():
    W = PositionalEncoding(5, 200).W
    distances = np.linalg.norm(W[:, None] - W, axis=-1) + 9 * np.eye(200)
    assert distances.min() > 0.05


def test_a_sequence_longer_than_the_positions_is_refused():
    with pytest.raises(ValueError, match="7 steps are more than the longest sequence, 6"):
        PositionalEncoding(4, 6)(np.zeros((1, 7, 4)))


# --- recurrent layers ---------------------------------------------------------------------


def test_a_sequence_in_two_halves_is_the_same_as_in_one():
    x = normal(3, 6, 4)
    for layer in (RNN(4, 5, rng=0), GRU(4, 5, rng=0)):
        whole = layer(x)
        first = layer(x[:, :2]).copy()
        second = layer(x[:, 2:], first[:, -1])
        np.testing.assert_allclose(np.concatenate([first, second], 1), whole, rtol=1e-13)
    layer = LSTM(4, 5, rng=0)
    whole = layer(x)
    first = layer(x[:, :2]).copy()
    second = layer(x[:, 2:], first[:, -1], layer.c[-1])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, rtol=1e-13)


def test_only_the_gradients_of_initial_states_that_were_given_are_returned():
    layer, x, c0 = LSTM(3, 2, rng=0), normal(2, 4, 3), normal(2, 2)
    dout = np.ones_like(layer(x, None, c0))
    dx, dc0 = layer.backward(dout)
    assert dx.shape == x.shape and dc0.shape == c0.shape
    layer(x)
    assert layer.backward(dout).shape == x.shape


def test_a_new_lstm_remembers():
    layer = LSTM(3, 2, rng=0)
    assert layer.b.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_a_state_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"RNN.*\(2, 5\).*got \(2, 4\)"):
        RNN(3, 5, rng=0)(normal(2, 4, 3), normal(2, 4))


# --- the rest -----------------------------------------------------------------------------


def test_a_transposed_convolution_is_a_convolution_backwards():
    W, x, dout = normal(3, 2, 3, 2), normal(2, 2, 7, 6), normal(2, 3, 4, 5, seed=1)
    conv = Conv2D(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), bias=False)
    transpose = ConvTranspose2D(3, 2, (3, 2), stride=(2, 1), padding=(1, 0), bias=False)
    conv.W = transpose.W = W
    out = conv(x)
    assert out.shape == dout.shape
    np.testing.assert_allclose(transpose(dout), conv.backward(dout), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(transpose.backward(x), out, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: MultiHeadAttention(5, 2), "5 features cannot be divided among 2 heads"),
        (lambda: MultiHeadAttention(4, 0), "heads must be at least 1, not 0"),
        (lambda: GroupNorm(2, 5), "5 channels cannot be divided into 2"),
        (lambda: PositionalEncoding(4, 0), "at least 1"),
        (lambda: Conv1D(1, 1, 3, stride=0), "stride"),
        (lambda: Conv1D(1, 1, 3, padding=-1), "padding"),
        (lambda: ELU(-1), "alpha"),
        (lambda: Embedding(0, 3), "at least 1"),
    ],
)
def test_impossible_settings_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="kernel, 5, is longer than the .* signal, 4"):
        Conv1D(1, 1, 5, padding=1)(np.ones((1, 1, 2)))
    with pytest.raises(ValueError, match="leaves nothing"):
        ConvTranspose2D(1, 1, 2, padding=1)(np.ones((1, 1, 1, 3)))


def test_a_small_transformer_learns_to_repeat_what_it_saw_two_steps_ago():
    rng = np.random.default_rng(0)
    embedding = Embedding(6, 16, rng=rng)
    model = Sequential(
        embedding,
        PositionalEncoding(16, longest=8, learned=True),
        TransformerBlock(16, heads=2, rng=rng),
        Tied(embedding),
    )
    loss, optimizer = TokenCrossEntropy(ignore_index=-1), Adam(lr=0.01)
    for _ in range(150):
        tokens = rng.integers(0, 6, size=(16, 8))
        labels = np.full_like(tokens, -1)
        labels[:, 2:] = tokens[:, :-2]
        value = loss.forward(model.forward(tokens), labels)
        model.backward(loss.backward())
        optimizer.step(model)
    assert value < 0.05  # guessing gives log 6 = 1.8


@pytest.mark.parametrize("features", [3, 4])
def test_an_embedding_takes_a_gradient_of_another_precision(features):
    layer = Embedding(6, features, rng=0).astype(np.float32)
    layer.forward(np.array([[1, 2], [2, 3]]))
    layer.backward(np.ones((2, 2, features)))
    assert layer.dW.dtype == np.float32
    np.testing.assert_array_equal(layer.dW.sum(axis=1), features * np.array([0, 1, 2, 1, 0, 0]))
