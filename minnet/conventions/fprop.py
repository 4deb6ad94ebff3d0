"""Classes with ``fprop(x)`` and ``bprop(dout)``, as the libraries built on Theano named them.

Parameters are attributes or in ``self.params``, their gradients in ``self.grads``.
"""

from __future__ import annotations

from minnet.conventions.convention import Convention
from minnet.gradcheck.under_test.passes import passes_of


def is_class(cls: type) -> bool:
    """Return whether the passes of a class are called so."""
    passes = passes_of(cls)
    return passes is not None and passes.course == "fprop"


CONVENTION = Convention("fprop", is_class=is_class)
