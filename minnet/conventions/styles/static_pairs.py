"""Classes that only group two functions: static ``forward(x, w)`` and ``backward(dout, cache)``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from minnet.arrays import Array
from minnet.conventions.recognise import samples_of_pair
from minnet.conventions.samples import Rng, number_of_arguments
from minnet.conventions.styles.style import Styled, Way
from minnet.conventions.tensors import on_arrays
from minnet.gradcheck.under_test.returned import split_cache
from minnet.gradcheck.under_test.signatures import signature_of, unwrapped
from minnet.gradcheck.under_test.spellings import CACHES
from minnet.records import replace


def find(namespace: Mapping[str, Any]) -> Iterator[Styled]:
    """Yield the classes of a name that is known whose two passes are static."""
    for name, cls in namespace.items():
        if inspect.isclass(cls) and (found := _styled(name, cls)) is not None:
            yield found


def _styled(name: str, cls: type) -> Styled | None:
    held = [inspect.getattr_static(cls, n, None) for n in ("forward", "backward")]
    known = samples_of_pair(_stem(name))
    if not known or not all(isinstance(function, staticmethod) for function in held):
        return None
    passes: Any = on_arrays(cls)
    wanted = signature_of(passes.backward).names
    takes = signature_of(passes.forward)
    accepted = [samples for samples in known if takes.accepts(number_of_arguments(samples))]
    if not accepted or not wanted[1:] or not {*wanted[1:]} <= {*CACHES}:
        return None

    def forward(*values: Any) -> tuple[tuple[Any, ...], Any]:
        return split_cache(passes.forward(*values))

    def backward(upstream: tuple[Array, ...], cache: Any) -> Any:
        return passes.backward(*upstream, cache)

    def ways(rng: Rng) -> Iterator[Way]:
        for samples in accepted:
            rows = [replace(s, optional=s.optional or s.is_flattened) for s in samples(rng)]
            yield Way(forward, backward, tuple(rows))

    return Styled(
        name,
        "cs231n",
        {"forward": unwrapped(passes.forward), "backward": unwrapped(passes.backward)},
        signature_of(passes.forward).argument_names,
        ways,
        (name,),
        sure=True,
        in_tensors=passes is not cls,
    )


def _stem(name: str) -> str:
    """Return what a function of this class would be called.

    >>> _stem("Linear_ReLU"), _stem("SpatialBatchNorm"), _stem("FastConv"), _stem("MaxPool")
    ('affine_relu', 'spatial_batchnorm', 'conv', 'max_pool')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("ReLU", "Relu").lower()
    for said, meant in (("re_lu", "relu"), ("linear", "affine"), ("fast_", ""), ("_norm", "norm")):
        words = words.replace(said, meant)
    return words
