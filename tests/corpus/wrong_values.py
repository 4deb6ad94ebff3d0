"""Mistakes in the formula: absent gradients, factors, signs, places, derivatives."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

AFFINE_RETURN = "    dw = rows.T @ dout\n    db = np.sum(dout, axis=0)\n    return dx, dw, db"
SIGMOID = "dAdZ = self.A - self.A * self.A\n        return dLdA * dAdZ"
NNFS_SIGMOID = "self.dinputs = dvalues * (1 - self.output) * self.output"
TANH = "return dout * (1.0 - self.out**2)"
MULTIPLY = "da = dout * self.b\n        db = dout * self.a\n        return da, db"
BATCHNORM_DX = "dx = dx_hat / std + dvar * 2 * xmu / N + dmu / N"
LAYERNORM_RETURN = (
    "    dx = ivar / D * (D * g - sum_g - x_hat * sum_gx)\n    return dx, dgamma, dbeta"
)

ABSENT: list[Wrong] = [
    mistake(
        "affine_template_left_as_it_was",
        "affine",
        (AFFINE_RETURN, "    dx, dw, db = None, None, None\n    return dx, dw, db"),
        "not_implemented",
    ),
    mistake(
        "relu_is_pass", "relu", ("dx = dout * (x > 0)\n    return dx", "pass"), "not_implemented"
    ),
    mistake(
        "sigmoid_returns_none",
        "mytorch_sigmoid",
        (SIGMOID, "return None  # TODO"),
        "not_implemented",
    ),
    mistake(
        "dense_raises",
        "dense",
        ("dx = dout.dot(self.W.T)", 'raise NotImplementedError("Dense.backward")'),
        "not_implemented",
    ),
    mistake(
        "batchnorm_raises",
        "batchnorm",
        (
            "    mode, x_hat, xmu, std, var, eps, gamma = cache\n    N = dout.shape[0]",
            "    raise NotImplementedError",
        ),
        "not_implemented",
    ),
    mistake(
        "nnfs_relu_is_pass",
        "nnfs_relu",
        ("self.dinputs = dvalues.copy()\n        self.dinputs[self.inputs <= 0] = 0", "pass"),
        "not_implemented",
    ),
    mistake(
        "mse_raises",
        "mse",
        ("return 2 * self.diff / self.diff.size", "raise NotImplementedError"),
        "not_implemented",
    ),
    mistake(
        "layernorm_forward_raises",
        "layernorm",
        ("mean = x.mean(axis=1, keepdims=True)", "raise NotImplementedError"),
        "not_implemented",
    ),
    # -- missing -----------------------------------------------------------------------------
    mistake(
        "affine_without_db", "affine", ("return dx, dw, db", "return dx, dw, None"), b="missing"
    ),
    mistake(
        "mytorch_linear_without_dLdb",
        "mytorch_linear",
        ("        self.dLdb = dLdZ.T @ self.Ones\n", ""),
        b="missing",
    ),
    mistake(
        "grads_without_b",
        "linear_dict",
        ('        self.grads["b"] = dout.sum(axis=0)\n', ""),
        b="missing",
    ),
    mistake(
        "layernorm_without_dbeta",
        "layernorm",
        (LAYERNORM_RETURN, LAYERNORM_RETURN.replace("dbeta", "None")),
        beta="missing",
    ),
    mistake(
        "multiply_without_db",
        "multiply",
        (MULTIPLY, "da = dout * self.b\n        return da, None"),
        b="missing",
    ),
    mistake(
        "nnfs_dense_without_dbiases",
        "nnfs_dense",
        ("        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)\n", ""),
        biases="missing",
    ),
    mistake(
        "rnn_without_dWh",
        "rnn",
        (
            "        db += db_t\n    return dx, dprev_h, dWx, dWh, db",
            "        db += db_t\n    return dx, dprev_h, dWx, None, db",
        ),
        Wh="missing",
    ),
    mistake(
        "bilinear_without_dW",
        "bilinear",
        ('        self.dW = np.einsum("n,ni,nj->ij", dout, self.a, self.b)\n', ""),
        W="missing",
    ),
    # -- shape -------------------------------------------------------------------------------
    mistake(
        "db_not_summed_over_the_batch",
        "affine",
        ("db = np.sum(dout, axis=0)", "db = dout"),
        b="shape",
    ),
    mistake("dx_left_flat", "affine", ("(dout @ w.T).reshape(x.shape)", "dout @ w.T"), x="shape"),
    mistake(
        "dW_transposed_not_square",
        "linear_dict",
        ('self.grads["W"] = self.x.T @ dout', 'self.grads["W"] = dout.T @ self.x'),
        W="shape",
    ),
    mistake(
        "db_lost_its_axis",
        "dense",
        ("self.db = dout.sum(axis=0, keepdims=True)", "self.db = dout.sum(axis=0)"),
        b="shape",
    ),
    mistake(
        "conv_db_not_summed_over_images",
        "conv",
        ("db = np.sum(dout, axis=(0, 2, 3))", "db = np.sum(dout, axis=(2, 3))"),
        b="shape",
    ),
    mistake(
        "layernorm_dgamma_over_the_wrong_axis",
        "layernorm",
        ("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = (dout * x_hat).sum(axis=1)"),
        gamma="shape",
    ),
    mistake(
        "embedding_returns_the_upstream",
        "word_embedding",
        ("    dW = np.zeros_like(W)\n    np.add.at(dW, x, dout)\n    return dW", "    return dout"),
        W="shape",
    ),
    mistake(
        "broadcast_not_summed",
        "add",
        ("db = dout.sum(axis=0)\n        return da, db", "db = dout\n        return da, db"),
        b="shape",
    ),
    mistake(
        "mean_over_time_not_repeated",
        "mean_over_time",
        ("return np.repeat(dout[:, None], T, axis=1) / T", "return dout / T"),
        x="shape",
    ),
    # -- zero --------------------------------------------------------------------------------
    mistake(
        "conv_never_fills_dx",
        "conv",
        (
            "                    dx_pad[n, :, top : top + HH, left : left + WW] += "
            "dout[n, f, i, j] * w[f]\n",
            "",
        ),
        x="zero",
    ),
    mistake(
        "embedding_never_filled", "word_embedding", ("    np.add.at(dW, x, dout)\n", ""), W="zero"
    ),
    mistake(
        "max_pool_fills_a_copy",
        "max_pool",
        (
            "dx[n, c, r + a, s + b] += dout[n, c, i, j]",
            "dx[n, c].copy()[r + a, s + b] += dout[n, c, i, j]",
        ),
        x="zero",
    ),
    mistake(
        "affine_db_left_at_zero",
        "affine",
        ("db = np.sum(dout, axis=0)", "db = np.zeros_like(b)"),
        b="zero",
    ),
    mistake(
        "relu_mask_the_wrong_way_round",
        "mytorch_relu",
        ("np.where(self.A > 0, 1.0, 0.0)", "np.where(self.A < 0, 1.0, 0.0)"),
        Z="zero",
    ),
    mistake(
        "gru_reset_weights_forgotten",
        "gru",
        ("self.dWr = self.xh.T @ dr", "self.dWr = np.zeros_like(self.Wr)"),
        Wr="zero",
    ),
    mistake(
        "sort_fills_a_copy",
        "sort",
        ("np.put_along_axis(dx, self.order", "np.put_along_axis(dx.copy(), self.order"),
        x="zero",
    ),
]

FACTORS: list[Wrong] = [
    mistake(
        "mytorch_mse_target_minus_prediction",
        "mytorch_mse",
        ("2 * (self.A - self.Y)", "2 * (self.Y - self.A)"),
        "sign",
    ),
    mistake(
        "divide_without_minus", "divide", ("db = -dout * self.a", "db = dout * self.a"), b="sign"
    ),
    mistake(
        "cross_entropy_turned_round",
        "cross_entropy",
        (
            "dscores = self.probs.copy()\n        "
            "dscores[np.arange(len(self.labels)), self.labels] -= 1",
            "dscores = -self.probs\n        dscores[np.arange(len(self.labels)), self.labels] += 1",
        ),
        "sign",
    ),
    mistake("bce_without_minus", "bce", ("grad = -(self.y", "grad = (self.y"), "sign"),
    mistake(
        "mytorch_crossentropy_turned_round",
        "mytorch_crossentropy",
        ("(self.softmax - self.Y)", "(self.Y - self.softmax)"),
        "sign",
    ),
    mistake(
        "quantile_turned_round",
        "quantile",
        ("np.where(self.e > 0, -self.q, 1 - self.q)", "np.where(self.e > 0, self.q, self.q - 1)"),
        "sign",
    ),
    mistake("attention_minus_dq", "attention", ("dq = ds @ self.k", "dq = -ds @ self.k"), q="sign"),
    # -- scale -------------------------------------------------------------------------------
    mistake(
        "softmax_loss_not_divided_by_N",
        "softmax_loss",
        ("    dx[np.arange(N), y] -= 1\n    dx /= N", "    dx[np.arange(N), y] -= 1"),
        "scale",
    ),
    mistake(
        "affine_db_is_a_mean",
        "affine",
        ("db = np.sum(dout, axis=0)", "db = np.mean(dout, axis=0)"),
        b="scale",
    ),
    mistake(
        "dropout_mask_not_scaled",
        "dropout",
        ("dx = dout * mask", "dx = dout * (mask > 0)"),
        x="scale",
    ),
    mistake("mse_without_two", "mse", ("return 2 * self.diff", "return self.diff"), "scale"),
    mistake(
        "half_mse_with_two",
        "half_mse",
        (
            "return (self.prediction - self.target) /",
            "return 2 * (self.prediction - self.target) /",
        ),
        "scale",
    ),
    mistake(
        "average_pool_not_divided",
        "average_pool",
        ("return spread / (k * k)", "return spread"),
        x="scale",
    ),
    mistake(
        "attention_without_root_d",
        "attention",
        ("        ds = ds * self.scale\n", ""),
        q="scale",
        k="scale",
    ),
    mistake(
        "mytorch_dLdW_divided_by_N",
        "mytorch_linear",
        ("self.dLdW = dLdZ.T @ self.A", "self.dLdW = dLdZ.T @ self.A / self.N"),
        W="scale",
    ),
    mistake(
        "mean_over_time_not_divided",
        "mean_over_time",
        ("np.repeat(dout[:, None], T, axis=1) / T", "np.repeat(dout[:, None], T, axis=1)"),
        x="scale",
    ),
    mistake(
        "conv_db_is_a_mean",
        "conv",
        ("db = np.sum(dout, axis=(0, 2, 3))", "db = np.mean(dout, axis=(0, 2, 3))"),
        b="scale",
    ),
    mistake(
        "hinge_not_averaged",
        "hinge",
        (
            "np.where(self.margin > 0, -self.y, 0.0) / self.y.size",
            "np.where(self.margin > 0, -self.y, 0.0)",
        ),
        "scale",
    ),
    mistake(
        "dropout_scales_at_test_time",
        "dropout_test_time",
        ("        dx = dout\n", '        dx = dout * dropout_param["p"]\n'),
        x="scale",
    ),
    mistake(
        "tanh_off_by_one_in_ten_million",
        "tanh",
        (TANH, TANH + " * (1 + 1e-7)"),
        x=("scale", "precision"),
    ),
    mistake(
        "affine_dw_off_by_one_in_a_million",
        "affine",
        ("dw = rows.T @ dout", "dw = rows.T @ dout * 1.000001"),
        w=("scale", "precision"),
    ),
    # -- weight decay ------------------------------------------------------------------------
    mistake(
        "affine_dw_with_decay",
        "affine",
        ("dw = rows.T @ dout", "dw = rows.T @ dout + 0.1 * w"),
        w="weight_decay",
    ),
    mistake(
        "mytorch_dLdW_with_decay",
        "mytorch_linear",
        ("self.dLdW = dLdZ.T @ self.A", "self.dLdW = dLdZ.T @ self.A + 0.01 * self.W"),
        W="weight_decay",
    ),
    mistake(
        "conv_dw_with_little_decay",
        "conv",
        ("return dx, dw, db", "return dx, dw + 1e-3 * w, db"),
        w="weight_decay",
    ),
    mistake(
        "dense_bias_with_decay",
        "dense",
        (
            "self.db = dout.sum(axis=0, keepdims=True)",
            "self.db = dout.sum(axis=0, keepdims=True) + 0.5 * self.b",
        ),
        b="weight_decay",
    ),
    mistake(
        "ridge_without_its_penalty", "ridge", ("    dW += 2 * strength * W\n", ""), "weight_decay"
    ),
    mistake(
        "ridge_with_half_its_penalty",
        "ridge",
        ("dW += 2 * strength * W", "dW += strength * W"),
        "weight_decay",
    ),
    mistake(
        "nnfs_dense_with_decay",
        "nnfs_dense",
        (
            "self.dweights = np.dot(self.inputs.T, dvalues)",
            "self.dweights = np.dot(self.inputs.T, dvalues) + 2 * 5e-4 * self.weights",
        ),
        weights="weight_decay",
    ),
]

DERIVATIVES: list[Wrong] = [
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

ENTRIES = [*ABSENT, *FACTORS, *DERIVATIVES]
