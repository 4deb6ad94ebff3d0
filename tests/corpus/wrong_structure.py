"""Mistakes in the structure: a wrong factor or axis, half a Jacobian, steps cut apart, a term."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

RNN = ("x", "Wx", "Wh", "b")
SOFTMAX_ROW = "J = np.diag(a) - np.outer(a, a)"
RNN_SUM = "dnext_h = dh[:, t] + dprev_h"
LSTM_SUM = "lstm_step_backward(dh[:, t] + dprev_h, dprev_c, caches[t])"

FACTORS: list[Wrong] = [
    mistake(
        "rnn_step_dWh_with_the_new_state",
        "rnn_step",
        ("dWh = prev_h.T @ da", "dWh = next_h.T @ da"),
        Wh="wrong_factor",
    ),
    mistake(
        "batchnorm_dgamma_with_centred_x",
        "batchnorm",
        (
            "dgamma = np.sum(dout * x_hat, axis=0)\n    dx_hat",
            "dgamma = np.sum(dout * xmu, axis=0)\n    dx_hat",
        ),
        gamma="wrong_factor",
    ),
    mistake(
        "sigmoid_without_its_output",
        "sigmoid",
        ("return dout * self.out * (1.0 - self.out)", "return dout * (1.0 - self.out)"),
        x="wrong_factor",
    ),
    mistake(
        "square_without_x",
        "square",
        ("return 2 * self.x * dout", "return 2 * dout"),
        x="wrong_factor",
    ),
    mistake(
        "bce_without_its_denominators",
        "bce",
        ("grad = -(self.y / self.p - (1 - self.y) / (1 - self.p))", "grad = self.p - self.y"),
        prediction="wrong_factor",
    ),
    mistake(
        "rmsnorm_dx_without_gain",
        "rmsnorm",
        ("dxn = dout * self.g", "dxn = dout"),
        x="wrong_factor",
    ),
    mistake(
        "divide_db_by_b_and_not_its_square",
        "divide",
        ("db = -dout * self.a / self.b**2", "db = -dout * self.a / self.b"),
        b="wrong_factor",
    ),
    mistake(
        "prelu_da_everywhere",
        "prelu",
        ("np.sum(dout * self.x * negative, axis=0)", "np.sum(dout * self.x, axis=0)"),
        a="wrong_factor",
    ),
]

JACOBIANS: list[Wrong] = [
    mistake(
        "softmax_jacobian_by_its_diagonal",
        "mytorch_softmax",
        (SOFTMAX_ROW, "J = np.diag(a - a * a)"),
        Z="jacobian_diagonal",
    ),
    mistake(
        "softmax_as_if_it_were_a_sigmoid",
        "softmax",
        ("return self.p * (dout - inner)", "return self.p * (1 - self.p) * dout"),
        x="jacobian_diagonal",
    ),
    mistake(
        "l2_normalize_by_its_diagonal",
        "l2_normalize",
        ("return (dout - self.y * along) / self.norm", "return dout * (1 - self.y**2) / self.norm"),
        x="jacobian_diagonal",
    ),
    mistake(
        "center_by_its_diagonal",
        "center",
        ("return dout - dout.mean(axis=0)", "return dout * (1 - 1 / len(dout))"),
        x="jacobian_diagonal",
    ),
    mistake(
        "mix_dx_without_transpose",
        "mix",
        ("return dout @ self.mixing.T", "return dout @ self.mixing"),
        x="jacobian_transposed",
    ),
    mistake(
        "turned_on_and_not_back",
        "turn",
        ("return self.turned(dout, -self.angle)", "return self.turned(dout, self.angle)"),
        x="jacobian_transposed",
    ),
    mistake(
        "fourier_without_conjugate",
        "circular_convolution",
        (
            "spectrum = np.conj(np.fft.rfft(self.response))",
            "spectrum = np.fft.rfft(self.response) + 0",
        ),
        x="jacobian_transposed",
    ),
    mistake(
        "softmax_backward_over_the_batch",
        "softmax",
        ("inner = np.sum(dout * self.p, axis=-1,", "inner = np.sum(dout * self.p, axis=0,"),
        x="wrong_axis",
    ),
    mistake(
        "l2_normalize_backward_over_the_batch",
        "l2_normalize",
        ("along = np.sum(dout * self.y, axis=1,", "along = np.sum(dout * self.y, axis=0,"),
        x="wrong_axis",
    ),
    mistake(
        "layernorm_sum_over_the_batch",
        "layernorm",
        ("sum_g = g.sum(axis=1, keepdims=True)", "sum_g = g.sum(axis=0, keepdims=True)"),
        x="wrong_axis",
    ),
    mistake(
        "center_backward_over_the_features",
        "center",
        ("return dout - dout.mean(axis=0)", "return dout - dout.mean(axis=1, keepdims=True)"),
        x="wrong_axis",
    ),
]

STEPS: list[Wrong] = [
    mistake(
        "rnn_steps_cut_apart",
        "rnn",
        (RNN_SUM, "dnext_h = dh[:, t]"),
        h0=("overwritten", "truncated_time"),
        **dict.fromkeys(RNN, "truncated_time"),
    ),
    mistake(
        "lstm_steps_cut_apart",
        "lstm",
        (LSTM_SUM, "lstm_step_backward(dh[:, t], 0 * dprev_c, caches[t])"),
        h0=("overwritten", "truncated_time"),
        **dict.fromkeys(RNN, "truncated_time"),
    ),
    mistake(
        "moving_average_forgets_what_is_carried",
        "moving_average",
        ("dstate = dout[:, t] + carried", "dstate = dout[:, t]"),
        x="truncated_time",
    ),
    mistake(
        "scan_truncated_after_two_steps",
        "scan",
        ("dh = da @ self.U.T", "dh = dout[t] * (1 - self.h[t + 1] ** 2) @ self.U.T"),
        x="truncated_time",
        U="truncated_time",
    ),
    mistake(
        "rnn_carried_without_transpose",
        "rnn",
        ("dprev_h = da @ Wh.T", "dprev_h = da @ Wh"),
        h0=("transpose", "unexplained", "wrong_carry"),
        **dict.fromkeys(RNN, "wrong_carry"),
    ),
    mistake(
        "lstm_cell_carried_without_the_forget_gate",
        "lstm",
        ("dprev_c = dc * f", "dprev_c = dc"),
        h0=("unexplained", "region", "wrong_carry"),
        **dict.fromkeys(RNN, "wrong_carry"),
    ),
    mistake(
        "moving_average_carries_the_other_share",
        "moving_average",
        ("carried = self.keep * dstate", "carried = (1 - self.keep) * dstate"),
        x="wrong_carry",
    ),
    mistake(
        "scan_carries_without_weights",
        "scan",
        ("dh = da @ self.U.T", "dh = da"),
        x="wrong_carry",
        U="wrong_carry",
    ),
]

TERMS: list[Wrong] = [
    mistake(
        "smoothed_targets_in_backward_only",
        "bce_logits",
        ("return (p - self.y) / self.z.size", "return (p - 0.9 * self.y - 0.05) / self.z.size"),
        prediction="extra_term",
    ),
    mistake(
        "absolute_penalty_in_backward_only",
        "half_mse",
        (
            "return (self.prediction - self.target) / len(self.prediction)",
            "return (self.prediction - self.target) / len(self.prediction)"
            " + 0.1 * np.sign(self.prediction)",
        ),
        prediction="extra_term",
    ),
    mistake(
        "softplus_slope_plus_a_tenth",
        "softplus",
        ("return dout / (1 + np.exp(-self.x))", "return dout * (0.1 + 1 / (1 + np.exp(-self.x)))"),
        x="extra_term",
    ),
]

SHARES: list[Wrong] = [
    mistake(
        "batchnorm_variance_without_its_2",
        "batchnorm",
        ("dvar * 2 * xmu / N", "dvar * xmu / N"),
        x="statistic_constant",
    ),
    mistake(
        "batchnorm_mean_summed",
        "batchnorm_alt",
        ("dx_hat - dx_hat.mean(axis=0)", "dx_hat - dx_hat.sum(axis=0)"),
        x="statistic_constant",
    ),
    mistake(
        "layernorm_mean_added",
        "layernorm",
        ("(D * g - sum_g - x_hat", "(D * g + sum_g - x_hat"),
        x="statistic_constant",
    ),
    mistake(
        "rmsnorm_summed_and_not_averaged",
        "rmsnorm",
        ("xn * np.mean(dxn * xn,", "xn * np.sum(dxn * xn,"),
        x="statistic_constant",
    ),
    mistake(
        "l2_normalize_share_divided_once",
        "l2_normalize",
        ("return (dout - self.y * along) / self.norm", "return dout / self.norm - self.y * along"),
        x="statistic_constant",
    ),
    mistake(
        "batchnorm_trains_in_evaluation",
        "batchnorm_test_time",
        (
            '    if mode != "train":\n        return dx_hat / std, dgamma',
            '    if mode == "":\n        return dx_hat / std, dgamma',
        ),
        x=("statistic_constant", "wrong_axis"),
    ),
]

BESIDES: list[Wrong] = [
    mistake(
        "linear_dW_transposed_and_halved",
        "linear_dict_square",
        ('self.grads["W"] = self.x.T @ dout', 'self.grads["W"] = 0.5 * dout.T @ self.x'),
        W="transpose",
    ),
    mistake(
        "rotate_backwards_and_negative",
        "rotate",
        ("return np.rot90(dout, -2, axes=(2, 3))", "return -dout"),
        x="flip",
    ),
    mistake(
        "softmax_by_its_diagonal_and_doubled",
        "softmax",
        ("return self.p * (dout - inner)", "return 2 * self.p * (1 - self.p) * dout"),
        x="jacobian_diagonal",
    ),
    mistake(
        "dense_dW_in_whole_numbers",
        "dense",
        ("self.dW = self.x.T.dot(dout)", "self.dW = np.trunc(self.x.T.dot(dout))"),
        W="precision",
    ),
    mistake(
        "sort_read_instead_of_put",
        "sort",
        (
            "np.put_along_axis(dx, self.order, dout, axis=1)",
            "dx += np.take_along_axis(dout, self.order, axis=1)",
        ),
        x=("permuted", "jacobian_transposed"),
    ),
]

ENTRIES = [*FACTORS, *JACOBIANS, *STEPS, *TERMS, *SHARES, *BESIDES]
