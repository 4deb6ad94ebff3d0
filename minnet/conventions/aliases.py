"""Classes of tutorials that call the two passes something longer."""

from __future__ import annotations

from types import ModuleType

#: what forward and backward are also called
OTHER_NAMES = (
    ("forward_propagation", "backward_propagation"),
    ("forward_propagate", "backward_propagate"),
    ("forward_pass", "backward_pass"),
    ("forward_prop", "backward_prop"),
    ("feed_forward", "back_propagate"),
    ("feedforward", "backpropagate"),
    ("fprop", "bprop"),
)


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
        for forward, backward in OTHER_NAMES:
            if hasattr(cls, forward) and hasattr(cls, backward):
                cls.forward = getattr(cls, forward)  # type: ignore[attr-defined]
                cls.backward = getattr(cls, backward)  # type: ignore[attr-defined]
                break
