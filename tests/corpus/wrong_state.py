"""Mistakes beside the numbers: state, arrays of the caller's, chance."""

from __future__ import annotations

from corpus.entries import Wrong
from corpus.mistakes import mistake

TANH = "return dout * (1.0 - self.out**2)"

ENTRIES: list[Wrong] = [
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
