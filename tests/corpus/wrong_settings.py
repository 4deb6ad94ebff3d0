"""Overflow, precision, crashes, and mistakes that only some settings show."""

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
        x="wrong_case",
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

ENTRIES = [*NUMBERS, *SWEEPS]
