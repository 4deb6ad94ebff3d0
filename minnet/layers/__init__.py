"""Layers with hand-written backward passes, one idea a file."""

from minnet.layers.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from minnet.layers.attention import Attention, MultiHeadAttention
from minnet.layers.base import Layer
from minnet.layers.containers import Residual, Sequential
from minnet.layers.conv import Conv2D
from minnet.layers.conv1d import Conv1D
from minnet.layers.dense import Dense
from minnet.layers.dropout import Dropout
from minnet.layers.embedding import Embedding, Tied
from minnet.layers.group_norm import GroupNorm
from minnet.layers.gru import GRU
from minnet.layers.lstm import LSTM
from minnet.layers.normalization import BatchNorm, LayerNorm
from minnet.layers.pooling import AvgPool2D, MaxPool2D
from minnet.layers.positional import PositionalEncoding
from minnet.layers.reshape import Flatten
from minnet.layers.rms_norm import RMSNorm
from minnet.layers.rnn import RNN
from minnet.layers.smooth import ELU, GELU, SiLU, Softplus
from minnet.layers.transformer import TransformerBlock
from minnet.layers.upsampling import ConvTranspose2D, Upsample2D

__all__ = [
    "AvgPool2D",
    "Attention",
    "BatchNorm",
    "Conv1D",
    "Conv2D",
    "ConvTranspose2D",
    "Dense",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GRU",
    "GroupNorm",
    "LSTM",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool2D",
    "MultiHeadAttention",
    "PositionalEncoding",
    "RMSNorm",
    "RNN",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "Tied",
    "TransformerBlock",
    "Upsample2D",
]
