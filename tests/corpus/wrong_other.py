"""Mistakes that have no simple name, and two mistakes at once."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

CONV_DX = "dx_pad[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]"
CONV_CROP = "dx = dx_pad[:, :, pad : pad + H, pad : pad + W]\n    return dx, dw, db"

ENTRIES: list[Wrong] = [
    mistake(
        "dense_dx_with_W_for_its_transpose",
        "dense_square",
        ("dx = dout.dot(self.W.T)", "dx = dout.dot(self.W)"),
        # what W.T in place of W would give: as good a name as none
        x=("transpose", "unexplained"),
    ),
    mistake(
        "tanh_without_square",
        "mytorch_tanh",
        ("dAdZ = 1 - self.A**2", "dAdZ = 1 - self.A"),
        Z="wrong_factor",
    ),
    mistake(
        "cumsum_of_dout",
        "cumsum",
        ("return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]", "return np.cumsum(dout, axis=1)"),
        x="jacobian_transposed",
    ),
    mistake(
        "swish_without_x",
        "swish",
        ("self.s + self.x * self.s * (1 - self.s)", "self.s + self.s * (1 - self.s)"),
        x="extra_term",
    ),
    mistake(
        "cross_entropy_subtracts_from_whole_columns",
        "cross_entropy",
        ("dscores[np.arange(len(self.labels)), self.labels] -= 1", "dscores[:, self.labels] -= 1"),
        prediction="extra_term",
    ),
    mistake("gelu_without_z", "mytorch_gelu", ("cdf + self.Z * pdf", "cdf + pdf"), Z="unexplained"),
    mistake(
        "batchnorm_wrong_exponent",
        "batchnorm",
        ("(var + eps) ** -1.5", "(var + eps) ** -0.5"),
        x=("unexplained", "statistic_constant"),
    ),
    mistake(
        "batchnorm_eps_outside_the_root",
        "batchnorm_eps",
        (
            "std = np.sqrt(var + eps)\n        x_hat = xmu / std\n        running_mean",
            "std = np.sqrt(var) + eps\n        x_hat = xmu / std\n        running_mean",
        ),
        x=("unexplained", "statistic_constant"),
    ),
    mistake(
        "lstm_gates_in_the_wrong_order",
        "lstm",
        ("da = np.hstack((dai, daf, dao, dag))", "da = np.hstack((daf, dai, dao, dag))"),
        x="unexplained",
        h0="unexplained",
        Wx=("unexplained", "permuted"),
        Wh=("unexplained", "permuted"),
        b=("unexplained", "permuted"),
    ),
    mistake(
        "attention_softmax_element_by_element",
        "attention",
        (
            "ds = self.p * (dp - np.sum(dp * self.p, axis=-1, keepdims=True))",
            "ds = self.p * (1 - self.p) * dp",
        ),
        q="unexplained",
        k="unexplained",
    ),
    mistake(
        "upsample_wrong_neighbours",
        "upsample",
        (
            "return dout.reshape(N, C, H // k, k, W // k, k).sum(axis=(3, 5))",
            "return dout.reshape(N, C, k, H // k, k, W // k).sum(axis=(2, 4))",
        ),
        x="permuted",
    ),
    mistake(
        "softmax_jacobian_with_plus",
        "mytorch_softmax",
        ("np.diag(a) - np.outer(a, a)", "np.diag(a) + np.outer(a, a)"),
        Z="statistic_constant",
    ),
    mistake(
        "batchnorm_test_time_not_divided",
        "batchnorm_test_time",
        (
            '    if mode != "train":\n        return dx_hat / std, dgamma',
            '    if mode != "train":\n        return dx_hat, dgamma',
        ),
        x="wrong_factor",
    ),
    # -- two mistakes ------------------------------------------------------------------------
    mistake(
        "two_gradients_db_mean_and_dw_decay",
        "affine",
        [
            ("db = np.sum(dout, axis=0)", "db = np.mean(dout, axis=0)"),
            ("dw = rows.T @ dout", "dw = rows.T @ dout + 0.1 * w"),
        ],
        b="scale",
        w="weight_decay",
    ),
    mistake(
        "two_gradients_dLdW_transposed_and_dLdA_negative",
        "mytorch_linear_square",
        [
            ("self.dLdW = dLdZ.T @ self.A", "self.dLdW = self.A.T @ dLdZ"),
            ("dLdA = dLdZ @ self.W", "dLdA = -dLdZ @ self.W"),
        ],
        W="transpose",
        A="sign",
    ),
    mistake(
        "two_gradients_conv_dx_assigned_and_dw_rotated",
        "conv",
        [
            (CONV_DX, CONV_DX.replace("+=", "=")),
            ("return dx, dw, db", "return dx, dw[:, :, ::-1, ::-1], db"),
        ],
        x="overwritten",
        w="flip",
    ),
    mistake(
        "two_gradients_layernorm",
        "layernorm",
        [
            ("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = -(dout * x_hat).sum(axis=0)"),
            (" - x_hat * sum_gx)", ")"),
        ],
        gamma="sign",
        x="statistic_constant",
    ),
    mistake(
        "same_gradient_transposed_and_doubled",
        "affine_square",
        ("dw = rows.T @ dout", "dw = 2 * dout.T @ rows"),
        w=("transpose", "scale", "unexplained"),
    ),
    mistake(
        "same_gradient_assigned_and_cropped",
        "conv",
        [
            (CONV_DX, CONV_DX.replace("+=", "=")),
            (CONV_CROP, CONV_CROP.replace("\n", "\n    dx[:, :, -1] = 0\n")),
        ],
        x=("overwritten", "region", "unexplained"),
    ),
    mistake(
        "same_gradient_half_and_negative",
        "tanh",
        ("return dout * (1.0 - self.out**2)", "return -0.5 * dout * (1.0 - self.out**2)"),
        x=("scale", "sign"),
    ),
    mistake(
        "same_gradient_negative_and_variance_constant",
        "batchnorm",
        ("dx = dx_hat / std + dvar * 2 * xmu / N + dmu / N", "dx = -(dx_hat / std + dmu / N)"),
        x=("sign", "statistic_constant", "unexplained"),
    ),
]
