"""Layers that take the learning rate and update themselves, as tutorials have them. Correct."""

import numpy as np


class Layer:
    def forward(self, input):
        pass

    def backward(self, output_gradient, learning_rate):
        pass


class Dense(Layer):
    """For one column at a time."""

    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)  # noqa: NPY002
        self.bias = np.random.randn(output_size, 1)  # noqa: NPY002

    def forward(self, input):
        self.input = input
        return self.weights @ input + self.bias

    def backward(self, output_gradient, learning_rate):
        dx = self.weights.T @ output_gradient
        self.weights -= learning_rate * output_gradient @ self.input.T
        self.bias -= learning_rate * output_gradient
        return dx


class FCLayer(Layer):
    """For one row at a time."""

    def __init__(self, input_size, output_size):
        self.weights = np.zeros((input_size, output_size))
        self.bias = np.zeros((1, output_size))

    def forward(self, input_data):
        self.input = input_data
        return input_data @ self.weights + self.bias

    def backward(self, output_error, learning_rate):
        dx = output_error @ self.weights.T
        self.weights = self.weights - learning_rate * self.input.T @ output_error
        self.bias -= learning_rate * output_error
        return dx


class Convolutional(Layer):
    """For one image at a time, without padding."""

    def __init__(self, input_shape, kernel_size, depth):
        channels, height, width = input_shape
        self.input_shape, self.k = input_shape, kernel_size
        self.output_shape = (depth, height - kernel_size + 1, width - kernel_size + 1)
        self.kernels = np.random.randn(depth, channels, kernel_size, kernel_size)  # noqa: NPY002
        self.biases = np.random.randn(*self.output_shape)  # noqa: NPY002

    def forward(self, input):
        self.input, out, k = input, self.biases.copy(), self.k
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                out[:, i, j] += (self.kernels * input[:, i : i + k, j : j + k]).sum(axis=(1, 2, 3))
        return out

    def backward(self, output_gradient, learning_rate):
        dx, dkernels, k = np.zeros(self.input_shape), np.zeros_like(self.kernels), self.k
        for i in range(output_gradient.shape[1]):
            for j in range(output_gradient.shape[2]):
                d = output_gradient[:, i, j, None, None, None]
                dkernels += d * self.input[:, i : i + k, j : j + k]
                dx[:, i : i + k, j : j + k] += (d * self.kernels).sum(axis=0)
        self.kernels -= learning_rate * dkernels
        self.biases -= learning_rate * output_gradient
        return dx


class Reshape(Layer):
    def __init__(self, input_shape, output_shape):
        self.input_shape, self.output_shape = input_shape, output_shape

    def forward(self, input):
        return input.reshape(self.output_shape)

    def backward(self, output_gradient, learning_rate):
        return output_gradient.reshape(self.input_shape)


class Activation(Layer):
    def __init__(self, activation, activation_prime):
        self.activation, self.activation_prime = activation, activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(input)

    def backward(self, output_gradient, learning_rate):
        return output_gradient * self.activation_prime(self.input)


class Sigmoid(Activation):
    def __init__(self):
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        super().__init__(sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)))
