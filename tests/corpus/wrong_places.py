"""Mistakes of place: axes, order, neighbours, samples, contributions, regions."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

CONV_DX = "dx_pad[n, :, top : top + HH, left : left + WW] += dout[n, f, i, j] * w[f]"
CONV_CROP = "dx = dx_pad[:, :, pad : pad + H, pad : pad + W]\n    return dx, dw, db"
CONV_LOOP = "db = np.sum(dout, axis=(0, 2, 3))\n    for n in range(N):"
LOOP_DENSE = "for n in range(len(dout)):"

ORDER: list[Wrong] = [
    mistake(
        "affine_dw_transposed",
        "affine_square",
        ("dw = rows.T @ dout", "dw = dout.T @ rows"),
        w="transpose",
    ),
    mistake(
        "mytorch_dLdW_transposed",
        "mytorch_linear_square",
        ("self.dLdW = dLdZ.T @ self.A", "self.dLdW = self.A.T @ dLdZ"),
        W="transpose",
    ),
    mistake(
        "image_not_turned_back",
        "transpose_image",
        (
            "dx = dout.transpose(0, 1, 3, 2)\n        return dx * np.cos(self.x)",
            "dx = dout * np.cos(self.x).transpose(0, 1, 3, 2)\n        return dx",
        ),
        x="transpose",
    ),
    mistake(
        "bilinear_dW_transposed",
        "bilinear_square",
        ('"n,ni,nj->ij"', '"n,ni,nj->ji"'),
        W="transpose",
    ),
    mistake(
        "conv_dw_filters_and_channels_exchanged",
        "conv_same_channels",
        ("return dx, dw, db", "return dx, dw.transpose(1, 0, 2, 3), db"),
        w="transpose",
    ),
    mistake(
        "matmul_da_transposed",
        "matmul_square",
        ("da = dout @ np.swapaxes(self.b, -1, -2)", "da = self.b @ np.swapaxes(dout, -1, -2)"),
        a="transpose",
    ),
    mistake(
        "attention_dv_transposed",
        "attention_square",
        ("dv = self.p.transpose(0, 2, 1) @ dout", "dv = dout.transpose(0, 2, 1) @ self.p"),
        v="transpose",
    ),
    # -- flip --------------------------------------------------------------------------------
    mistake(
        "conv1d_dW_reversed",
        "mytorch_conv1d",
        ("self.dLdW[:, :, k] = np", "self.dLdW[:, :, self.kernel_size - 1 - k] = np"),
        W="flip",
    ),
    mistake(
        "conv_dw_rotated",
        "conv",
        ("return dx, dw, db", "return dx, dw[:, :, ::-1, ::-1], db"),
        w="flip",
    ),
    mistake(
        "time_not_reversed_back",
        "reverse",
        ("dx = (dout * self.w)[:, ::-1]", "dx = dout * self.w"),
        x="flip",
    ),
    mistake(
        "cumsum_not_reversed_back",
        "cumsum",
        ("np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]", "np.cumsum(dout[:, ::-1], axis=1)"),
        x="flip",
    ),
    mistake(
        "rnn_dx_in_reversed_time",
        "rnn",
        ("dx[:, t], dprev_h,", "dx[:, T - 1 - t], dprev_h,"),
        x="flip",
    ),
    mistake(
        "conv1d_kernel_not_flipped",
        "mytorch_conv1d",
        ("W_flipped = self.W[:, :, ::-1]", "W_flipped = self.W"),
        A=("flip", "unexplained"),
    ),
    # -- permuted ----------------------------------------------------------------------------
    mistake(
        "flatten_axes_not_restored",
        "flatten",
        ("dout.reshape(N, H, W, C).transpose(0, 3, 1, 2)", "dout.reshape(N, C, H, W)"),
        x=("permuted", "local_derivative_missing"),
    ),
    mistake(
        "channel_shuffle_again",
        "channel_shuffle",
        ("return dout.reshape(N, C // g, g, H, W)", "return dout.reshape(N, g, C // g, H, W)"),
        x="permuted",
    ),
    mistake(
        "rolled_twice",
        "roll",
        (
            "dx = np.roll(dout, -self.shift, axis=1)\n"
            "        return dx * (1 - np.tanh(self.x) ** 2)",
            "y = np.roll(np.tanh(self.x), self.shift, axis=1)\n"
            "        return np.roll(dout * (1 - y**2), self.shift, axis=1)",
        ),
        x="permuted",
    ),
    mistake(
        "sorted_again_instead_of_back",
        "sort",
        (
            "np.put_along_axis(dx, self.order, dout, axis=1)",
            "dx[:] = np.take_along_axis(dout, self.order, axis=1)",
        ),
        x="permuted",
    ),
    mistake(
        "affine_dx_in_fortran_order",
        "affine",
        ("(dout @ w.T).reshape(x.shape)", '(dout @ w.T).reshape(x.shape, order="F")'),
        x="permuted",
    ),
    mistake(
        "im2col_dw_reshaped_in_the_wrong_order",
        "conv_im2col",
        ('"nfl,nkl->fk"', '"nfl,nkl->kf"'),
        w="permuted",
    ),
    mistake(
        "spatial_batchnorm_dx_only_reshaped",
        "spatial_batchnorm",
        (
            "return dx.reshape(N, H, W, C).transpose(0, 3, 1, 2), dgamma, dbeta",
            "return dx.reshape(N, C, H, W), dgamma, dbeta",
        ),
        x="permuted",
    ),
    # -- swapped -----------------------------------------------------------------------------
    mistake(
        "batchnorm_dgamma_and_dbeta_swapped",
        "batchnorm",
        ("+ dmu / N\n    return dx, dgamma, dbeta", "+ dmu / N\n    return dx, dbeta, dgamma"),
        gamma="swapped",
        beta="swapped",
    ),
    mistake(
        "multiply_uses_the_same_factor",
        "multiply",
        (
            "da = dout * self.b\n        db = dout * self.a",
            "da = dout * self.a\n        db = dout * self.b",
        ),
        a="swapped",
        b="swapped",
    ),
    mistake(
        "concat_halves_swapped",
        "concat_same",
        (
            "db = dout[:, self.split :]\n        return da, db",
            "db = dout[:, self.split :]\n        return db, da",
        ),
        a="swapped",
        b="swapped",
    ),
    mistake(
        "attention_dq_and_dk_swapped",
        "attention",
        ("return dq, dk, dv", "return dk, dq, dv"),
        q="swapped",
        k="swapped",
    ),
    mistake(
        "bilinear_da_and_db_swapped",
        "bilinear_square",
        (
            "db = dout[:, None] * (self.a @ self.W)\n        return da, db",
            "db = dout[:, None] * (self.a @ self.W)\n        return db, da",
        ),
        a="swapped",
        b="swapped",
    ),
    mistake(
        "affine_dx_and_dw_swapped",
        "affine",
        ("return dx, dw, db", "return dw, dx, db"),
        x=("swapped", "shape"),
        w=("swapped", "shape"),
    ),
    mistake(
        "rnn_step_dWx_and_dWh_swapped",
        "rnn_step",
        (
            "    db = da.sum(axis=0)\n    return dx, dprev_h, dWx, dWh, db",
            "    db = da.sum(axis=0)\n    return dx, dprev_h, dWh, dWx, db",
        ),
        Wx=("swapped", "shape"),
        Wh=("swapped", "shape"),
    ),
]

PARTS: list[Wrong] = [
    mistake("conv_dx_not_added_up", "conv", (CONV_DX, CONV_DX.replace("+=", "=")), x="overwritten"),
    mistake(
        "word_embedding_fancy_index_addition",
        "word_embedding",
        ("np.add.at(dW, x, dout)", "dW[x] += dout"),
        W="overwritten",
    ),
    mistake(
        "embedding_assigned",
        "embedding",
        ("np.add.at(self.dW, self.words, dout)", "self.dW[self.words] = dout"),
        W="overwritten",
    ),
    mistake(
        "max_pool_windows_not_added_up",
        "max_pool_overlapping",
        ("dx[n, c, r + a, s + b] += dout", "dx[n, c, r + a, s + b] = dout"),
        x="overwritten",
    ),
    mistake(
        "tied_weight_counted_once",
        "tied_autoencoder",
        ("self.dW = self.dW + self.x.T @ da", "self.dW = self.x.T @ da"),
        W="overwritten",
    ),
    mistake(
        "residual_shortcut_forgotten", "residual", ("        dx = dx + dout\n", ""), x="overwritten"
    ),
    mistake("rnn_dWx_of_one_step", "rnn", ("dWx += dWx_t", "dWx = dWx_t"), Wx="overwritten"),
    mistake(
        "conv_dw_not_added_up",
        "conv",
        ("dw[f] += dout[n, f, i, j] * window", "dw[f] = dout[n, f, i, j] * window"),
        w="overwritten",
    ),
    mistake(
        "mean_pool_not_added_up",
        "mytorch_mean_pool",
        ("j : j + k] += dLdZ[:, :, i : i + 1", "j : j + k] = dLdZ[:, :, i : i + 1"),
        A="overwritten",
    ),
    mistake(
        "im2col_fancy_index_addition",
        "conv_im2col",
        ("np.add.at(dx_pad, (slice(None), k, i, j), dcols)", "dx_pad[:, k, i, j] += dcols"),
        x="overwritten",
    ),
    # -- part of the batch -------------------------------------------------------------------
    mistake(
        "affine_db_of_the_first_sample",
        "affine",
        ("db = np.sum(dout, axis=0)", "db = dout[0]"),
        b="one_sample",
    ),
    mistake(
        "affine_dw_of_the_first_sample",
        "affine",
        ("dw = rows.T @ dout", "dw = np.outer(rows[0], dout[0])"),
        w="one_sample",
    ),
    mistake(
        "loop_dense_starts_at_one",
        "loop_dense",
        (LOOP_DENSE, "for n in range(1, len(dout)):"),
        W="one_sample",
        b="one_sample",
        x=("one_sample", "region"),
    ),
    mistake(
        "loop_dense_keeps_the_last_sample",
        "loop_dense",
        (
            "self.W_grad += np.outer(dout[n], self.x[n])",
            "self.W_grad = np.outer(dout[n], self.x[n])",
        ),
        W=("one_sample", "overwritten"),
    ),
    mistake(
        "conv_skips_the_last_image",
        "conv",
        (CONV_LOOP, CONV_LOOP.replace("range(N)", "range(N - 1)")),
        w="one_sample",
        x=("one_sample", "region"),
    ),
    mistake(
        "conv2d_dLdb_of_the_first_image",
        "mytorch_conv2d",
        ("self.dLdb = np.sum(dLdZ, axis=(0, 2, 3))", "self.dLdb = np.sum(dLdZ[0], axis=(1, 2))"),
        b="one_sample",
    ),
    mistake(
        "bilinear_dW_of_the_first_sample",
        "bilinear",
        (
            'np.einsum("n,ni,nj->ij", dout, self.a, self.b)',
            'np.einsum("n,ni,nj->ij", dout[:1], self.a[:1], self.b[:1])',
        ),
        W="one_sample",
    ),
    mistake(
        "prelu_da_of_half_the_batch",
        "prelu",
        (
            "np.sum(dout * self.x * negative, axis=0)",
            "np.sum((dout * self.x * negative)[: len(dout) // 2], axis=0)",
        ),
        a="one_sample",
    ),
    # -- region ------------------------------------------------------------------------------
    mistake(
        "relu_leaks", "relu", ("dout * (x > 0)", "dout * np.where(x > 0, 1, 0.01)"), x="region"
    ),
    mistake(
        "conv_dx_without_last_row_and_column",
        "conv",
        (CONV_CROP, CONV_CROP.replace("\n", "\n    dx[:, :, -1] = dx[:, :, :, -1] = 0\n")),
        x="region",
    ),
    mistake(
        "elu_without_alpha_below_zero",
        "elu",
        ("1.0, self.out + self.alpha)", "1.0, self.out)"),
        x="region",
    ),
    mistake(
        "leaky_relu_with_negative_alpha",
        "leaky_relu",
        ("*= self.alpha", "*= -self.alpha"),
        x="region",
    ),
    mistake(
        "huber_without_sign",
        "huber",
        ("np.where(small, self.r, d * np.sign(self.r)) /", "np.where(small, self.r, d) /"),
        "region",
    ),
    mistake("clip_open_above", "clip", ("        dx[self.x > self.high] = 0\n", ""), x="region"),
    mistake(
        "hard_tanh_open_below",
        "hard_tanh",
        ("inside = (self.x > -1) & (self.x < 1)", "inside = self.x < 1"),
        x="region",
    ),
    mistake(
        "abs_forgets_negative_numbers",
        "abs",
        ("return dout * np.sign(self.x)", "return dout * (self.x > 0)"),
        x="region",
    ),
    mistake(
        "quantile_wrong_below",
        "quantile",
        ("np.where(self.e > 0, -self.q, 1 - self.q)", "np.where(self.e > 0, -self.q, self.q - 1)"),
        "region",
    ),
    mistake(
        "one_entry_in_a_hundred_thousand",
        "affine_100k",
        ("dw = rows.T @ dout", "dw = rows.T @ dout\n    dw[17, 93] *= 1.001"),
        w=("region", "unexplained"),
    ),
    mistake(
        "one_entry_slightly_wrong",
        "conv",
        ("return dx, dw, db", "dw[1, 2, 0, 1] *= 1 + 1e-6\n    return dx, dw, db"),
        w=("region", "unexplained"),
    ),
]

ENTRIES = [*ORDER, *PARTS]
