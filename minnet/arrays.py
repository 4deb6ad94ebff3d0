"""The names for arrays in signatures."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: an array of any dtype: what code under test may hand over, or get
Array: TypeAlias = NDArray[Any]
#: an array of floating-point numbers: what layers take and give
Floats: TypeAlias = NDArray[np.floating[Any]]
