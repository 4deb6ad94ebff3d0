"""Whose fault it is that code raises: its author's, or that of what is not here, or minnet's guess.

An exception is the author's where the code was given what it is meant for. What was guessed may
be wrong: forward then refuses it, or an object was not made as its author makes it.
"""

from __future__ import annotations

import ast
import inspect
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minnet.conventions.shims import AbsentBase, Missing
from minnet.gradcheck.case import CodeError, message_of
from minnet.gradcheck.under_test.calling import AdaptedCase
from minnet.gradcheck.under_test.crash import locate
from minnet.gradcheck.under_test.passes import passes_of
from minnet.gradcheck.under_test.reach import is_users
from minnet.gradcheck.under_test.remedies import misspelt
from minnet.gradcheck.under_test.signatures import signature_of
from minnet.gradcheck.under_test.source import tree_of
from minnet.gradcheck.under_test.spellings import is_certain_target
from minnet.gradcheck.under_test.unwritten import waits_to_be_written
from minnet.patterns import pattern

#: what code raises that was given something else than it expects
ABOUT_ARGUMENTS = (ValueError, TypeError, IndexError, KeyError, AssertionError)
#: where one function of somebody calls another with too few or too many arguments
_WRONG_CALL = ("required positional argument", "positional arguments but", "keyword argument")
#: methods of such names are passes, or come after one
_COMES_LATER = pattern("back_?prop|backward|propagate|adjust|(^|_)(update|train|fit|step)(_|$)")
#: what minnet makes up
_DATA = (np.ndarray, np.generic, memoryview, int, float, str, tuple)


def raised_by(case: AdaptedCase) -> CodeError | None:
    """Return what the two passes of a case raise, or None where they run."""
    try:
        case.run().backward_of_ones()
    except CodeError as error:
        return error
    return None


def excuse(case: AdaptedCase) -> str:
    """Return why an exception says nothing of the two passes, and what would help, or "".

    Something is not there: a module, a file, a base class; an attribute that another method
    makes, or that the constructor leaves empty; what another file leaves to be written. Or the
    code states itself which sizes it takes, and these are others.
    """
    error = raised_by(case)
    if error is None:
        return ""
    if waits_to_be_written(error.original):
        return _left_elsewhere(error.original, case)
    original, thing = error.original, case.thing
    return lacking(original, thing) or waits_for(original, thing) or _stated(original, case)


#: how the description of a case ends whose numbers have no more than single precision
_NARROW = ", float32"


def _stated(error: BaseException, case: AdaptedCase) -> str:
    """Return what code refuses by an assertion, in words, or "": sizes, or numbers of a format."""
    line, _ = locate(error)
    if not isinstance(error, AssertionError) or line is None:
        return ""
    given, narrow = case.description, case.description.endswith(_NARROW)
    if re.match(r"assert\b.*(%|\bint\(|is_integer)", line.text):
        given = given.removesuffix(_NARROW)
    elif not (narrow and re.match(r"assert\b.*(\bisinstance\(.*\bfloat\b|dtype)", line.text)):
        return ""
    return f"{given} is refused by {Path(line.file).name}, line {line.number}: {line.text}"


def _left_elsewhere(error: BaseException, case: AdaptedCase) -> str:
    """Return what the passes call that is still to be written in another file, in words, or ""."""
    _, frame = locate(error)
    if frame is None or not isinstance(error, NotImplementedError):
        return ""
    code, own = frame.f_code, [getattr(f, "__code__", frame.f_code) for f in case.code.values()]
    names, files = {c.co_name for c in own}, {c.co_filename for c in own}
    if code.co_name in names or code.co_filename in files:
        return ""  # or it is one of the passes that is left to be written
    return f"it calls {code.co_name}() of {Path(code.co_filename).name}, which is not implemented"


def refusal(case: AdaptedCase, about: tuple[type[Exception], ...] = ABOUT_ARGUMENTS) -> str:
    """Return in words what forward raises about the arguments that were guessed, or "".

    Of what has nothing to do with them, a name that is not there, nothing is said.
    """
    error = raised_by(case)
    if error is None or waits_to_be_written(error.original):
        return ""
    if _lacks_what_it_makes(error.original, case.thing):
        return ""
    if _is_raised_on_purpose(error.original) or _is_passed_on(error.original):
        return in_words(error.original)
    if error.stage == "backward" and not _is_attribute_of_data(error.original):
        return ""
    return in_words(error.original) if _is_about(error.original, about) else ""


def refused_arguments(error: BaseException, thing: type) -> str:
    """Return in words what a constructor raises about the arguments that were guessed, or ""."""
    if waits_to_be_written(error):
        return ""
    defaults = [p.default for p in signature_of(thing).named]
    about = (
        _is_about(error, ABOUT_ARGUMENTS)
        or _is_raised_on_purpose(error)
        or (isinstance(error, AttributeError) and any(error.obj is d for d in defaults))
    )
    unmet = lacking(error, thing) or _set_in_no_case(error, thing, "")
    return unmet or (in_words(error) if about else "")


def in_words(error: BaseException) -> str:
    """Return an exception in one line; what minnet itself cannot read is not quoted."""
    if locate(error)[0] is None and isinstance(error, TypeError) and "float()" in message_of(error):
        return "what it returns is neither an array nor a number"
    return f"{type(error).__name__}: {message_of(error)}".partition("\n")[0]


def lacking(error: BaseException, thing: Any = None) -> str:
    """Return what the code lacks that raised an exception, and what would help, or "".

    >>> lacking(ModuleNotFoundError("No module named 'scipy'", name="scipy"))
    'it needs scipy, which is not installed: install it for the Python that minnet runs in'
    """
    if isinstance(error, Missing):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"it needs {error.name}, which is not installed: install it for the Python that "
            "minnet runs in"
        )
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"it reads the file {error.filename}, which is not there"
    if isinstance(thing, AbsentBase) and isinstance(error, AttributeError | TypeError):
        return f"its base class is not there: {thing.minnet_why}"
    return ""


def waits_for(error: BaseException, thing: Any) -> str:
    """Return what has to be done with an object before its passes run, in words, or ""."""
    name = missing_attribute(error, thing)
    wanted_of = [(thing, wanted) for wanted in (name, *_behind(thing, name))]
    if isinstance(error, AttributeError) and is_users(type(error.obj)):
        wanted_of.append((error.obj, error.name or ""))  # a loss in it, perhaps
    for owner, wanted in wanted_of:
        if makers := [m for m in makers_of(type(owner), wanted) if m not in _running(error)]:
            return f"{makers[0]}() has to be called first: it makes {wanted}"
    if name in signature_of(type(thing)).names:
        return f"it needs {name}, which its constructor was not given"
    if given := _left_out(error, thing):
        return f"it needs {given}, which it was not given"
    if passes_of(thing) and "NoneType" in message_of(error) and (left := _empty_ones(type(thing))):
        return f"it may need {left}, which its constructor was not given"
    if isinstance(error, IndexError) and (empty := _empty_lists(thing)):
        return f"it was given nothing for {empty[0]}"
    return _set_in_no_case(error, thing, name)


def _set_in_no_case(error: BaseException, thing: Any, name: str) -> str:
    """Return what sets an attribute that is not there, and that it is in no case of those met."""
    if isinstance(error, AttributeError) and not isinstance(error.obj, _DATA):
        thing, name = error.obj, error.name or name  # a layer in it, perhaps
    passes = passes_of(thing)
    if name and passes and _if_at_all(thing, passes.forward, name):
        return f"{passes.forward} sets {name} only under a condition, which was not met"
    if name and _if_at_all(thing, "__init__", name):
        where = type(thing).__name__
        return f"the constructor of {where} sets {name} only under a condition, which was not met"
    return ""


def _empty_ones(cls: type) -> str:
    """Return the parameters of a constructor that are None by default."""
    return " or ".join(p.name for p in signature_of(cls).named if p.default is None)


def _lacks_what_it_makes(error: BaseException, thing: Any) -> bool:
    """Return whether an object asks for what the method that is running would make."""
    name = missing_attribute(error, thing)
    return not _running(error).isdisjoint(makers_of(type(thing), name))


def _running(error: BaseException) -> set[str]:
    """Return the names of the functions that an exception came through."""
    return {frame.name for frame in traceback.extract_tb(error.__traceback__)}


def _left_out(error: BaseException, thing: Any) -> str:
    """Return an argument, None by default, that a method was not given and a line needs, or ""."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    line, _ = locate(error)
    if line is None or "NoneType" not in message_of(error):
        return ""
    left = set[str]()
    for frame in frames:
        method = getattr(type(thing), frame.f_code.co_name, None)
        optional = {p.name for p in signature_of(method).named if p.default is None}
        empty = {name for name, value in frame.f_locals.items() if value is None}
        left |= {name for name in empty if name in optional or is_certain_target(name)}
    return next((name for name in re.findall(r"\w+", line.text) if name in left), "")


def missing_attribute(error: BaseException, thing: Any) -> str:
    """Return which attribute of an object an exception is raised for that is not there, or None."""
    if isinstance(error, AttributeError) and error.obj is thing:
        return error.name or ""
    line, _ = locate(error)
    if line is None or "NoneType" not in message_of(error):
        return ""
    used = re.findall(r"self\.(\w+)", line.text)
    return next((name for name in used if getattr(thing, name, 0) is None), "")


def _empty_lists(thing: Any) -> list[str]:
    """Return the attributes of an object that hold its parts, and hold none."""
    held = getattr(thing, "__dict__", {})
    return [
        n
        for n, v in held.items()
        if isinstance(v, list | tuple) and not v and re.search("layer|module|block", n)
    ]


def _behind(thing: Any, name: str) -> list[str]:
    """Return the attributes that are None and that a property of this name is read from."""
    held = inspect.getattr_static(type(thing), name, None) if name else None
    code = getattr(getattr(held, "fget", None), "__code__", None)
    return [n for n in code.co_names if getattr(thing, n, 0) is None] if code else []


def makers_of(cls: type, name: str) -> Iterator[str]:
    """Yield the methods of a class that set an attribute, but for its constructor and passes.

    One that calls such a method comes before it: it knows with what.
    """
    passes = passes_of(cls)
    own = {passes.forward, passes.backward} if passes else set[str]()
    own |= {m.name for m in _methods(cls) if m.name.startswith("__") and m.name.endswith("__")}
    later = [m for m in _methods(cls) if m.name in own or _COMES_LATER.search(m.name)]
    methods = [method for method in _methods(cls) if method.name not in {m.name for m in later}]
    makers = [method.name for method in methods if name in _stored(method)]
    callers = [method.name for method in methods if not _called_in(method).isdisjoint(makers)]
    yield from dict.fromkeys(callers + makers)


def _if_at_all(thing: Any, method: str, name: str) -> bool:
    """Return whether a method of an object sets an attribute, but under a condition alone."""
    body = next((m.body for m in _methods(type(thing)) if m.name == method), [])
    held = [node for node in body if name in _stored(node)]
    return bool(held) and all(isinstance(node, ast.If) for node in held)


def _stored(node: ast.AST) -> set[str]:
    """Return the attributes that are set somewhere in a piece of code."""
    found = (n for n in ast.walk(node) if isinstance(n, ast.Attribute))
    return {n.attr for n in found if isinstance(n.ctx, ast.Store)}


def _called_in(node: ast.AST) -> set[str]:
    """Return the names of the methods that are called somewhere in a piece of code."""
    calls = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
    return {called.attr for called in calls if isinstance(called, ast.Attribute)}


def _methods(cls: type) -> Iterator[ast.FunctionDef]:
    """Yield the methods of a class, its own before those of its bases."""
    for base in cls.__mro__[:-1]:
        tree = tree_of(base)
        body = tree.body[0].body if tree and isinstance(tree.body[0], ast.ClassDef) else []
        yield from (method for method in body if isinstance(method, ast.FunctionDef))


def _is_about(error: BaseException, about: tuple[type[Exception], ...]) -> bool:
    """Return whether an exception may be about arguments, and not about the code's own calls."""
    own_call = isinstance(error, TypeError) and locate(error)[0] is not None
    if own_call and any(words in message_of(error) for words in _WRONG_CALL):
        return False
    return isinstance(error, about) or _is_attribute_of_data(error)


def calls_its_own_wrongly(error: BaseException) -> bool:
    """Return whether the author's code calls a function of the author's as it cannot be called."""
    _, frame = locate(error)
    said = re.match(r"(\w+)\(\) (takes|missing|got an unexpected)", message_of(error))
    called = frame.f_globals.get(said[1]) if frame is not None and said else None
    return isinstance(error, TypeError) and inspect.isfunction(called) and is_users(called)


def _is_raised_on_purpose(error: BaseException) -> bool:
    """Return whether the author's code raises this itself: it has not got what it wants."""
    line, _ = locate(error)
    return line is not None and line.text.startswith("raise ")


def _is_passed_on(error: BaseException) -> bool:
    """Return whether what one function lacks or refuses is what another was given: ``*args``."""
    line, _ = locate(error)
    wrong_call = any(words in message_of(error) for words in _WRONG_CALL)
    return isinstance(error, TypeError) and wrong_call and line is not None and "(*" in line.text


def _is_attribute_of_data(error: BaseException) -> bool:
    """Return whether an array, or a number, is taken for something else: a dict, a tensor.

    A misspelt method of an array is none.
    """
    if not isinstance(error, AttributeError) or not isinstance(error.obj, _DATA):
        return False
    return not misspelt(error)
