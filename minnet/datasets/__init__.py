"""Data to learn from: embedded digits and names, files on disk, and generated regression data."""

from minnet.datasets.characters import Characters
from minnet.datasets.digits import load_digits
from minnet.datasets.linear import linear_data
from minnet.datasets.mnist import load_mnist
from minnet.datasets.names import load_names
from minnet.datasets.text import load_text

__all__ = ["Characters", "linear_data", "load_digits", "load_mnist", "load_names", "load_text"]
