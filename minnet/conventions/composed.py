"""Layers made of layers: ``affine_layernorm_relu`` is what its words say.

Students write such pairs for their networks, and no two call them the same. Each argument belongs
to the part that wants one of its name, so that their order is the author's. That of the parts is
mostly that of the words, but nobody promised it: what the code does in another order is right.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minnet.conventions.references.activations import STAGES
from minnet.conventions.references.convolution import conv_param, max_pool, pool_param
from minnet.conventions.references.dense import affine
from minnet.conventions.references.normalization import bn_param, ln_param
from minnet.conventions.references.reading import Readings, Reference, Stage, chain, of_arguments
from minnet.conventions.samples import Rng, Sample, Samples, normal, scale_and_shift
from minnet.records import NamedTuple

Shape = tuple[int, ...]


class Part(NamedTuple):
    """One layer of several: what it is called, what it takes beside x, what it is compared with."""

    says: str
    against: str
    takes: tuple[str, ...] = ()
    stage: Stage | None = None


_AFFINE = Part("affine layer", "minnet.Dense", ("w", "b"), affine)
_CONV = Part("convolution", "minnet.Conv2D", ("w", "b", "conv_param"), conv_param)
_BATCH = Part("normalisation", "minnet.BatchNorm", ("gamma", "beta", "bn_param"), bn_param)
_LAYER = Part("normalisation", "minnet.LayerNorm", ("gamma", "beta", "ln_param"), ln_param)
_POOL = Part("pooling", "minnet.MaxPool2D", ("pool_param",), pool_param(max_pool))
_DROPOUT = Part("dropout", "minnet.Dropout", ("dropout_param",))

#: the words of a name, without the underscores in them
_PARTS: dict[str, Part] = {
    **dict.fromkeys(("affine", "fc", "linear", "dense", "fullyconnected"), _AFFINE),
    **dict.fromkeys(("conv", "conv2d", "convolution"), _CONV),
    **dict.fromkeys(("bn", "batchnorm", "norm", "spatialbatchnorm", "spatialbn", "sbn"), _BATCH),
    **dict.fromkeys(("ln", "layernorm"), _LAYER),
    **dict.fromkeys(("pool", "maxpool"), _POOL),
    **dict.fromkeys(("dropout", "drop"), _DROPOUT),
    **{
        word.replace("_", ""): Part(name, f"minnet.{name}", (), stage)
        for word, (name, stage) in STAGES.items()
    },
    **{word: Part(word, word) for word in ("selu", "sin", "cos", "exp", "relu6", "mish")},
}
_MOST_WORDS = 3
#: what an argument is, by its name; the settings of a layer go by what stands before "param"
_ARGUMENTS = (
    (r"[wW]|[wW]eights?", ("w",)),
    (r"b|bias(es)?", ("b",)),
    (r"g|gamma|scale", ("gamma",)),
    (r"beta|shift", ("beta",)),
    (r"(bn|norm|batch_?norm|ln|layer_?norm|gn)_?(params?|config)", ("bn_param", "ln_param")),
    (r"conv_?params?", ("conv_param",)),
    (r"pool_?params?", ("pool_param",)),
    (r"(do|drop|dropout)_?params?", ("dropout_param",)),
    (r"params?|config", ("bn_param", "ln_param", "conv_param", "pool_param", "dropout_param")),
    (r"norm(alization)?(_type|_mode)?", ("kind",)),
)
#: x, and how many outputs the affine layer has or filters the convolution
_ROWS = (((5, 4), 3), ((6, 3), 4))
_ROWS_AND_MORE = (((4, 5), 3), ((3, 2, 4), 5), ((2, 3, 2, 2), 4), ((1, 6), 2))
_IMAGES = (((2, 3, 4, 6), 2), ((1, 2, 6, 4), 3), ((2, 2, 6, 4), 2))


class Composed(NamedTuple):
    """A pair of functions that is several layers, and which argument each of theirs is.

    Examples
    --------
    >>> made = composed("affine_ln_relu", ["x", "w", "b", "gamma", "beta", "settings"])
    >>> [part.says for part in made.parts], made.arguments
    (['affine layer', 'normalisation', 'ReLU'], ('w', 'b', 'gamma', 'beta', 'ln_param'))
    >>> composed("affine_and_more", ["x", "w", "b"]) is None
    True
    """

    parts: tuple[Part, ...]
    arguments: tuple[str, ...]

    def choices(self) -> tuple[Samples, ...]:
        """Return the samples for every order of its parts, that of its name first."""
        orders = itertools.permutations(self.parts)
        return tuple(self._replace(parts=parts).samples for parts in orders)

    def samples(self, rng: Rng) -> Iterator[Sample]:
        """Yield arguments, the most ordinary first."""
        is_normal = any("gamma" in part.takes for part in self.parts)
        shapes = _IMAGES if _CONV in self.parts else _ROWS if is_normal else _ROWS_AND_MORE
        for index, (shape, width) in enumerate(shapes):
            drawn = self._drawn(rng, shape, width, {"eps": 0.3} if index else {})
            yield Sample((normal(rng, *shape), *(drawn[name] for name in self.arguments)))

    def _drawn(self, rng: Rng, shape: Shape, width: int, norm: dict[str, Any]) -> dict[str, Any]:
        drawn: dict[str, Any] = {}
        for part in self.parts:
            if part is _AFFINE:
                D, shape = int(np.prod(shape[1:])), (shape[0], width)
                drawn |= {"w": normal(rng, D, width), "b": normal(rng, width)}
            elif part is _CONV:
                C, shape = shape[1], (shape[0], width, *shape[2:])
                drawn |= {"w": normal(rng, width, C, 3, 3), "b": normal(rng, width)}
                drawn["conv_param"] = {"stride": 1, "pad": 1}
            elif part in (_BATCH, _LAYER):
                drawn["gamma"], drawn["beta"] = scale_and_shift(rng, shape[1])
                drawn |= {"bn_param": {"mode": "train"} | norm, "ln_param": dict(norm)}
                drawn["kind"] = "batchnorm" if part is _BATCH else "layernorm"
            elif part is _POOL:
                shape = (*shape[:2], *(side // 2 for side in shape[2:]))
                drawn["pool_param"] = {"pool_height": 2, "pool_width": 2, "stride": 2}
            elif part is _DROPOUT:
                seed = int(rng.integers(1000))
                drawn["dropout_param"] = {"p": 0.7, "mode": "train", "seed": seed}
        return drawn

    @property
    def references(self) -> tuple[Reference, ...]:
        """What forward is compared with; nothing where a part of it has no reference."""
        if any(part.stage is None for part in self.parts):
            return ()
        *front, last = (part.against for part in self.parts)
        return (of_arguments(f"{', '.join(front)} and {last}", self._readings),)

    def _readings(self, x: Any, *given: Any) -> Readings:
        by_name = dict(zip(self.arguments, given, strict=True))
        steps = [(p.says, p.stage, *(by_name[name] for name in p.takes)) for p in self.parts]
        for order in itertools.permutations(steps):
            yield next(chain(x, *order))
        yield from chain(x, *steps)


def composed(stem: str, names: Sequence[str]) -> Composed | None:
    """Return what ``stem_forward`` is made of, with parameters of these names.

    None where a word of it is no layer, or not every parameter is one of theirs.
    """
    parts = _parts_of(stem)
    wanted = [name for part in parts for name in part.takes]
    if len(parts) <= 1 or len(set(wanted)) < len(wanted):
        return None
    given = names[1:]
    found = [_argument(name, wanted) for name in given]
    if len(given) == len(wanted) and not set(wanted) <= set(found):
        found = list(wanted)  # they are called otherwise, and as many
    if set(found) - {"kind"} != set(wanted) or len(set(found)) < len(found):
        return None
    return Composed(tuple(parts), tuple(found))


def _parts_of(stem: str) -> list[Part]:
    words = stem.split("_")
    parts: list[Part] = []
    while words:
        sizes = range(min(_MOST_WORDS, len(words)), 0, -1)
        size = next((n for n in sizes if "".join(words[:n]) in _PARTS), 0)
        if not size:
            return []
        parts.append(_PARTS["".join(words[:size])])
        words = words[size:]
    return parts


def _argument(name: str, wanted: Sequence[str]) -> str:
    """Return which of the arguments that are wanted this is by its name, or ""."""
    matches = (among for pattern, among in _ARGUMENTS if re.fullmatch(pattern, name))
    among = next(matches, ())
    return next((one for one in among if one in wanted or one == "kind"), "")
