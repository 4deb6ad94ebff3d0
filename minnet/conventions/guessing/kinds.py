"""What kind of layer a class is, by its name."""

from __future__ import annotations

import re

from minnet.gradcheck.under_test.spellings import LOSS_CLASS
from minnet.patterns import pattern

#: the first whose pattern is found in the lower-case class name
_KINDS = (
    ("loss", LOSS_CLASS),
    ("conv1d", r"(conv|pool|sample|dilat|pad)\w*1d"),
    ("pool", r"pool|upsample|downsample"),
    ("conv", r"conv"),
    ("images", r"(batch|group|instance|layer)_?norm\w*2d|spatial|flatten|(conv|dropout|pad)\w*2d"),
    ("norm", r"norm|^bn|^ln$"),
    ("reshape", r"reshape"),
    ("dropout", r"dropout"),
    ("embedding", r"embedding"),
    ("attention", r"attention|^mha$|^multi_?head|positional"),
    ("sequence", r"^time|^temporal|^(rnn|lstm|gru)(layer)?$"),
    ("cell", r"cell$|_step$"),
    (
        "activation",
        r"relu|sigmoid|tanh|softmax|gelu|silu|swish|elu|softplus|mish|identity|linear_?act|"
        r"activation|maxout|softsign|hard",
    ),
    ("dense", r"dense|linear|affine|fully|fc|matmul|layer|inner"),
)
#: what is not defined, or kept away from where it is not, at negative numbers
_OF_POSITIVE = pattern(r"(?<![a-z])(log|ln|lg|sqrt)(?![a-z])")
#: kinds with a window that slides
SLIDING = ("conv", "conv1d", "pool")
#: kinds that take images, or sequences, with channels
CHANNELLED = (*SLIDING, "images")
#: recurrent kinds
RECURRENT = ("cell", "sequence")

FEATURES_IN, FEATURES_OUT, CHANNELS_IN, CHANNELS_OUT, VOCABULARY = 5, 3, 2, 3, 6
#: of attention: so that neither the heads nor the features of one are 1
HEADS, WIDTH = 2, 6
#: how many groups of channels, and the longest sequence that there is room for
GROUPS, LENGTH = 2, 8


def is_of_positive(name: str) -> bool:
    """Return whether a function of this name is one of positive numbers.

    >>> is_of_positive("Log"), is_of_positive("sqrt_forward"), is_of_positive("LogSoftmax")
    (True, True, False)
    """
    return _OF_POSITIVE.search(name.lower()) is not None


def kind_of(name: str) -> str:
    """Return the kind of layer that a class name means, or "".

    >>> kind_of("Layer_Dense"), kind_of("MaxPool2d"), kind_of("BatchNorm1d"), kind_of("Widget")
    ('dense', 'pool', 'norm', '')
    """
    low = re.sub(r"^layer_|^activation_(?=\w)", "", name.lower())
    return next((kind for kind, pattern in _KINDS if re.search(pattern, low)), "")
