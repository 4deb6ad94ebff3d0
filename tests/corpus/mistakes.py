"""How the wrong corpus is written: which piece of correct code is replaced by what."""

from __future__ import annotations

from corpus.entries import Wrong, base_call

Change = tuple[str, str]


def mistake(
    name: str, base: str, change: Change | list[Change], *codes: str, warning: bool = False, **each
) -> Wrong:
    """Return the base with the change made.

    `codes` are the diagnoses that may come first; where gradients differ, keywords name them,
    and no other gradient may be called wrong: ``w="transpose", b=("scale", "one_sample")``.
    """
    changes = change if isinstance(change, list) else [change]
    table = {wrt: (c,) if isinstance(c, str) else tuple(c) for wrt, c in each.items()}
    if codes:
        table = {"*": codes}
    return Wrong(name, base_call(base, *changes), base_call(base), table, warning)
