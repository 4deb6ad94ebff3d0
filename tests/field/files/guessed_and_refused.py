# check: NeedsNode pass
# check: Called pass
# check: NeedsModel skipped
# check: Torchy skipped
# check: NeedsThings skipped
# check: ListLoss skipped
# check: Layer skipped
# check: Module skipped
# check: Thing skipped
# check: Shape skipped
# check: Todo not_implemented
# check: Typo error crash
# check: ReLU error crash
# check: Private error crash
"""What minnet makes up is refused, or never meant to run: that is nobody's mistake."""

from abc import ABC, abstractmethod
from typing import Protocol


class NeedsNode:
    def __init__(self, inputs):
        inputs.append(self)

    def forward(self, x):
        return x

    def backward(self, d):
        return d


class Called:
    def __call__(self, x):
        self.inputs = x
        return self.forward(x)

    def forward(self, x):
        return x**2

    def backward(self, gy):
        return 2 * self.inputs * gy


class NeedsModel:
    def __init__(self, model=None):
        self.model = model

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, gy):
        return self.model.backward(2 * self.x * gy)


class Torchy:
    def forward(self, x):
        return x.on_device().relu()

    def backward(self, d):
        return d.relu()


class NeedsThings:
    def forward(self, x):
        return x["a"].b

    def backward(self, d):
        return d


class ListLoss:
    def forward(self, y_pred, y_true):
        return {"a": 2}

    def backward(self):
        return None


class Layer:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, d):
        raise NotImplementedError


class Module:
    def forward(self, x):
        raise NotImplemented

    def backward(self, d):
        raise NotImplemented


class Thing(ABC):
    @abstractmethod
    def forward(self, x): ...
    @abstractmethod
    def backward(self, d): ...


class Shape(Protocol):
    def forward(self, x): ...
    def backward(self, d): ...


class Todo:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, d):
        raise NotImplementedError


class Typo:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, d):
        return 2 * self.xs * d


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, d):
        return d @ self.mask


class Private:
    """What makes the attribute has been called: that it asks for it first is a mistake."""

    def forward(self, x):
        return self._forward(x)

    def _forward(self, x):
        if self.mean is None:
            self.mean = 0.0
        return x - self.mean

    def backward(self, d):
        return d
