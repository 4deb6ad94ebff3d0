"""The layers for sequences, and those that came with them, agree with PyTorch to 1e-10."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minnet

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
shapes = st.lists(sizes, min_size=2, max_size=4)
quick = settings(max_examples=30, deadline=None)


def assert_agree(layer, peer, *inputs):
    """Compare out and all gradients; `peer` is given the layer's parameters, and the inputs."""
    rng = np.random.default_rng(0)
    for array in layer.named_parameters().values():
        array[...] = rng.normal(size=array.shape)
    own = {name: torch.tensor(W) for name, W in layer.named_parameters().items()}
    given = [torch.tensor(x) for x in inputs]
    floats = [x for x in given if x.is_floating_point()]
    for leaf in (*own.values(), *floats):
        leaf.requires_grad_()
    expected = peer(own, *given)
    out = layer(*inputs)
    assert_close(out, expected)
    dout = rng.normal(size=out.shape)
    expected.backward(torch.tensor(dout))
    returned = layer.backward(dout)
    gradients = returned if isinstance(returned, tuple) else () if returned is None else (returned,)
    for x, dx in zip(floats, gradients, strict=True):
        assert_close(dx, x.grad)
    for name, gradient in layer.named_gradients().items():
        assert_close(gradient, own[name].grad)


def assert_close(ours, theirs):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-10)


def module(made, parameters, **options):
    """Return a function that calls a module with the parameters given."""
    call = torch.func.functional_call
    return lambda *inputs: call(made.double(), parameters, inputs, options)


@quick
@given(shapes, st.integers(1, 5), sizes, seeds)
def test_embedding(shape, vocabulary, features, seed):
    tokens = np.random.default_rng(seed).integers(0, vocabulary, size=shape)
    layer = minnet.Embedding(vocabulary, features)
    assert_agree(layer, lambda p, x: F.embedding(x, p["W"]), tokens)


@quick
@given(sizes, sizes, st.integers(1, 5), sizes, seeds)
def test_tied(N, T, vocabulary, features, seed):
    tokens = np.random.default_rng(seed).integers(0, vocabulary, size=(N, T))
    embedding = minnet.Embedding(vocabulary, features)
    model = minnet.Sequential(embedding, minnet.Tanh(), minnet.Tied(embedding))
    assert_agree(model, lambda p, x: torch.tanh(F.embedding(x, p["0.W"])) @ p["0.W"].T, tokens)


def recurrent_peer(made, order):
    """Call PyTorch's layer with our parameters, our blocks put into its order."""

    def blocks(W):
        return W.unflatten(-1, (len(order), -1))[..., order, :].flatten(-2)

    def peer(p, x, *initial):
        hidden = len(p["Wh"])
        bh = torch.zeros_like(p["b"])
        if "bn" in p:
            bh = torch.cat([bh[: 2 * hidden], p["bn"]])
        names = {
            "weight_ih_l0": blocks(p["Wx"]).T,
            "weight_hh_l0": blocks(p["Wh"]).T,
            "bias_ih_l0": blocks(p["b"]),
            "bias_hh_l0": bh,
        }
        run = module(made, names)
        state = [h[None] for h in initial]
        if not state:
            return run(x)[0]
        return run(x, state[0] if len(state) == 1 else tuple(state))[0]

    return peer


@quick
@given(sizes, sizes, sizes, sizes, st.booleans(), seeds)
@pytest.mark.parametrize(
    "name, order, states", [("RNN", [0], 1), ("LSTM", [0, 1, 3, 2], 2), ("GRU", [0, 1, 2], 1)]
)
def test_recurrent_layers(name, order, states, N, T, D, H, with_states, seed):
    rng = np.random.default_rng(seed)
    initial = [rng.normal(size=(N, H)) for _ in range(states if with_states else 0)]
    made = getattr(nn, name)(D, H, batch_first=True)
    peer = recurrent_peer(made, order)
    assert_agree(getattr(minnet, name)(D, H), peer, rng.normal(size=(N, T, D)), *initial)


masks = st.sampled_from(["none", "random", "one key", "padding"])


def draw_mask(kind, N, T, S, rng):
    if kind == "random":
        return rng.random((N, T, S)) < 0.5  # some queries see nothing
    if kind == "one key":
        return np.arange(S) == rng.integers(0, S, size=(N, T, 1))
    return np.arange(S) < rng.integers(1, S + 1, size=(N, 1, 1))  # padding


@quick
@given(sizes, sizes, sizes, sizes, sizes, masks, st.booleans(), st.sampled_from([1.0, 20.0]), seeds)
def test_attention(N, T, S, D, E, kind, causal, scale, seed):
    rng = np.random.default_rng(seed)
    q, k, v = rng.normal(size=(N, T, D)), rng.normal(size=(N, S, D)), rng.normal(size=(N, S, E))
    mask = [] if kind == "none" else [draw_mask(kind, N, T, S, rng)]

    def peer(_, q, k, v, mask=None):
        seen = torch.ones(T, S, dtype=torch.bool) if mask is None else mask.expand(N, T, S)
        return F.scaled_dot_product_attention(q, k, v, seen.tril() if causal else seen)

    assert_agree(minnet.Attention(causal), peer, scale * q, k, v, *mask)


@quick
@given(sizes, sizes, sizes, sizes, st.booleans(), st.sampled_from(["none", "padding"]), seeds)
def test_multi_head_attention(N, T, heads, each, causal, kind, seed):
    rng = np.random.default_rng(seed)
    D = heads * each
    mask = [] if kind == "none" else [draw_mask(kind, N, T, T, rng)]

    def peer(p, x, mask=None):
        seen = torch.ones(N, T, T, dtype=torch.bool) if mask is None else mask.expand(N, T, T)
        seen = seen.tril() if causal else seen
        made = nn.MultiheadAttention(D, heads, batch_first=True)
        hidden = ~seen.repeat_interleave(heads, 0)
        names = {
            "in_proj_weight": p["0.W"].T,
            "in_proj_bias": p["0.b"],
            "out_proj.weight": p["2.W"].T,
            "out_proj.bias": p["2.b"],
        }
        return module(made, names, attn_mask=hidden)(x, x, x)[0]

    layer = minnet.MultiHeadAttention(D, heads, causal)
    assert_agree(layer, peer, rng.normal(size=(N, T, D)), *mask)


@quick
@given(sizes, sizes, st.sampled_from([1, 2]), sizes, sizes, st.booleans(), seeds)
def test_transformer_block(N, T, heads, each, hidden, causal, seed):
    rng = np.random.default_rng(seed)
    D = heads * each + heads  # a row of one number is normalised to nothing

    def peer(p, x):
        made = nn.TransformerEncoderLayer(
            D, heads, hidden, 0.0, F.gelu, batch_first=True, norm_first=True
        )
        names = {
            "self_attn.in_proj_weight": p["0.1.0.W"].T,
            "self_attn.in_proj_bias": p["0.1.0.b"],
            "self_attn.out_proj.weight": p["0.1.2.W"].T,
            "self_attn.out_proj.bias": p["0.1.2.b"],
            "norm1.weight": p["0.0.gamma"],
            "norm1.bias": p["0.0.beta"],
            "norm2.weight": p["1.0.gamma"],
            "norm2.bias": p["1.0.beta"],
            "linear1.weight": p["1.1.W"].T,
            "linear1.bias": p["1.1.b"],
            "linear2.weight": p["1.3.W"].T,
            "linear2.bias": p["1.3.b"],
        }
        future = ~torch.ones(T, T, dtype=torch.bool).tril() if causal else None
        return module(made, names)(x, future)

    layer = minnet.TransformerBlock(D, heads, hidden, causal)
    assert_agree(layer, peer, rng.normal(size=(N, T, D)))


@quick
@given(sizes, sizes, st.integers(2, 5), st.integers(0, 3), st.booleans(), seeds)
def test_positional_encoding(N, T, D, spare, learned, seed):
    layer = minnet.PositionalEncoding(D, T + spare, learned)
    fixed = torch.tensor(layer.W)
    x = np.random.default_rng(seed).normal(size=(N, T, D))
    assert_agree(layer, lambda p, x: x + p.get("W", fixed)[:T], x)


@quick
@given(sizes, sizes, sizes, sizes, st.booleans(), seeds)
def test_dense_on_sequences(N, T, D, M, bias, seed):
    x = np.random.default_rng(seed).normal(size=(N, T, D))
    layer = minnet.Dense(D, M, bias)
    assert_agree(layer, lambda p, x: F.linear(x, p["W"].T, p.get("b")), x)


@quick
@given(shapes, seeds)
def test_rms_norm(shape, seed):
    x = np.random.default_rng(seed).normal(size=shape)
    layer = minnet.RMSNorm(shape[-1])
    assert_agree(layer, lambda p, x: F.rms_norm(x, shape[-1:], p["gamma"], layer.eps), x)


@quick
@given(sizes, sizes, sizes, st.lists(sizes, max_size=2), seeds)
def test_group_norm(N, groups, each, places, seed):
    C = groups * each
    if each * int(np.prod(places)) == 1:
        C = 2 * groups  # PyTorch refuses to normalise a single number
    x = np.random.default_rng(seed).normal(size=(N, C, *places))
    layer = minnet.GroupNorm(groups, C)
    assert_agree(layer, lambda p, x: F.group_norm(x, groups, p["gamma"], p["beta"], layer.eps), x)


@quick
@given(shapes, seeds, st.sampled_from([1.0, 30.0, 1000.0]))
def test_smooth_activations(shape, seed, scale):
    x = scale * np.random.default_rng(seed).normal(size=shape)
    x.ravel()[::3] = 0
    for layer, peer in [
        (minnet.GELU(), F.gelu),
        (minnet.GELU(approximate=True), lambda x: F.gelu(x, approximate="tanh")),
        (minnet.SiLU(), F.silu),
        (minnet.Softplus(), lambda x: F.softplus(x, threshold=40)),  # by default a line beyond 20
        (minnet.ELU(), F.elu),
        (minnet.ELU(0.3), lambda x: F.elu(x, 0.3)),
    ]:
        assert_agree(layer, lambda _, x, peer=peer: peer(x), x)


@quick
@given(
    sizes, sizes, sizes, sizes, sizes, st.integers(0, 2), st.integers(0, 5), st.booleans(), seeds
)
def test_conv1d(N, C, filters, kernel, stride, padding, more, bias, seed):
    length = max(1, kernel - 2 * padding) + more
    x = np.random.default_rng(seed).normal(size=(N, C, length))
    layer = minnet.Conv1D(C, filters, kernel, stride, padding, bias)
    assert_agree(layer, lambda p, x: F.conv1d(x, p["W"], p.get("b"), stride, padding), x)


pairs = st.tuples(sizes, sizes)


@quick
@given(st.tuples(sizes, sizes, sizes, sizes), sizes, pairs, pairs, pairs, st.booleans(), seeds)
def test_conv_transpose2d(shape, filters, kernel, stride, padding, bias, seed):
    whole = [s * (n - 1) + k for s, n, k in zip(stride, shape[2:], kernel, strict=True)]
    padding = tuple(min(p - 1, (size - 1) // 2) for p, size in zip(padding, whole, strict=True))
    x = np.random.default_rng(seed).normal(size=shape)
    layer = minnet.ConvTranspose2D(shape[1], filters, kernel, stride, padding, bias)
    assert_agree(layer, lambda p, x: F.conv_transpose2d(x, p["W"], p.get("b"), stride, padding), x)


@quick
@given(st.tuples(sizes, sizes, sizes, sizes), pairs, seeds)
def test_upsample2d(shape, factor, seed):
    x = np.random.default_rng(seed).normal(size=shape)
    assert_agree(minnet.Upsample2D(factor), lambda _, x: F.interpolate(x, scale_factor=factor), x)
