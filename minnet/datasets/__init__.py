"""Data to learn from: embedded digits, files on disk, and generated regression data."""

from minnet.datasets.digits import load_digits
from minnet.datasets.linear import linear_data
from minnet.datasets.mnist import load_mnist

__all__ = ["linear_data", "load_digits", "load_mnist"]
