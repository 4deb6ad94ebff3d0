"""Layers with hand-written backward passes, one idea a file."""

from minnet.layers.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from minnet.layers.base import Layer
from minnet.layers.containers import Residual, Sequential
from minnet.layers.conv import Conv2D
from minnet.layers.dense import Dense
from minnet.layers.dropout import Dropout
from minnet.layers.normalization import BatchNorm, LayerNorm
from minnet.layers.pooling import AvgPool2D, MaxPool2D
from minnet.layers.reshape import Flatten

__all__ = [
    "AvgPool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool2D",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
