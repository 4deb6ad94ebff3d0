"""The terms of a number combine to the number: every layer and loss, all examples, all arrays."""

import math
import os

import numpy as np
import pytest

from minnet.conventions.minnet_layers import own_subjects
from minnet.steps.choose import choose, own_names
from minnet.steps.run import passes_of
from minnet.steps.walk import Place, walk_of
from minnet.tracing.cells import Cell
from minnet.tracing.terms import terms_of

#: elements of each array that are looked at; MINNET_STEP_ELEMENTS=300 looks at all of most
ELEMENTS = int(os.environ.get("MINNET_STEP_ELEMENTS", "6"))
SUBJECTS = {subject.name: subject for subject in own_subjects()}
COMBINE = {"sum": sum, "product": math.prod, "maximum": max, "minimum": min}


def trace_of(case):
    outputs = case.run().outputs
    rng = np.random.default_rng(1)
    upstream = tuple(
        np.ones(o.shape) if case.is_loss else rng.normal(size=o.shape) for o in outputs
    )
    return passes_of(case, upstream, {"forward": ["out"]}).trace


def numbers_looked_at(trace, rng):
    for value in trace.values:
        if value.data.dtype.kind == "f":
            for flat in rng.permutation(value.data.size)[:ELEMENTS]:
                yield value, int(flat), terms_of(trace, value, int(flat))


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_terms_of_every_number_combine_to_it(name):
    rng, looked_at = np.random.default_rng(0), 0
    for case in SUBJECTS[name].build(np.random.default_rng(0)):
        trace = trace_of(case.in_double() or case)
        assert trace.lost == ""
        for value, flat, terms in numbers_looked_at(trace, rng):
            number = float(value.data.flat[flat])
            assert terms.of == value.at(flat) and terms.how != "unknown", terms.of
            if terms.how == "unset":
                assert math.isnan(number)
            elif terms.how == "given":
                assert not terms.terms
            else:
                parts = [term.value for term in terms.terms]
                # where numbers cancel inside a factor, what they are rounded to is what is left
                fed = [trace.values[n].data.flat[at] for t in terms.terms for n, at in t.feeds]
                size = max(
                    map(abs, [number, *parts, *fed] if terms.how == "sum" else [number, *fed])
                )
                found = COMBINE[terms.how](parts)
                assert abs(found - number) <= 1e-12 * size or found == number, terms
                looked_at += 1
    assert looked_at or name == "Flatten"  # which makes no new numbers


@pytest.mark.parametrize("name", ["Dense", "Conv2D", "LSTM", "BatchNorm", "Attention", "MaxPool2D"])
def test_every_term_is_made_of_the_elements_that_it_names(name):
    """Moving an element moves the number exactly if one of its terms is made of it."""
    walk = walk_of(choose(name))
    trace, rng = walk.trace, np.random.default_rng(0)
    for value, flat, terms in numbers_looked_at(trace, rng):
        fed = {feed for term in terms.terms for feed in term.feeds}
        for number, place in fed:
            source = trace.values[number]
            assert 0 <= place < source.data.size
            cell = source.cells.ravel()[place]
            assert isinstance(cell, Cell) and cell in _history(value.cells.ravel()[flat])
        for term in terms.terms:
            for number, place in term.feeds:
                source = trace.values[number]
                assert source.at(place) in term.symbols or "…" in term.symbols


class _history:
    """The numbers that a number was made of, by identity."""

    def __init__(self, cell):
        self.seen, waiting = set(), [cell]
        while waiting:
            one = waiting.pop()
            if id(one) not in self.seen:
                self.seen.add(id(one))
                waiting += [arg for arg in one.args if isinstance(arg, Cell)]

    def __contains__(self, cell):
        return id(cell) in self.seen


def test_a_pixel_under_four_windows_is_the_sum_of_four_terms():
    walk = walk_of(choose("conv"))
    assert walk.description.startswith("x (2,3,4,5)")
    terms = walk.terms(walk.place("dx[0,0,1,1]"))
    assert (terms.how, len(terms.terms)) == ("sum", 4)
    first = walk.trace.values[terms.terms[0].feeds[0][0]]
    deeper = walk.terms(Place(first, terms.terms[0].feeds[0][1]))
    assert {walk.trace.values[n].name for term in deeper.terms for n, _ in term.feeds} == {
        "W",
        "dout",
    }


def test_the_largest_of_a_window_is_shown_with_what_was_smaller():
    walk = walk_of(choose("maxpool"))
    terms = walk.terms(walk.place("out[0,0,0,0]"))
    assert terms.how == "maximum" and len(terms.terms) == 4
    assert {term.symbols for term in terms.terms} == {
        f"x[0,0,{i},{j}]" for i in (0, 1) for j in (0, 1)
    }


def test_batchnorm_has_three_paths_into_dx():
    walk = walk_of(choose("batchnorm"))
    terms = walk.terms(walk.place("dx[1,2]"))
    assert len(terms.terms) == 3
    paths = [term.symbols for term in terms.terms]
    assert "dout[1,2]" in paths[0] and "dbeta[2]" in paths[1] and "dgamma[2]" in paths[2]


def test_an_array_that_is_added_to_shows_all_that_was_added(tmp_path):
    file = tmp_path / "layers.py"
    file.write_text(
        "import numpy as np\n"
        "def affine_forward(x, w, b):\n"
        "    return x.reshape(len(x), -1) @ w + b, (x, w, b)\n"
        "def affine_backward(dout, cache):\n"
        "    x, w, b = cache\n"
        "    db = np.zeros_like(b)\n"
        "    for row in dout:\n"
        "        db += row\n"
        "    flat = x.reshape(len(x), -1)\n"
        "    return (dout @ w.T).reshape(x.shape), flat.T @ dout, db\n"
    )
    walk = walk_of(choose(f"{file}:affine"))
    terms = walk.terms(walk.place("db[0]"))
    samples = walk.trace.find("dout").shape[0]
    assert [term.symbols for term in terms.terms] == [f"dout[{n},0]" for n in range(samples)]


@pytest.mark.parametrize("name", own_names())
def test_each_gradient_is_beside_what_was_measured(name):
    walk = walk_of(choose(name))
    assert walk.verdict == "pass" and walk.line is None
    judged = [pair for pair in walk.pairs if pair.verdict]
    assert judged or not walk.passes.claims
    for pair in judged:
        size = float(np.abs(pair.expected).max())
        assert np.all(np.abs(pair.difference) <= pair.bar + 1e-12 * size), pair.value.name


def test_what_nothing_was_written_into_is_no_number():
    walk = walk_of(choose("conv"))
    columns = next(v for v in walk.trace.values if v.written == "columns")
    assert np.isnan(columns.data).all()
    assert walk.terms(Place(columns, 0)).how == "unset"
