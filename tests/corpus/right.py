"""The corpus of correct code."""

from corpus import (
    right_functions,
    right_hardest,
    right_kinks,
    right_numbers,
    right_shapes,
    right_state,
)
from corpus.bases import BASES
from corpus.entries import Right, base_call

#: bases whose sweep of the whole file is the same as another's
SAME_SWEEP = {
    "conv_file_stride_2",
    "conv_file_pad_0",
    "conv_file_batch_1",
    "max_pool_file_negative",
    "mytorch_linear_class_batch_1",
}

RIGHT = [
    *(Right(f"base_{name}", base_call(name)) for name in BASES if name not in SAME_SWEEP),
    *right_kinks.right,
    *right_numbers.right,
    *right_functions.right,
    *right_state.right,
    *right_shapes.right,
    *right_hardest.right,
]
