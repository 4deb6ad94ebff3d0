"""All rules by which an expression is edited, the commonest mistakes first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from minnet.gradcheck.cure import array_edits, echoes, edits
from minnet.gradcheck.cure.scope import Scope
from minnet.gradcheck.cure.tree import Place

#: a place, what is at hand there -> what may stand there instead
Rule = Callable[[Place, Scope], Iterator[ast.expr]]

#: in the order in which they are tried
RULES: tuple[tuple[str, Rule], ...] = (
    ("own", array_edits.own),
    ("sign", edits.sign),
    ("operator", edits.operator),
    ("unused", edits.unused),
    ("forward", echoes.forward),
    ("transpose", array_edits.transpose),
    ("letters", array_edits.letters),
    ("number", edits.number),
    ("function", edits.function),
    ("axis", array_edits.axis),
    ("epsilon", edits.epsilon),
    ("drop", edits.drop),
    ("regroup", edits.regroup),
    ("name", edits.name),
    ("index", array_edits.index),
    ("backwards", array_edits.backwards),
    ("layout", array_edits.layout),
    ("scale", edits.scale),
    ("factor", edits.factor),
    ("invert", array_edits.invert),
    ("reduce", array_edits.reduce),
    ("another", edits.another),
    ("term", edits.term),
    ("power", edits.power),
    ("wrap", edits.wrap),
    ("slope", edits.slope),
    ("reshape", array_edits.reshape),
)
