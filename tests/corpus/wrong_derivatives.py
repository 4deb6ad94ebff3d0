"""Mistakes in the formula: dout, local derivatives, statistics of the batch."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

SIGMOID = "dAdZ = self.A - self.A * self.A\n        return dLdA * dAdZ"
NNFS_SIGMOID = "self.dinputs = dvalues * (1 - self.output) * self.output"
TANH = "return dout * (1.0 - self.out**2)"
BATCHNORM_DX = "dx = dx_hat / std + dvar * 2 * xmu / N + dmu / N"

ENTRIES: list[Wrong] = [
    mistake(
        "relu_returns_its_mask",
        "relu",
        ("dout * (x > 0)", "(x > 0).astype(float)"),
        x="upstream_ignored",
    ),
    mistake(
        "sigmoid_returns_its_slope",
        "mytorch_sigmoid",
        (SIGMOID, SIGMOID.replace("dLdA * dAdZ", "dAdZ")),
        Z="upstream_ignored",
    ),
    mistake(
        "square_returns_2x",
        "square",
        ("return 2 * self.x * dout", "return 2 * self.x"),
        x="upstream_ignored",
    ),
    mistake(
        "max_pool_puts_ones", "max_pool", ("+= dout[n, c, i, j]", "+= 1"), x="upstream_ignored"
    ),
    mistake(
        "affine_dw_of_ones",
        "affine",
        ("dw = rows.T @ dout", "dw = rows.T @ np.ones_like(dout)"),
        w="upstream_ignored",
    ),
    mistake(
        "logsumexp_returns_the_softmax",
        "logsumexp",
        ("return dout[:, None] * np.exp(", "return np.exp("),
        x="upstream_ignored",
    ),
    mistake(
        "nnfs_dbiases_count_samples",
        "nnfs_dense",
        ("np.sum(dvalues, axis=0, keepdims=True)", "np.full_like(self.biases, len(dvalues))"),
        biases="upstream_ignored",
    ),
    # -- nonlinear in the upstream gradient ----------------------------------------------------
    mistake(
        "relu_stops_negative_gradients",
        "relu",
        ("dout * (x > 0)", "dout * (x > 0) * (dout > 0)"),
        x="nonlinear_upstream",
    ),
    mistake(
        "dense_clips_dW",
        "dense",
        ("self.dW = self.x.T.dot(dout)", "self.dW = np.clip(self.x.T.dot(dout), -1, 1)"),
        W="nonlinear_upstream",
    ),
    mistake(
        "sigmoid_squares_dout",
        "sigmoid",
        ("return dout * self.out * (1.0", "return dout**2 * self.out * (1.0"),
        x="nonlinear_upstream",
    ),
    mistake(
        "tanh_uses_the_sign_of_dout",
        "tanh",
        (TANH, TANH.replace("dout *", "np.sign(dout) *")),
        x="nonlinear_upstream",
    ),
    mistake(
        "square_normalises_dout",
        "square",
        ("return 2 * self.x * dout", "return 2 * self.x * dout / np.linalg.norm(dout)"),
        x="nonlinear_upstream",
    ),
    mistake(
        "relu_masks_by_the_gradient",
        "mytorch_relu",
        ("np.where(self.A > 0, 1.0, 0.0)", "np.where(dLdA > 0, 1.0, 0.0)"),
        Z="nonlinear_upstream",
    ),
    mistake(
        "relu_takes_dout_for_its_input",
        "relu",
        ("dx = dout * (x > 0)", "dx = np.array(dout > 0).astype(int)"),
        x="nonlinear_upstream",
    ),
    mistake(
        "affine_db_plus_one",
        "affine",
        ("db = np.sum(dout, axis=0)", "db = np.sum(dout, axis=0) + 1"),
        b="nonlinear_upstream",
    ),
    # -- local derivative missing --------------------------------------------------------------
    mistake(
        "sigmoid_passes_on_dLdA",
        "mytorch_sigmoid",
        (SIGMOID, "return dLdA"),
        Z="local_derivative_missing",
    ),
    mistake(
        "relu_passes_on_dout",
        "relu",
        ("dx = dout * (x > 0)", "dx = dout"),
        x="local_derivative_missing",
    ),
    mistake(
        "softplus_passes_on_dout",
        "softplus",
        ("return dout / (1 + np.exp(-self.x))", "return dout.copy()"),
        x="local_derivative_missing",
    ),
    mistake(
        "gelu_passes_on_dLdA",
        "mytorch_gelu",
        ("dAdZ = cdf + self.Z * pdf\n        return dLdA * dAdZ", "return dLdA * 1"),
        Z="local_derivative_missing",
    ),
    mistake(
        "dropout_forgets_its_mask",
        "dropout",
        ("dx = dout * mask", "dx = dout"),
        x="local_derivative_missing",
    ),
    mistake(
        "nnfs_sigmoid_passes_on_dvalues",
        "nnfs_sigmoid",
        (NNFS_SIGMOID, "self.dinputs = dvalues.copy()"),
        "local_derivative_missing",
    ),
    mistake(
        "exp_passes_on_dout",
        "exp",
        ("return dout * self.out\n\n\nclass Square", "return dout\n\n\nclass Square"),
        x="local_derivative_missing",
    ),
    mistake(
        "nnfs_softmax_passes_on_dvalues",
        "nnfs_softmax",
        ("self.dinputs[index] = np.dot(jacobian, dvalue)", "self.dinputs[index] = dvalue"),
        "local_derivative_missing",
    ),
    mistake(
        "rotation_not_undone",
        "rotate",
        ("return np.rot90(dout, -2, axes=(2, 3))", "return dout"),
        x=("flip", "local_derivative_missing"),
    ),
    mistake(
        "centering_passes_on_dout",
        "center",
        ("return dout - dout.mean(axis=0)", "return dout"),
        x=("local_derivative_missing", "statistic_constant"),
    ),
    # -- local derivative at the wrong point ---------------------------------------------------
    mistake(
        "nnfs_sigmoid_slope_from_inputs",
        "nnfs_sigmoid",
        (NNFS_SIGMOID, "self.dinputs = dvalues * (1 - self.inputs) * self.inputs"),
        "local_derivative_of_input",
    ),
    mistake(
        "tanh_slope_from_x",
        "tanh",
        (TANH, "return dout * (1.0 - self.x**2)"),
        x="local_derivative_of_input",
    ),
    mistake(
        "sigmoid_slope_of_the_output",
        "sigmoid",
        (
            "return dout * self.out * (1.0 - self.out)",
            "s = 1.0 / (1.0 + np.exp(-self.out))\n        return dout * s * (1.0 - s)",
        ),
        x="local_derivative_of_input",
    ),
    mistake(
        "exp_of_the_output",
        "exp",
        (
            "return dout * self.out\n\n\nclass Square",
            "return dout * np.exp(self.out)\n\n\nclass Square",
        ),
        x="local_derivative_of_input",
    ),
    mistake(
        "square_of_the_output",
        "square",
        ("return 2 * self.x * dout", "return 2 * self.out * dout"),
        x="local_derivative_of_input",
    ),
    mistake(
        "softplus_slope_of_the_output",
        "softplus",
        ("return dout / (1 + np.exp(-self.x))", "return dout / (1 + np.exp(-self.out))"),
        x="local_derivative_of_input",
    ),
    mistake(
        "swish_slope_of_the_output",
        "swish",
        (
            "return dout * (self.s + self.x * self.s * (1 - self.s))",
            "s = 1 / (1 + np.exp(-self.out))\n        return dout * (s + self.out * s * (1 - s))",
        ),
        x="local_derivative_of_input",
    ),
    # -- statistics ----------------------------------------------------------------------------
    mistake(
        "batchnorm_mean_and_variance_held_constant",
        "batchnorm",
        (BATCHNORM_DX, "dx = dx_hat / std"),
        x="statistic_constant",
    ),
    mistake(
        "batchnorm_mean_held_constant",
        "batchnorm",
        (BATCHNORM_DX, "dx = dx_hat / std + dvar * 2 * xmu / N"),
        x="statistic_constant",
    ),
    mistake(
        "batchnorm_variance_held_constant",
        "batchnorm_alt",
        (" - x_hat * (dx_hat * x_hat).mean(axis=0)", ""),
        x="statistic_constant",
    ),
    mistake(
        "layernorm_variance_held_constant",
        "layernorm",
        (" - x_hat * sum_gx)", ")"),
        x="statistic_constant",
    ),
    mistake(
        "l2_norm_held_constant",
        "l2_normalize",
        ("return (dout - self.y * along) / self.norm", "return dout / self.norm"),
        x="statistic_constant",
    ),
    mistake(
        "standardize_mean_held_constant",
        "standardize",
        ("(dout - dmean - self.y * dstd)", "(dout - self.y * dstd)"),
        x="statistic_constant",
    ),
    mistake(
        "rms_held_constant",
        "rmsnorm",
        (
            "return (dxn - xn * np.mean(dxn * xn, axis=-1, keepdims=True)) / self.r",
            "return dxn / self.r",
        ),
        x="statistic_constant",
    ),
    mistake(
        "softmax_sum_held_constant",
        "softmax",
        ("return self.p * (dout - inner)", "return self.p * dout"),
        x="statistic_constant",
    ),
    mistake(
        "maximum_held_constant",
        "max_scale",
        ("        dx[self.rows, self.arg] += dm\n", ""),
        x=("statistic_constant", "region"),
    ),
    mistake(
        "groupnorm_mean_held_constant",
        "groupnorm",
        ("dx = dx_hat - dx_hat.mean(axis=1, keepdims=True)", "dx = dx_hat"),
        x="statistic_constant",
    ),
    mistake(
        "mytorch_batchnorm_variance_held_constant",
        "mytorch_batchnorm",
        (" + dLdV * 2 * (self.Z - self.M) / self.N", ""),
        Z="statistic_constant",
    ),
]
