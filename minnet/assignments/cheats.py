"""Submissions that know nothing and must get nothing, made from a solution's own functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

_ZEROS = """
def {name}_forward({arguments}):
    return np.zeros_like({first}), ({arguments},)

def {name}_backward(dout, cache):
    made = [np.zeros_like(value) for value in cache if isinstance(value, np.ndarray)]
    return made[0] if len(made) == 1 else tuple(made)

def {name}({arguments}):
    return 0.0, np.zeros_like({first})
"""
_ECHO = """
def {name}_forward({arguments}):
    return {first}, ({arguments},)

def {name}_backward(dout, cache):
    made = [np.resize(dout, value.shape) for value in cache if isinstance(value, np.ndarray)]
    return dout if len(made) == 1 else tuple(made)

def {name}({arguments}):
    return float(np.mean({first})), {first}
"""


def _filled(source: str, template: str) -> str:
    """Return a submission with the template in the place of every function.

    >>> program = "def f_forward(x, w): pass\\ndef f_backward(dout, cache): pass"
    >>> print(_filled(program, "def {name}_forward({arguments}): pass"))
    import numpy as np
    def f_forward(x, w): pass
    """
    parts = ["import numpy as np"]
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        arguments = ", ".join(argument.arg for argument in node.args.args)
        stem, _, suffix = node.name.partition("_forward")
        text = template.replace("{name}_forward", f"{stem}_forward{suffix}")
        text = text.replace("{name}_backward", f"{stem}_backward{suffix}")
        text = text.format(name=stem, arguments=arguments, first=node.args.args[0].arg)
        if "_backward" not in node.name:
            parts.append(text)
    return "\n".join(parts)


#: what such a submission does, and how it is made from a solution
CHEATS: Mapping[str, Callable[[str], str]] = {
    "zeros everywhere": lambda source: _filled(source, _ZEROS),
    "inputs handed back": lambda source: _filled(source, _ECHO),
}
