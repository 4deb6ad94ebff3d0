"""Mistakes beside the numbers: state, callers' arrays, chance, overflow, precision, crashes;
and mistakes that only a sweep over settings shows."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

TANH = "return dout * (1.0 - self.out**2)"
CONV_WINDOW = (
    "                    top, left = i * stride, j * stride\n"
    "                    window = x_pad[n, :, top : top + HH, left : left + WW]\n"
    "                    dw[f]"
)
CONV_CROP = "dx = dx_pad[:, :, pad : pad + H, pad : pad + W]\n    return"

STATE: list[Wrong] = [
    mistake(
        "dense_dW_added_up_over_calls",
        "dense",
        ("self.dW = self.x.T.dot(dout)", "self.dW += self.x.T.dot(dout)"),
        W="accumulates",
    ),
    mistake(
        "dense_db_added_up_over_calls",
        "dense",
        ("self.db = dout.sum(axis=0, keepdims=True)", "self.db += dout.sum(axis=0, keepdims=True)"),
        b="accumulates",
    ),
    mistake(
        "conv2d_dLdW_never_cleared",
        "mytorch_conv2d",
        (
            "K = self.kernel_size\n        self.dLdW = np.zeros(self.W.shape)\n",
            "K = self.kernel_size\n",
        ),
        W="accumulates",
    ),
    mistake(
        "grads_added_up_over_calls",
        "linear_dict",
        (
            'self.grads["W"] = self.x.T @ dout',
            'self.grads["W"] = self.grads.get("W", 0) + self.x.T @ dout',
        ),
        W="accumulates",
    ),
    mistake(
        "mytorch_batchnorm_dLdBb_added_up",
        "mytorch_batchnorm",
        ("self.dLdBb = np.sum(dLdBZ", "self.dLdBb += np.sum(dLdBZ"),
        Bb="accumulates",
    ),
    mistake(
        "embedding_dW_made_once",
        "embedding",
        (
            "        self.dW = np.zeros_like(self.W)\n        np.add.at",
            '        if not hasattr(self, "dW"):\n'
            "            self.dW = np.zeros_like(self.W)\n        np.add.at",
        ),
        W="accumulates",
    ),
    mistake(
        "mean_pool_dLdA_made_once",
        "mytorch_mean_pool",
        (
            "k = self.kernel\n        dLdA = np.zeros(self.input_shape)",
            'k = self.kernel\n        if not hasattr(self, "dLdA"):\n'
            "            self.dLdA = np.zeros(self.input_shape)\n        dLdA = self.dLdA",
        ),
        A="accumulates",
    ),
    # -- stale cache -------------------------------------------------------------------------
    mistake(
        "relu_cache_in_the_module",
        "relu",
        [
            ("import numpy as np\n", "import numpy as np\n\nLAST = {}\n"),
            ("    cache = x\n    return out, cache", '    LAST["x"] = x\n    return out, None'),
            ("    x = cache\n    dx", '    x = LAST["x"]\n    dx'),
        ],
        "stale_cache",
    ),
    mistake(
        "sigmoid_cache_in_the_class",
        "sigmoid",
        ("self.out = 1.0 / (1.0 + np.exp(-x))", "Sigmoid.out = 1.0 / (1.0 + np.exp(-x))"),
        "stale_cache",
    ),
    mistake(
        "tanh_keeps_its_first_output",
        "tanh",
        (
            "        self.out = np.tanh(x)\n        return self.out",
            '        if not hasattr(self, "out"):\n            self.out = np.tanh(x)\n'
            "        return np.tanh(x)",
        ),
        "stale_cache",
    ),
    mistake(
        "square_keeps_its_first_input",
        "square",
        (
            "        self.x = x\n        self.out = x**2\n        return self.out",
            '        if not hasattr(self, "x"):\n            self.x = x\n        return x**2',
        ),
        "stale_cache",
    ),
    mistake(
        "softplus_cache_by_shape",
        "softplus",
        [
            ("import numpy as np\n", "import numpy as np\n\nSEEN = {}\n"),
            (
                "        self.x = x\n        self.out = np.logaddexp(0, x)",
                "        self.key = x.shape\n        SEEN[self.key] = x\n"
                "        self.out = np.logaddexp(0, x)",
            ),
            ("return dout / (1 + np.exp(-self.x))", "return dout / (1 + np.exp(-SEEN[self.key]))"),
        ],
        "stale_cache",
    ),
    mistake(
        "swish_uses_the_pass_before",
        "swish",
        (
            "        self.s = 1 / (1 + np.exp(-x))\n        self.out = x * self.s",
            "        now = 1 / (1 + np.exp(-x))\n"
            '        self.s = getattr(self, "before", now)\n'
            "        self.before = now\n        self.out = x * now",
        ),
        "stale_cache",
    ),
    # -- callers' arrays: warnings -------------------------------------------------------------
    mistake(
        "relu_in_place",
        "relu",
        ("out = np.maximum(0, x)", "x[x < 0] = 0\n    out = x"),
        "mutates_input",
        warning=True,
    ),
    mistake(
        "batchnorm_centers_in_place",
        "batchnorm",
        ("xmu = x - mu\n", "x -= mu\n        xmu = x\n"),
        "mutates_input",
        warning=True,
    ),
    mistake(
        "softmax_shifts_in_place",
        "mytorch_softmax",
        (
            "        E = np.exp(Z - Z.max(axis=1, keepdims=True))\n"
            "        self.A = E / E.sum(axis=1, keepdims=True)\n        return self.A",
            "        Z -= Z.max(axis=1, keepdims=True)\n        E = np.exp(Z)\n"
            "        self.A = E / E.sum(axis=1, keepdims=True)\n        return self.A",
        ),
        "mutates_input",
        warning=True,
    ),
    mistake(
        "center_in_place",
        "center",
        ("return x - x.mean(axis=0)", "x -= x.mean(axis=0)\n        return x"),
        "mutates_input",
        warning=True,
    ),
    mistake(
        "sort_in_place",
        "sort",
        ("return np.take_along_axis(x, self.order, axis=1)", "x.sort(axis=1)\n        return x"),
        "mutates_input",
        warning=True,
    ),
    mistake(
        "leaky_relu_changes_dout",
        "leaky_relu",
        ("dx = dout.copy()", "dx = dout"),
        "mutates_upstream",
        warning=True,
    ),
    mistake(
        "nnfs_relu_changes_dvalues",
        "nnfs_relu",
        (
            "self.dinputs = dvalues.copy()\n        self.dinputs[self",
            "self.dinputs = dvalues\n        self.dinputs[self",
        ),
        "mutates_upstream",
        warning=True,
    ),
    mistake(
        "clip_changes_dout",
        "clip",
        ("dx = dout.copy()", "dx = dout"),
        "mutates_upstream",
        warning=True,
    ),
    mistake(
        "softmax_works_on_dout",
        "softmax",
        (
            "return self.p * (dout - inner)",
            "dout -= inner\n        dout *= self.p\n        return dout",
        ),
        "mutates_upstream",
        warning=True,
    ),
    mistake(
        "dense_updates_W_in_backward",
        "dense",
        (
            "self.dW = self.x.T.dot(dout)",
            "self.dW = self.x.T.dot(dout)\n        self.W -= 0.01 * self.dW",
        ),
        "mutates_parameter",
        warning=True,
    ),
    mistake(
        "affine_updates_w_in_backward",
        "affine",
        ("return dx, dw, db", "w -= 1e-3 * dw\n    return dx, dw, db"),
        # w is an argument of the functions like any other
        "mutates_parameter",
        "mutates_input",
        warning=True,
    ),
    mistake(
        "rmsnorm_updates_g_in_backward",
        "rmsnorm",
        ("dxn = dout * self.g", "dxn = dout * self.g\n        self.g -= 1e-3 * self.dg"),
        "mutates_parameter",
        warning=True,
    ),
    mistake(
        "mytorch_linear_shrinks_b",
        "mytorch_linear",
        ("dLdA = dLdZ @ self.W", "dLdA = dLdZ @ self.W\n        self.b *= 0.99"),
        "mutates_parameter",
        warning=True,
    ),
    mistake(
        "nnfs_dense_updates_weights",
        "nnfs_dense",
        (
            "self.dinputs = np.dot(dvalues, self.weights.T)",
            "self.dinputs = np.dot(dvalues, self.weights.T)\n"
            "        self.weights += -0.1 * self.dweights",
        ),
        "mutates_parameter",
        warning=True,
    ),
    # -- callers' arrays, with wrong gradients -------------------------------------------------
    mistake(
        "square_in_place_and_then_used",
        "square",
        ("        self.out = x**2\n        return self.out", "        x **= 2\n        return x"),
        x=("mutates_input", "local_derivative_of_input"),
    ),
    mistake(
        "residual_changes_dout_and_then_uses_it",
        "residual",
        (
            "da = dout * (1 - np.tanh(self.a) ** 2)",
            "dout *= 1 - np.tanh(self.a) ** 2\n        da = dout",
        ),
        x=("mutates_upstream", "unexplained"),
    ),
    # -- chance ------------------------------------------------------------------------------
    mistake(
        "dropout_from_a_fresh_generator",
        "own_dropout",
        ("self.mask = self.rng.random", "self.mask = np.random.default_rng().random"),
        "nondeterministic",
    ),
    mistake(
        "dropout_mask_drawn_again",
        "dropout",
        (
            "dx = dout * mask",
            "dx = dout * (np.random.default_rng().random(dout.shape) "
            '< dropout_param["p"]) / dropout_param["p"]',
        ),
        "nondeterministic",
    ),
    mistake(
        "tanh_with_noise",
        "tanh",
        (TANH, TANH + " + 1e-3 * np.random.default_rng().normal(size=dout.shape)"),
        "nondeterministic",
    ),
    mistake(
        "nnfs_dropout_from_a_fresh_generator",
        "nnfs_dropout",
        ("np.random.binomial(1,", "np.random.default_rng().binomial(1,"),
        "nondeterministic",
    ),
    mistake(
        "identity_that_looks_at_the_clock",
        "mytorch_identity",
        [
            ("import math\n", "import math\nimport time\n"),
            ("self.A = Z\n", "self.A = Z * (1 + 1e-3 * (time.perf_counter_ns() % 97))\n"),
        ],
        "nondeterministic",
    ),
]

NUMBERS: list[Wrong] = [
    mistake(
        "norm_divides_by_zero",
        "norm_at_zero",
        ("n = np.where(self.n == 0, 1, self.n)", "n = self.n"),
        x="non_finite",
    ),
    mistake(
        "abs_as_x_over_abs",
        "abs_at_zero",
        ("return dout * np.sign(self.x)", "return dout * self.x / np.abs(self.x)"),
        x="non_finite",
    ),
    mistake(
        "softplus_slope_overflows",
        "softplus_far",
        (
            "return dout / (1 + np.exp(-self.x))",
            "return dout * np.exp(self.x) / (1 + np.exp(self.x))",
        ),
        x="non_finite",
    ),
    mistake(
        "batchnorm_forgets_eps",
        "batchnorm_constant_feature",
        ("(var + eps) ** -1.5", "var**-1.5"),
        x="non_finite",
    ),
    mistake(
        "bce_logits_slope_overflows",
        "bce_logits_far",
        (
            "p = np.where(self.z >= 0, 1 / (1 + e), e / (1 + e))",
            "p = np.exp(self.z) / (1 + np.exp(self.z))",
        ),
        "non_finite",
    ),
    mistake(
        "logsumexp_backward_unshifted",
        "logsumexp_far",
        (
            "return dout[:, None] * np.exp(self.x - self.out[:, None])",
            "e = np.exp(self.x)\n        return dout[:, None] * e / e.sum(axis=1, keepdims=True)",
        ),
        x="non_finite",
    ),
    # -- overflow: warnings --------------------------------------------------------------------
    mistake(
        "softmax_without_shift",
        "softmax",
        ("e = np.exp(x - x.max(axis=-1, keepdims=True))", "e = np.exp(x)"),
        "overflow",
        warning=True,
    ),
    mistake(
        "softplus_as_written",
        "softplus",
        ("np.logaddexp(0, x)", "np.log(1 + np.exp(x))"),
        "overflow",
        warning=True,
    ),
    mistake(
        "logsumexp_without_shift",
        "logsumexp",
        ("self.m = x.max(axis=1)\n", "self.m = np.zeros(len(x))\n"),
        "overflow",
        warning=True,
    ),
    mistake(
        "nnfs_softmax_without_shift",
        "nnfs_softmax",
        ("np.exp(inputs - np.max(inputs, axis=1, keepdims=True))", "np.exp(inputs)"),
        "overflow",
        warning=True,
    ),
    mistake(
        "bce_logits_as_written",
        "bce_logits",
        (
            "np.maximum(self.z, 0) - self.z * self.y + np.log1p(np.exp(-np.abs(self.z)))",
            "np.log(1 + np.exp(self.z)) - self.z * self.y",
        ),
        "overflow",
        warning=True,
    ),
    mistake(
        "softmax_loss_without_shift",
        "softmax_loss",
        ("shifted = x - np.max(x, axis=1, keepdims=True)", "shifted = x"),
        "overflow",
        warning=True,
    ),
    mistake(
        "attention_without_shift",
        "attention",
        ("np.exp(scores - scores.max(axis=-1, keepdims=True))", "np.exp(scores)"),
        "overflow",
        warning=True,
    ),
    # -- precision ---------------------------------------------------------------------------
    mistake(
        "tanh_gradient_in_float32",
        "tanh",
        (TANH, "return (dout * (1.0 - self.out**2)).astype(np.float32)"),
        x="precision",
    ),
    mistake(
        "conv_dx_buffer_in_float32",
        "conv",
        ("dx_pad = np.zeros_like(x_pad)", "dx_pad = np.zeros(x_pad.shape, dtype=np.float32)"),
        x="precision",
    ),
    mistake(
        "affine_dw_in_float32",
        "affine",
        (
            "dw = rows.T @ dout",
            "dw = (rows.T.astype(np.float32) @ dout.astype(np.float32)).astype(float)",
        ),
        w="precision",
    ),
    mistake(
        "layernorm_cache_in_float16",
        "layernorm",
        (
            "return out, (x_hat, ivar, gamma)\n\n\ndef layernorm_backward",
            "return out, (x_hat.astype(np.float16), ivar, gamma)\n\n\ndef layernorm_backward",
        ),
        x="precision",
        gamma="precision",
    ),
    mistake(
        "embedding_dW_in_float32",
        "embedding",
        (
            "self.dW = np.zeros_like(self.W)\n        np.add.at",
            "self.dW = np.zeros(self.W.shape, np.float32)\n        np.add.at",
        ),
        W="precision",
    ),
    mistake(
        "sigmoid_output_rounded",
        "sigmoid",
        (
            "return dout * self.out * (1.0 - self.out)",
            "out = np.round(self.out, 5)\n        return dout * out * (1.0 - out)",
        ),
        x=("precision", "unexplained"),
    ),
    # -- crash -------------------------------------------------------------------------------
    mistake(
        "affine_multiplies_shapes_that_do_not_fit",
        "affine",
        ("(dout @ w.T).reshape", "(dout @ w).reshape"),
        "crash",
    ),
    mistake("relu_uses_an_unknown_name", "relu", ("dout * (x > 0)", "dout * mask"), "crash"),
    mistake(
        "softplus_forgets_to_keep_x",
        "softplus",
        (
            "self.x = x\n        self.out = np.logaddexp",
            "self.x = None\n        self.out = np.logaddexp",
        ),
        "crash",
    ),
    mistake(
        "max_pool_divides_as_in_python_2",
        "max_pool",
        ("H_out = (H - HH) // stride + 1", "H_out = (H - HH) / stride + 1"),
        "crash",
    ),
    mistake(
        "conv_uses_np_int",
        "conv",
        (CONV_WINDOW, CONV_WINDOW.replace("i * stride, j", "np.int(i * stride), j")),
        "crash",
    ),
    mistake(
        "batchnorm_misspells_a_key",
        "batchnorm",
        ('eps = bn_param.get("eps", 1e-5)', 'eps = bn_param["epsilon"]'),
        "crash",
    ),
    mistake(
        "im2col_reshapes_to_the_wrong_size",
        "conv_im2col",
        (", cols).reshape(w.shape)", ", cols).reshape(F, HH, WW)"),
        "crash",
    ),
    mistake(
        "gelu_calls_itself",
        "mytorch_gelu",
        ("dAdZ = cdf + self.Z * pdf", "dAdZ = self.backward(dLdA)"),
        "crash",
    ),
]

SWEEPS: list[Wrong] = [
    mistake(
        "conv_wrong_at_stride_2",
        "conv_file_stride_2",
        (CONV_WINDOW, CONV_WINDOW.replace("i * stride, j * stride", "i, j")),
        "*",
    ),
    mistake(
        "conv_wrong_at_pad_0",
        "conv_file_pad_0",
        (CONV_CROP, "dx = dx_pad[:, :, pad:-pad, pad:-pad]\n    return"),
        x="shape",
    ),
    mistake(
        "conv_wrong_when_not_square",
        "conv_file",
        (CONV_CROP, "dx = dx_pad[:, :, pad : pad + W, pad : pad + W]\n    return"),
        x="shape",
    ),
    mistake(
        "conv_wrong_for_a_batch_of_one",
        "conv_file_batch_1",
        ("db = np.sum(dout, axis=(0, 2, 3))", "db = np.sum(dout.squeeze(), axis=(0, 2, 3))"),
        "crash",
    ),
    mistake(
        "max_pool_wrong_for_overlapping_windows",
        "max_pool_file",
        ("dx[n, c, r + a, s + b] += dout", "dx[n, c, r + a, s + b] = dout"),
        x="overwritten",
    ),
    mistake(
        "max_pool_wrong_for_negative_inputs",
        "max_pool_file_negative",
        ("np.argmax(window)", "np.argmax(np.maximum(window, 0))"),
        "*",
    ),
    mistake(
        "batchnorm_wrong_for_another_eps",
        "norm_file",
        ("(var + eps) ** -1.5", "(var + 1e-5) ** -1.5"),
        "*",
    ),
    mistake(
        "im2col_wrong_at_pad_0",
        "conv_im2col_pad_0",
        (
            "dx = dx_pad[:, :, pad : H + pad, pad : W + pad]",
            "dx = dx_pad[:, :, pad:-pad, pad:-pad]",
        ),
        x="shape",
    ),
    mistake(
        "zero_pad_wrong_at_0",
        "zero_pad_0",
        (
            "return dout[:, :, p : dout.shape[2] - p, p : dout.shape[3] - p]",
            "return dout[:, :, p:-p, p:-p]",
        ),
        x="shape",
    ),
    mistake(
        "mytorch_linear_wrong_for_a_batch_of_one",
        "mytorch_linear_class_batch_1",
        ("self.dLdb = dLdZ.T @ self.Ones", "self.dLdb = dLdZ.squeeze().sum(axis=0)[:, None]"),
        "crash",
        "shape",
    ),
    mistake(
        "prelu_wrong_in_float32",
        "prelu_float32",
        [
            (
                "        self.x = x\n        return np.where(x > 0, x, self.a * x)",
                "        self.x = x\n        self.out = np.where(x > 0, x, self.a * x)\n"
                "        self.out = self.out.astype(x.dtype)\n        return self.out",
            ),
            (
                "negative = self.x <= 0\n        self.da",
                "negative = self.out == self.a * self.x\n        self.da",
            ),
        ],
        "*",
    ),
    mistake(
        "lstm_step_forgets_one_path",
        "lstm_file",
        ("dc = dnext_c + dnext_h * o * (1 - tanh_c**2)", "dc = dnext_h * o * (1 - tanh_c**2)"),
        "*",
    ),
]

ENTRIES = [*STATE, *NUMBERS, *SWEEPS]
