"""Code in files of their own, as a user has it."""

import importlib.util
import itertools
import textwrap

_numbers = itertools.count()


def module_of(folder, text):
    path = folder / f"code_{next(_numbers)}.py"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
