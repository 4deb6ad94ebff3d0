# check: Recurrent pass
# check: RecurrentWrong fail
# check: Summed pass not_checked
# check: NotSummed fail
# check: Stepping pass convention
# check: Adding pass convention
# check: Boxed pass
# check: BoxedWrong fail scale
# check: RowCell pass
# check: AddingCell pass convention
"""Gradients that are kept, added up or divided elsewhere than in the layer with the weights."""

import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = 0.5 * np.random.randn(n_in, n_out)
        self._gradient_weights = None

    @property
    def gradient_weights(self):
        return self._gradient_weights

    def forward(self, x):
        self.x = x
        return x @ self.weights

    def backward(self, error):
        self._gradient_weights = self.x.T @ error
        return error @ self.weights.T


class Recurrent:
    """Runs its layers once for each row, and keeps the sums of their gradients itself."""

    def __init__(self, input_size, hidden_size, output_size):
        self.hidden_size = hidden_size
        self.fc_hidden = Dense(input_size + hidden_size, hidden_size)
        self.fc_output = Dense(hidden_size, output_size)

    @property
    def weights(self):
        return self.fc_hidden.weights

    @weights.setter
    def weights(self, weights):
        self.fc_hidden.weights = weights

    @property
    def gradient_weights(self):
        return self.sum_hidden

    def forward(self, x):
        hidden = np.zeros((1, self.hidden_size))
        self.inputs, self.hiddens, outputs = [], [], []
        for row in x:
            self.inputs.append(np.hstack([row[None], hidden]))
            hidden = np.tanh(self.fc_hidden.forward(self.inputs[-1]))
            self.hiddens.append(hidden)
            outputs.append(self.fc_output.forward(hidden))
        return np.vstack(outputs)

    def backward(self, error):
        self.sum_hidden = np.zeros_like(self.fc_hidden.weights)
        self.gradient_weights_fc_output = np.zeros_like(self.fc_output.weights)
        later, d_inputs = 0, []
        for row, inputs, hidden in zip(
            error[::-1], self.inputs[::-1], self.hiddens[::-1], strict=True
        ):
            self.fc_output.x, self.fc_hidden.x = hidden, inputs
            d_hidden = self.fc_output.backward(row[None]) + later
            self.gradient_weights_fc_output += self.fc_output.gradient_weights
            d_both = self.fc_hidden.backward(self.slope(hidden) * d_hidden)
            self.sum_hidden += self.fc_hidden.gradient_weights
            split = d_both.shape[1] - self.hidden_size
            d_inputs.append(d_both[:, :split])
            later = d_both[:, split:]
        return np.vstack(d_inputs[::-1])

    def slope(self, hidden):
        return 1 - hidden**2


class RecurrentWrong(Recurrent):
    def slope(self, hidden):
        return 1 - hidden


class Summed:
    """Runs its layer at each row, and keeps the sum of the gradients for its optimizer alone."""

    def __init__(self, n_in, n_out):
        self.fc, self.optimizer = Dense(n_in, n_out), None

    def forward(self, x):
        self.rows = [row[None] for row in x]
        return np.vstack([self.fc.forward(row) for row in self.rows])

    def backward(self, error):
        total, d_rows = 0, []
        for row, one in zip(self.rows, error, strict=True):
            self.fc.x = row
            d_rows.append(self.fc.backward(one[None]))
            total = total + self.fc.gradient_weights
        if self.optimizer is not None:
            self.fc.weights = self.optimizer.update(self.fc.weights, total)
        return np.vstack(d_rows)


class NotSummed(Summed):
    """Leaves the gradient of the last row in its layer."""

    def backward(self, error):
        d_rows = []
        for row, one in zip(self.rows, error, strict=True):
            self.fc.x = row
            d_rows.append(self.fc.backward(one[None]))
        return np.vstack(d_rows)


class Stepping:
    """Takes its step with the mean over the batch."""

    def __init__(self, n_in, n_out):
        self.weights = 0.5 * np.random.randn(n_in, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weights

    def backward(self, grad, learning_rate):
        d_x = grad @ self.weights.T
        self.weights -= learning_rate * (self.x.T @ grad) / len(self.x)
        return d_x


class Adding:
    """Adds up its gradient, and begins anew where it takes its step."""

    def __init__(self, n_in, n_out):
        self.weights = 0.5 * np.random.randn(n_in, n_out)
        self.grad_weights = 0

    def forward(self, x):
        self.x = x
        return x @ self.weights

    def backward(self, grad):
        self.grad_weights += self.x.T @ grad
        return grad @ self.weights.T

    def take_step(self, rate):
        self.weights -= rate * self.grad_weights
        self.grad_weights = 0


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Module:
    """Finds its parameters by ``__getattr__``, which asks a copy that is empty yet for its name."""

    def __init__(self, name):
        self.name = name
        self._parameters = {}

    def add_parameter(self, name, parameter):
        self._parameters[name] = parameter

    def __getattr__(self, name):
        if "_parameters" in self.__dict__ and name in self._parameters:
            return self._parameters[name]
        raise AttributeError(f"{self.name} has no {name}")


class Boxed(Module):
    def __init__(self, name, n_in, n_out):
        super().__init__(name)
        self.add_parameter("weight", Parameter(0.5 * np.random.randn(n_in, n_out)))

    def forward(self, x):
        self.x = x
        return x @ self.weight.data

    def backward(self, grad):
        self.weight.grad = self.x.T @ grad
        return grad @ self.weight.data.T


class BoxedWrong(Boxed):
    def backward(self, grad):
        self.weight.grad = 3 * self.x.T @ grad
        return grad @ self.weight.data.T


class RowCell:
    """A cell for one sample, whose gradients are rows, those of its bias too."""

    def __init__(self, input_size, hidden_size):
        self.W = 0.5 * np.random.randn(hidden_size, input_size)
        self.b = np.random.randn(hidden_size)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x):
        assert x.ndim == 1
        self.x, self.h = x, np.tanh(self.W @ x + self.b)
        return self.h

    def backward(self, delta):
        d_sum = (delta * (1 - self.h**2)).reshape(1, -1)
        self.dW, self.db = d_sum.T @ self.x.reshape(1, -1), d_sum
        return d_sum @ self.W


class AddingCell(RowCell):
    """One step of a sequence: the gradients of the steps add up."""

    def backward(self, delta):
        d_sum = (delta * (1 - self.h**2)).reshape(1, -1)
        self.dW += d_sum.T @ self.x.reshape(1, -1)
        self.db += d_sum[0]
        return d_sum @ self.W
