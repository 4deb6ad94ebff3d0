"""The classes of CMU's 11-785, mytorch: ``backward(dLdZ)`` returns ``dLdA`` and sets ``dLdW``.

``Linear(in_features, out_features)`` has W (out, in) and b (out, 1); an activation's backward
may take no argument and return the local derivative. Losses take scores. In some years the
layers divide by the batch size, in others the losses do.
"""

from __future__ import annotations

from minnet.conventions.convention import Convention
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.signatures import method_signature

_GRADIENTS = ("dLd", "dAdZ")


def is_class(cls: type) -> bool:
    """Return whether the backward of a class takes or uses names such as dLdZ.

    >>> class Identity:
    ...     def forward(self, Z): ...
    ...     def backward(self, dLdA): ...
    >>> is_class(Identity)
    True
    """
    passes = passes_of(cls)
    if passes is None:
        return False
    used = getattr(getattr(getattr(cls, passes.backward), "__code__", None), "co_names", ())
    names = (*method_signature(cls, passes.backward).names, *used)
    return any(name.startswith(_GRADIENTS) for name in names)


CONVENTION = Convention("mytorch", is_class=is_class, losses_take_scores=True, layers_divide=True)
