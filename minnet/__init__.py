"""minnet: neural networks from scratch, and a checker for backward passes.

Layers, losses, optimizers and `fit` are here; so are the checker's functions, which are
imported only when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minnet.layers import *  # noqa: F403
from minnet.layers import __all__ as _layers
from minnet.losses import MSE, BinaryCrossEntropy, HalfSquaredError, Hinge, SoftmaxCrossEntropy

if TYPE_CHECKING:
    from minnet.conventions import check as check
    from minnet.gradcheck.checks import check_cases as check_cases
    from minnet.gradcheck.checks import check_functions as check_functions
    from minnet.gradcheck.checks import check_gradient as check_gradient
    from minnet.gradcheck.checks import check_layer as check_layer
    from minnet.gradcheck.checks import check_loss as check_loss
    from minnet.gradcheck.checks import check_model as check_model
    from minnet.gradcheck.report import Report as Report

__version__ = "0.1.0"

_CHECKER = {
    "check": "minnet.conventions",
    "check_cases": "minnet.gradcheck.checks",
    "check_functions": "minnet.gradcheck.checks",
    "check_gradient": "minnet.gradcheck.checks",
    "check_layer": "minnet.gradcheck.checks",
    "check_loss": "minnet.gradcheck.checks",
    "check_model": "minnet.gradcheck.checks",
    "Report": "minnet.gradcheck.report",
}

__all__ = [
    *_layers,
    *_CHECKER,
    "BinaryCrossEntropy",
    "HalfSquaredError",
    "Hinge",
    "MSE",
    "SoftmaxCrossEntropy",
]


def __getattr__(name: str) -> Any:
    """Import the checker when it is first asked for."""
    if name in _CHECKER:
        return getattr(import_module(_CHECKER[name]), name)
    raise AttributeError(f"module 'minnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_CHECKER})
