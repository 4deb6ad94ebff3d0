"""Mistakes in the formula: absent gradients, factors, signs, added terms."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

AFFINE_RETURN = "    dw = rows.T @ dout\n    db = np.sum(dout, axis=0)\n    return dx, dw, db"
SIGMOID = "dAdZ = self.A - self.A * self.A\n        return dLdA * dAdZ"
TANH = "return dout * (1.0 - self.out**2)"
MULTIPLY = "da = dout * self.b\n        db = dout * self.a\n        return da, db"
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
        "shape",
        warning=True,
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

ENTRIES = [*ABSENT, *FACTORS]
