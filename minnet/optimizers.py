"""Optimizers: how parameters follow their gradients.

`step(model)` updates every parameter of the model in place from the gradients of the latest
`backward`. ``lr`` is a plain attribute and may be changed between steps, or be a schedule: a
function of the number of the step, such as `minnet.schedules.WarmupCosine`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from minnet.arrays import Floats, number_in, shown
from minnet.layers.base import Layer, NotRunYet

State: TypeAlias = dict[str, Floats]
Schedule: TypeAlias = Callable[[int], float]


class Optimizer:
    """The base of every optimizer: `update` changes one parameter array in place.

    Parameters
    ----------
    lr : float or function
        Learning rate, or a schedule that gives it for each step, counted from 0.
    clip : float, optional
        The largest norm that all gradients together may have. Those of a longer step are
        scaled down alike, so that its direction stays.

    Attributes
    ----------
    steps : int
        How many steps were made. A schedule and Adam's correction go by it, and so a second
        `fit` with the same optimizer goes on where the first one ended, unless `reset` is
        called in between.
    """

    def __init__(self, lr: float | Schedule, clip: float | None = None) -> None:
        if not callable(lr):
            number_in("lr, the learning rate,", lr, 0, float("inf"), "()")
        if clip is not None:
            number_in("clip, the largest norm,", clip, 0, float("inf"), "()")
        self.lr = lr
        self.clip = clip
        self.reset()

    def reset(self) -> None:
        """Forget all steps made, and what was remembered of them."""
        self.steps = 0
        self.states: dict[str, State] = {}

    @property
    def rate(self) -> float:
        """The learning rate of the latest step (before any: of the first)."""
        if not callable(self.lr):
            return self.lr
        step = max(self.steps - 1, 0)
        what = f"the learning rate that {self.lr!r:.60} gives step {step}"
        return number_in(what, self.lr(step), 0, math.inf)

    def step(self, model: Layer) -> None:
        """Update all parameters of `model` in place.

        Raises
        ------
        RuntimeError
            There are no gradients yet.
        TypeError, ValueError
            `model` is no layer, or a gradient has not the shape of its parameter.
        """
        if not isinstance(model, Layer):
            raise TypeError(f"step takes a model, such as Dense(3, 1), not {shown(model)}")
        found = []
        for (name, W), dW in zip(
            model.named_parameters().items(), model.named_gradients().values(), strict=True
        ):
            if dW is None:
                raise NotRunYet(f"{name} has no gradient yet: call backward before step")
            if np.shape(dW) != W.shape or np.asarray(dW).dtype.kind not in "fiu":
                raise ValueError(
                    f"the gradient of {name} must be an array of shape {W.shape}, as {name} is, "
                    f"but has shape {np.shape(dW)}: {shown(dW)}"
                )
            found.append(dW)
        self.steps += 1
        scale = 1.0 if self.clip is None else _shrinking(found, self.clip)
        for (name, W), dW in zip(model.named_parameters().items(), found, strict=True):
            if name not in self.states:
                self.states[name] = self.start(W)
            self.update(W, dW if scale == 1 else scale * dW, self.states[name])

    def start(self, W: Floats) -> State:
        """Return what is remembered of a parameter from step to step."""
        return {}

    def update(self, W: Floats, dW: Floats, state: State) -> None:
        """Change `W` in place."""
        raise NotImplementedError(f"{type(self).__name__} has no update yet")

    def __repr__(self) -> str:
        settings = {k: v for k, v in vars(self).items() if k not in ("steps", "states")}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in settings.items())})"


class SGD(Optimizer):
    """Stochastic gradient descent: ``W −= lr · v``.

    Without momentum, ``v`` is the gradient ``g = dW + weight_decay · W``. With it, ``v`` is a
    fading sum, ``v = momentum · v + g``; Nesterov's variant looks one step ahead and uses
    ``g + momentum · v``.

    Parameters
    ----------
    lr, clip
        See `Optimizer`.
    momentum : float
        How much of the last step's ``v`` is kept, 0 <= momentum < 1.
    nesterov : bool
        Whether to look ahead.
    weight_decay : float
        Strength of the penalty ``½ · weight_decay · ‖W‖²``.

    Examples
    --------
    >>> import numpy as np
    >>> from minnet.layers import Dense
    >>> layer = Dense(1, 1, init="zeros")
    >>> _ = layer(np.array([[2.0]])), layer.backward(np.array([[1.0]]))
    >>> SGD(lr=0.1).step(layer)
    >>> layer.W, layer.b
    (array([[-0.2]]), array([-0.1]))

    References
    ----------
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning",
    ICML 2013.
    """

    def __init__(
        self,
        lr: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        clip: float | None = None,
    ) -> None:
        super().__init__(lr, clip)
        self.momentum = number_in("momentum", momentum, 0, 1)
        self.nesterov = nesterov
        self.weight_decay = number_in("weight_decay", weight_decay, 0, math.inf)

    def start(self, W: Floats) -> State:
        return {"v": np.zeros_like(W)} if self.momentum else {}

    def update(self, W: Floats, dW: Floats, state: State) -> None:
        g = dW + self.weight_decay * W if self.weight_decay else dW
        if self.momentum:
            v = state["v"]
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        W -= self.rate * g


class RMSProp(Optimizer):
    """Divide each step by the gradient's recent root mean square.

    ``s = decay · s + (1 − decay) · dW²``, then ``W −= lr · dW / (√s + eps)``.

    Parameters
    ----------
    lr, clip
        See `Optimizer`.
    decay : float
        How much of the running mean square is kept.
    eps : float
        Keeps the division away from zero.

    References
    ----------
    T. Tieleman, G. Hinton, "Lecture 6.5: RMSProp", 2012.

    Examples
    --------
    The first step has the same length for a small gradient as for a large one:

    >>> import numpy as np
    >>> from minnet.layers import Dense
    >>> layer = Dense(1, 2, init="zeros")
    >>> _ = layer(np.array([[1.0]])), layer.backward(np.array([[0.001, -1000.0]]))
    >>> RMSProp(lr=0.01).step(layer)
    >>> layer.W.round(3)
    array([[-0.1,  0.1]])
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        decay: float = 0.99,
        eps: float = 1e-8,
        clip: float | None = None,
    ) -> None:
        super().__init__(lr, clip)
        self.decay = number_in("decay", decay, 0, 1)
        self.eps = number_in("eps", eps, 0, float("inf"))

    def start(self, W: Floats) -> State:
        return {"s": np.zeros_like(W)}

    def update(self, W: Floats, dW: Floats, state: State) -> None:
        s = state["s"]
        s *= self.decay
        s += (1 - self.decay) * dW**2
        W -= self.rate * dW / (np.sqrt(s) + self.eps)


class Adam(Optimizer):
    """RMSProp with momentum, both corrected for starting at zero, and decoupled decay.

    ``m`` and ``s`` are running means of ``dW`` and ``dW²``. After t steps they still lack a
    share ``beta^t`` of their weight, so they are divided by ``1 − beta^t``:

    ``W −= lr · (m / (1 − beta1^t)) / (√(s / (1 − beta2^t)) + eps)``

    Weight decay shrinks the weights directly, ``W *= 1 − lr · weight_decay``, and does not
    pass through the running means: with it, this is AdamW.

    Parameters
    ----------
    lr, clip
        See `Optimizer`.
    beta1, beta2 : float
        How much of the running means of ``dW`` and ``dW²`` is kept.
    eps : float
        Keeps the division away from zero.
    weight_decay : float
        Decoupled decay.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.

    Examples
    --------
    The first step is one of `lr`, whatever the size of the gradient:

    >>> import numpy as np
    >>> from minnet.layers import Dense
    >>> layer = Dense(1, 2, init="zeros")
    >>> _ = layer(np.array([[1.0]])), layer.backward(np.array([[0.001, -1000.0]]))
    >>> Adam(lr=0.01).step(layer)
    >>> layer.W.round(3)
    array([[-0.01,  0.01]])
    """

    def __init__(
        self,
        lr: float | Schedule = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        clip: float | None = None,
    ) -> None:
        super().__init__(lr, clip)
        self.beta1 = number_in("beta1", beta1, 0, 1)
        self.beta2 = number_in("beta2", beta2, 0, 1)
        self.eps = number_in("eps", eps, 0, float("inf"))
        self.weight_decay = number_in("weight_decay", weight_decay, 0, math.inf)

    def start(self, W: Floats) -> State:
        return {"m": np.zeros_like(W), "s": np.zeros_like(W)}

    def update(self, W: Floats, dW: Floats, state: State) -> None:
        m, s = state["m"], state["s"]
        m *= self.beta1
        m += (1 - self.beta1) * dW
        s *= self.beta2
        s += (1 - self.beta2) * dW**2
        if self.weight_decay:
            W *= 1 - self.rate * self.weight_decay
        step = self.rate / (1 - self.beta1**self.steps)
        spread = np.sqrt(s)
        spread *= (1 - self.beta2**self.steps) ** -0.5
        spread += self.eps
        W -= step * m / spread


def _shrinking(gradients: Sequence[Floats], most: float) -> float:
    """Return the factor, at most 1, after which the norm of all gradients is at most `most`."""
    wide = (dW.astype(float, copy=False) for dW in gradients)  # float32 squares overflow early
    norm = math.hypot(*(float(np.linalg.norm(dW)) for dW in wide))
    return most / norm if norm > most else 1.0
