"""Code that is right as it is meant, though its form alone says something else."""

import textwrap

import numpy as np
import pytest

from minnet.conventions import check
from minnet.conventions.subject import Subject
from minnet.gradcheck.options import Options


def write(folder, **files):
    """Write files (``package__module="source"``) and return the folder."""
    for name, source in files.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import numpy as np\n" + textwrap.dedent(source), encoding="utf-8")
    return folder


def checked(folder, name="layers", **files):
    """Return what is said of a file: the verdict of each check, and each thing's reason."""
    write(folder, **files)
    (target,) = check(folder.joinpath(*name.split("__")).with_suffix(".py")).targets
    verdicts = {one.name: one.verdict for one in target.checks}
    return verdicts | {one.name: one.reason for one in target.skipped} | {"": target.error}


SIGMOID = """
class Sigmoid:
    def forward(self, x):
        return 1 / (1 + np.exp(-x))
    def backward(self, {taken}):
        s = self.forward(x)
        return s * (1 - s)
"""
MULTIPLIES = "class Dense:\n    def backward(self, dA): return dA * self.act.backward({given})\n"


@pytest.mark.parametrize(("taken", "given"), [("x", "self.z"), ("x, dA", "self.z, dA")])
def test_an_activation_whose_callers_multiply_gives_the_local_derivative(tmp_path, taken, given):
    source = SIGMOID.format(taken=taken)
    tmp_path = tmp_path / "project" / "activations"
    assert checked(tmp_path, layers=source)["Sigmoid"] == "fail"
    named = f"class Act:\n def back(self, d):\n  s = self.f.backward({given})\n  return d * s\n"
    assert checked(tmp_path, layers=source, dense=named)["Sigmoid"] == "pass"
    beside = MULTIPLIES.format(given=given)
    assert checked(tmp_path, layers=source, dense=beside)["Sigmoid"] == "pass"
    wrong = source.replace("s * (1 - s)", "s * (1 + s)")
    assert checked(tmp_path, layers=wrong, dense=beside)["Sigmoid"] == "fail"


def test_an_upstream_gradient_may_have_the_name_of_the_input(tmp_path):
    source = """
    class ReLU:
        def forward(self, x):
            self.out = np.maximum(x, 0)
            return self.out
        def backward(self, x):
            return x * (self.out > 0)
    """
    clips = "def back(net, g):\n    g = net.act.backward(g)\n    return 0.9 * g\n"
    assert checked(tmp_path / "project" / "nn", layers=source, dense=clips)["ReLU"] == "pass"


CONV = """
def windows(x, w, conv_param):
    S, P = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (P, P), (P, P)))
    for i in range((padded.shape[2] - w.shape[2]) // S + 1):
        for j in range((padded.shape[3] - w.shape[3]) // S + 1):
            yield i, j, padded[:, :, i * S:i * S + w.shape[2], j * S:j * S + w.shape[3]]
def conv_forward(x, w, b, conv_param):
    found = list(windows(x, w, conv_param))
    i, j, _ = found[-1]
    out = np.zeros((len(x), len(w), i + 1, j + 1))
    for i, j, window in found:
        out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    return out, (x, w, b, conv_param)
def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), dout.sum(axis=(0, 2, 3))
    P, S = conv_param["pad"], conv_param["stride"]
    assert (x.shape[3] + 2 * P - w.shape[3]) % S == 0, "the stride does not fit"
    padded = np.pad(dx, ((0, 0), (0, 0), (P, P), (P, P)))
    both = zip(windows(x, w, conv_param), windows_of(padded, w, conv_param))
    for (i, j, window), (_, _, there) in both:
        dw += np.einsum("nf,nchw->fchw", dout[:, :, i, j], window)
        there += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    return padded[:, :, P:padded.shape[2] - P, P:padded.shape[3] - P], dw, db
def windows_of(padded, w, conv_param):
    S = conv_param["stride"]
    for i in range((padded.shape[2] - w.shape[2]) // S + 1):
        for j in range((padded.shape[3] - w.shape[3]) // S + 1):
            yield i, j, padded[:, :, i * S:i * S + w.shape[2], j * S:j * S + w.shape[3]]
"""


def test_sizes_that_an_assertion_refuses_are_left_out_and_told(tmp_path):
    write(tmp_path, layers=CONV)
    (target,) = check(tmp_path / "layers.py").targets
    assert [one.verdict for one in target.checks] == ["pass"]
    assert target.skipped
    assert all("is refused by layers.py, line " in one.reason for one in target.skipped)
    other = CONV.replace("% S == 0", "< 3")  # no size divides another there
    assert checked(tmp_path, layers=other)["conv"] == "error"


def test_a_backward_of_one_argument_is_the_derivative_at_it_or_at_the_output(tmp_path):
    source = """
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))
    def sigmoid_backward(x):
        return x * (1 - x)
    """
    for own in (
        source,
        source.replace("backward(x)", "backward(p)").replace("x * (1 - x)", "p - p * p"),
    ):
        assert checked(tmp_path, layers=own)["sigmoid"] == "pass"
        wrong = own.replace("(1 - x)", "(1 + x)").replace("p - p", "p + p")
        assert checked(tmp_path, layers=wrong)["sigmoid"] == "fail"


def test_what_every_subclass_writes_anew_is_a_base(tmp_path):
    source = """
    class Loss:
        def forward(self, x, t):
            return x
        def backward(self):
            return np.zeros(3)
    class Squares(Loss):
        def forward(self, x, t):
            self.off = x - t
            return (self.off**2).sum()
        def backward(self):
            return 2 * self.off
    class Cubes(Loss):
        def forward(self, x, t):
            self.off = x - t
            return (self.off**3).sum()
        def backward(self):
            return 3 * self.off**2
    """
    said = checked(tmp_path, layers=source)
    assert "base" in said["Loss"]
    assert said["Squares"] == said["Cubes"] == "pass"


def test_a_branch_that_is_not_written_for_another_shape_is_no_placeholder(tmp_path):
    source = """
    class Scale:
        def forward(self, x):
            if x.ndim == 2:
                raise NotImplementedError("for images")
            return 3 * x
        def backward(self, dout):
            return 3 * dout
    """
    assert checked(tmp_path, layers=source)["Scale"] == "pass"


def test_a_misspelt_method_of_an_array_is_the_author_s(tmp_path):
    source = """
    class Scale:
        def forward(self, x):
            return 3 * x
        def backward(self, dout):
            return 3 * dout.reshap(dout.shape)
    """
    write(tmp_path, layers=source)
    report = check(tmp_path / "layers.py")
    assert report.checks[0].verdict == "error"
    assert "did you mean reshape?" in str(report)


def test_a_name_that_is_not_there_is_told_whatever_was_guessed(tmp_path):
    source = """
    def forward_propagation(X, parameters):
        Z1 = parameters["W1"] @ X + parameters["b1"]
        A1 = sigmod(Z1)
        return A1, {"Z1": Z1, "A1": A1}
    def backward_propagation(parameters, cache, X, Y):
        dZ1 = cache["A1"] - Y
        return {"dW1": dZ1 @ X.T / X.shape[1], "db1": dZ1.sum(axis=1, keepdims=True) / X.shape[1]}
    """
    write(tmp_path, layers=source)
    assert "sigmod" in str(check(tmp_path / "layers.py"))


POOL = """
class MaxPool2D:
    def __init__(self, kernel_size=2, stride=1):
        self.k, self.s = kernel_size, stride
    def forward(self, x):
        self.x = x
        H, W, C, N = x.shape
        out = np.zeros(((H - self.k) // self.s + 1, (W - self.k) // self.s + 1, C, N))
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                a, b = i * self.s, j * self.s
                out[i, j] = x[a:a + self.k, b:b + self.k].max(axis=(0, 1))
        return out
    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[0]):
            for j in range(dout.shape[1]):
                a, b = i * self.s, j * self.s
                window = self.x[a:a + self.k, b:b + self.k]
                mask = window == window.max(axis=(0, 1))
                dx[a:a + self.k, b:b + self.k] += mask * dout[i, j]
        return dx
"""


def test_a_pooling_is_given_images_that_lie_as_it_takes_them(tmp_path):
    assert checked(tmp_path, layers=POOL)["MaxPool2D"] == "pass"
    wrong = POOL.replace("+= mask", "= mask")
    assert checked(tmp_path, layers=wrong)["MaxPool2D"] == "fail"


def test_constructors_that_hand_on_what_they_are_given(tmp_path):
    source = """
    class Dense:
        def __init__(self, input_size, output_size):
            self.W = np.random.randn(input_size, output_size)
        def forward(self, x):
            self.x = x
            return x @ self.W
        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T
    class Last(Dense):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
    """
    assert checked(tmp_path, layers=source)["Last"] == "pass"


def test_parameters_that_the_loss_does_not_read_need_no_gradient(tmp_path):
    source = """
    class TwoLayerNet:
        def __init__(self, input_size, hidden_size, output_size):
            self.params = {
                "W1": np.random.randn(input_size, hidden_size), "b1": np.zeros(hidden_size),
                "W2": np.random.randn(hidden_size, output_size), "b2": np.zeros((1, output_size)),
                "velocity": np.zeros((input_size, hidden_size)),
            }
        def loss(self, X, y=None, reg=0.0):
            p = self.params
            hidden = np.maximum(X @ p["W1"] + p["b1"], 0)
            scores = hidden @ p["W2"] + p["b2"]
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            e /= e.sum(axis=1, keepdims=True)
            rows = np.arange(len(X))
            loss = -np.log(e[rows, y]).mean() + reg * ((p["W1"]**2).sum() + (p["W2"]**2).sum())
            e[rows, y] -= 1
            e /= len(X)
            d_hidden = e @ p["W2"].T * (hidden > 0)
            return loss, {
                "W1": X.T @ d_hidden + 2 * reg * p["W1"], "b1": d_hidden.sum(axis=0),
                "W2": hidden.T @ e + 2 * reg * p["W2"], "b2": e.sum(axis=0),
            }
    """
    write(tmp_path, net=source)
    report = check(tmp_path / "net.py")
    assert report
    (warning,) = {found.message for case in report.checks[0].cases for found in case.warnings}
    assert "The gradient of b2 has shape (3,), but b2 has shape (1, 3)" in warning
    wrong = source.replace('"b2": e.sum(axis=0)', '"b2": e.mean(axis=0)')
    assert not check(write(tmp_path, net=wrong) / "net.py")


def test_a_forward_that_leaves_its_output_elsewhere_is_written(tmp_path):
    source = """
    class Layer:
        def __init__(self):
            self.neurons = [type("Neuron", (), {})() for _ in range(3)]
        def forward(self, inputs):
            for neuron in self.neurons:
                neuron.value = inputs.sum(axis=1)
        def backward(self, dout):
            return dout
    """
    assert "its forward returns nothing" in checked(tmp_path, layers=source)["Layer"]


OPERATION = """
from needle.tensors import Tensor
class Op:
    def __call__(self, *args): return Tensor.of(self, args)
class Double(Op):
    def compute(self, a): return 2 * a
    def gradient(self, out_grad: Tensor, node: Tensor): return Double()(out_grad)
"""
TENSORS = """
from needle import backend_cpu
class Tensor:
    def __init__(self, array):
        self.data = backend_cpu.array(array)
    @classmethod
    def of(cls, op, inputs):
        found = cls(op.compute(*(tensor.data for tensor in inputs)))
        found.inputs = inputs
        return found
    def numpy(self): return self.data
"""


def test_a_backend_that_is_not_compiled_is_the_one_in_numpy(tmp_path):
    files = {"needle____init__": "", "needle__ops": OPERATION, "needle__tensors": TENSORS}
    assert "pass" not in checked(tmp_path, "needle__ops", **files).values()
    twin = "def array(values): return np.array(values, dtype=float)\n"
    files["needle__backend_numpy"] = twin
    assert checked(tmp_path, "needle__ops", **files)["Double"] == "pass"


def test_what_rearranges_numbers_is_not_judged_by_one_number(tmp_path):
    source = """
    class BroadcastTo:
        def __init__(self, shape):
            self.shape = shape
        def compute(self, a):
            return np.broadcast_to(a, self.shape)
        def gradient(self, out_grad, node):
            if node.inputs[0].ndim:
                raise ValueError("of numbers alone")
            return out_grad.sum()
    """
    assert checked(tmp_path, ops=source, name="ops").get("BroadcastTo") != "pass"


def test_a_constructor_may_refuse_one_of_the_axes_that_are_tried(tmp_path):
    source = """
    class Summation:
        def __init__(self, axes=None):
            assert axes is None or isinstance(axes, tuple)
            self.axes = axes
        def compute(self, a):
            return a.sum(axis=self.axes)
        def gradient(self, out_grad, node):
            a = node.inputs[0]
            kept = [1 if self.axes is None or k in self.axes else n for k, n in enumerate(a.shape)]
            return np.broadcast_to(out_grad.reshape(kept), a.shape)
    """
    assert checked(tmp_path, ops=source, name="ops")["Summation"] == "pass"


def test_a_network_whose_sizes_are_written_into_it_is_a_skip(tmp_path):
    source = """
    class TwoLayerNet:
        def __init__(self, input_dim=(3, 32, 32), num_classes=10):
            self.params = {"W1": 1e-3 * np.random.randn(3072, 4), "b1": np.zeros(4)}
        def loss(self, X, y=None):
            scores = X.reshape(len(X), -1) @ self.params["W1"] + self.params["b1"]
            e = np.exp(scores - scores.max(axis=1, keepdims=True))
            e /= e.sum(axis=1, keepdims=True)
            rows = np.arange(len(X))
            loss = -np.log(e[rows, y]).mean()
            e[rows, y] -= 1
            e /= len(X)
            flat = X.reshape(len(X), -1)
            return loss, {"W1": flat.T @ e, "b1": e.sum(axis=0)}
    """
    said = checked(tmp_path, net=source, name="net")
    assert "do not follow its input_dim" in said["TwoLayerNet"]


MEAN_IN_THE_LAYER = """
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.random.randn(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout / len(self.x), dout.mean(axis=0)
        return dout @ self.W.T
"""
MSE = """
class MSELoss:
    def forward(self, y_pred, y_true):
        self.off = y_pred - y_true
        return np.mean(np.sum(self.off**2, axis=1))
    def backward(self):
        return 2 * self.off{divided}
"""


def test_one_layer_that_divides_by_the_batch_is_right_beside_a_loss_that_leaves_it_out(tmp_path):
    tmp_path = tmp_path / "project" / "nn"
    assert checked(tmp_path, layers=MEAN_IN_THE_LAYER)["Dense"] == "fail"
    leaves_it_out, divides = MSE.format(divided=""), MSE.format(divided=" / len(self.off)")
    assert checked(tmp_path, layers=MEAN_IN_THE_LAYER, losses=leaves_it_out)["Dense"] == "pass"
    assert checked(tmp_path, layers=MEAN_IN_THE_LAYER, losses=divides)["Dense"] == "fail"
    wrong = MEAN_IN_THE_LAYER.replace("self.W.T", "-self.W.T")
    assert checked(tmp_path, layers=wrong, losses=leaves_it_out)["Dense"] == "fail"


TARGET_FIRST = """
class CrossEntropy:
    def __call__(self, {names}, reduction="mean"):
        shifted = logits - logits.max(axis=1, keepdims=True)
        self.log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.p = probabilities
        each = -np.sum(self.p * self.log_p, axis=1)
        return np.mean(each) if reduction == "mean" else np.sum(each)
    def backward(self):
        return {gradient}
class Squares:
    def __call__(self, a, b):
        self.off = a - b
        return np.sum(self.off**2)
    def backward(self):
        return -2 * self.off
"""


@pytest.mark.parametrize("names", ["probabilities, logits", "logits, probabilities"])
@pytest.mark.parametrize("mean", ["", " / len(self.p)"])
def test_a_loss_may_take_its_target_first_under_any_name(tmp_path, names, mean):
    tmp_path = tmp_path / "project" / "nn"
    right = TARGET_FIRST.format(names=names, gradient=f"(np.exp(self.log_p) - self.p){mean}")
    found = checked(tmp_path, layers=right)
    assert found["CrossEntropy"] == "pass"
    assert found["Squares"] == "fail"  # of a loss that is the same either way, the sign is wrong
    wrong = TARGET_FIRST.format(names=names, gradient=f"(self.p - np.exp(self.log_p)){mean}")
    assert checked(tmp_path, layers=wrong)["CrossEntropy"] == "fail"


def test_what_a_constructor_raises_in_each_way_that_was_tried_is_told(tmp_path):
    source = """
    class Gain:
        def __init__(self, volume_of_it):
            self.g = np.zeros(None)
        def forward(self, x): return self.g * x
        def backward(self, dout): return dout * self.g
    """
    found = checked(tmp_path / "project", layers=source)
    assert "shape arguments, in each way that was tried" in found["Gain"]


STATIC = """
class Sigmoid:
    @staticmethod
    def forward(X):
        return 1 / (1 + np.exp(-X))
    @staticmethod
    def backward(X):
        return np.exp(-X) / (1 + np.exp(-X)) ** 2
"""


def test_a_static_activation_may_be_called_by_who_multiplies(tmp_path):
    network = "class Net:\n    def back(self): return self.dA * self.act.backward(self.Z)\n"
    tmp_path = tmp_path / "project" / "src"
    assert checked(tmp_path, layers=STATIC, net=network)["Sigmoid"] == "pass"
    wrong = STATIC.replace("** 2", "** 3")
    assert checked(tmp_path, layers=wrong, net=network)["Sigmoid"] == "fail"


CELL = """
class RNNCell:
    def __init__(self, input_size, hidden_size):
        rng = np.random.default_rng(0)
        self.W_ih = rng.standard_normal((hidden_size, input_size))
        self.W_hh = rng.standard_normal((hidden_size, hidden_size))
        self.dW_ih, self.dW_hh = np.zeros_like(self.W_ih), np.zeros_like(self.W_hh)
    def forward(self, x, h):
        return np.tanh(x @ self.W_ih.T + h @ self.W_hh.T)
    def backward(self, delta, h, h_prev_l, h_prev_t):
        dz = delta * (1 - h**2)
        self.dW_ih += dz.T @ h_prev_l / len(delta)
        self.dW_hh += dz.T @ h_prev_t / len(delta)
        return dz @ self.W_ih, dz @ self.W_hh
"""


def test_a_cell_is_told_its_old_state_and_its_new_one(tmp_path):
    tmp_path = tmp_path / "project" / "mytorch"
    loss = MSE.format(divided="")
    assert checked(tmp_path, rnn_cell=CELL, name="rnn_cell")["RNNCell"] == "fail"  # by the batch
    assert checked(tmp_path, rnn_cell=CELL, loss=loss, name="rnn_cell")["RNNCell"] == "pass"
    wrong = CELL.replace("dz.T @ h_prev_t", "dz.T @ h")
    assert checked(tmp_path, rnn_cell=wrong, loss=loss, name="rnn_cell")["RNNCell"] == "fail"


def test_what_no_line_of_the_author_s_raises_is_no_mistake_of_his():
    build = np.zeros(3).__getitem__  # which the generator is no index of
    (result,) = Subject("Dense", "any", build).results(Options())
    assert "minnet itself failed: IndexError" in result.findings[0].message


CBOW = """
class MatMul:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]
    def forward(self, x):
        self.x = x
        return x @ self.params[0]
    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.params[0].T
class CBOW:
    def __init__(self, vocab_size, hidden_size):
        sizes = (vocab_size, hidden_size)
        W_in, W_out = np.random.randn(*sizes), np.random.randn(*sizes[::-1])
        self.layers = [MatMul(W_in), MatMul(W_in), MatMul(W_out)]
        self.params = [p for layer in self.layers for p in layer.params]
        self.grads = [g for layer in self.layers for g in layer.grads]
    def forward(self, contexts, target):
        h = (self.layers[0].forward(contexts[:, 0]) + self.layers[1].forward(contexts[:, 1])) / 2
        p = np.exp(self.layers[2].forward(h))
        self.p, self.t = p / p.sum(axis=1, keepdims=True), target
        return -np.sum(target * np.log(self.p)) / len(target)
    def backward(self, dout=1):
        dh = self.layers[2].backward(dout * (self.p - self.t) / len(self.t)) / 2
        for layer in self.layers[:2]:
            layer.backward(dh)
"""


def test_the_gradient_of_a_shared_parameter_is_the_sum_of_those_of_its_places(tmp_path):
    tmp_path = tmp_path / "project"
    assert checked(tmp_path, layers=CBOW)["CBOW"] == "pass"
    assert (
        checked(tmp_path, layers=CBOW.replace("self.layers[:2]", "self.layers[:1]"))["CBOW"]
        == "fail"
    )


def test_a_container_of_layers_is_not_judged_without_any(tmp_path):
    source = """
    class Sequential:
        def __init__(self, *layers):
            self.layers = layers
        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x
        def backward(self, dout):
            return dout
    """
    assert "made of layers" in checked(tmp_path / "project", layers=source)["Sequential"]


def test_a_loss_of_one_column_is_not_judged_by_the_matrix_that_rows_give(tmp_path):
    source = """
    class SquaredLoss:
        def forward(self, y_pred, y_true):
            return (y_pred - y_true).T @ (y_pred - y_true)
        def gradient(self, y_pred, y_true):
            return {gradient}
    """
    tmp_path = tmp_path / "project"
    right = source.format(gradient="2 * (y_pred - y_true)")
    assert checked(tmp_path, layers=right)["SquaredLoss"] == "pass"
    wrong = source.format(gradient="y_true - y_pred")
    assert checked(tmp_path, layers=wrong)["SquaredLoss"] == "fail"


def test_an_affine_layer_that_promises_no_flattening_is_given_rows(tmp_path):
    source = """
    def affine_forward(x, w, b):{doc}
        return x @ w + b, (x, w, b)
    def affine_backward(dout, cache):
        x, w, b = cache
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)
    """
    tmp_path = tmp_path / "project"
    assert checked(tmp_path, layers=source.format(doc=""))["affine"] == "pass"
    assert (
        checked(tmp_path, layers=source.format(doc="\n        'x: (N, d_1, ..., d_k)'"))["affine"]
        == "error"
    )


AVERAGES = """
def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    C = x.shape[1]
    mean = bn_param.get("running_mean", np.zeros((1, C, 1, 1)))
    var = bn_param.get("running_var", np.zeros((1, C, 1, 1)))
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "train":
        mu, s2 = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        bn_param["running_mean"] = momentum * mean + (1 - momentum) * mu
        bn_param["running_var"] = momentum * var + (1 - momentum) * s2
    else:
        mu, s2 = mean, var
    hat = (x - mu) / np.sqrt(s2 + eps)
    out = gamma.reshape(1, C, 1, 1) * hat + beta.reshape(1, C, 1, 1)
    return out, (hat, gamma, s2, eps)
def spatial_batchnorm_backward(dout, cache):
    hat, gamma, s2, eps = cache
    axes, n = (0, 2, 3), dout.size / dout.shape[1]
    dgamma, dbeta = (dout * hat).sum(axis=axes), dout.sum(axis=axes)
    d = dout * gamma.reshape(1, -1, 1, 1) / np.sqrt(s2 + eps)
    centred = d - d.mean(axis=axes, keepdims=True)
    return centred - hat * (d * hat).mean(axis=axes, keepdims=True), dgamma, dbeta
"""


def test_averages_with_axes_of_their_own_are_not_compared_with_those_that_lack_them(tmp_path):
    assert checked(tmp_path / "project", layers=AVERAGES)["spatial_batchnorm"] == "pass"
