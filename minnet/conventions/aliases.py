"""Classes of tutorials that call the two passes something longer."""

from __future__ import annotations

from types import ModuleType

from minnet.gradcheck.under_test.spellings import LAYER_PASSES


def give_usual_names(module: ModuleType) -> None:
    """Let the classes of `module` that call their passes otherwise answer to the usual names.

    >>> module = ModuleType("tutorial")
    >>> exec("class Dense:\\n def forward_pass(self, x): pass\\n def backward_pass(self, d): pass",
    ...      vars(module))
    >>> give_usual_names(module)
    >>> module.Dense.backward is module.Dense.backward_pass
    True
    """
    classes = [thing for thing in vars(module).values() if isinstance(thing, type)]
    unusual = [cls for cls in classes if not hasattr(cls, "backward")]
    for cls in unusual:
        for names in LAYER_PASSES[2:]:  # the usual names may be those just given to a base
            if hasattr(cls, names.forward) and hasattr(cls, names.backward):
                cls.forward = getattr(cls, names.forward)  # type: ignore[attr-defined]
                cls.backward = getattr(cls, names.backward)  # type: ignore[attr-defined]
                break
