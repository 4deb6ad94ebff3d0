"""The page of the step-through, without a browser."""

import json
import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest

from minnet.gradcheck.under_test.layer import LayerCase
from minnet.layers import Dense, Flatten
from minnet.steps.choose import choose, chosen_of, own_names
from minnet.steps.page import data as page_data
from minnet.steps.page import fragment, page, steps_list
from minnet.steps.page.data import MOST_ELEMENTS, data_of, shown_of
from minnet.steps.page.folding import Step, steps_of
from minnet.steps.page.grids import grids_of
from minnet.steps.walk import Place, walk_of
from minnet.tracing.trace import Operation, Trace

#: what a page may weigh
LIMIT = 2_000_000

WRONG_AFFINE = """
import numpy as np

def affine_forward(x, w, b):
    out = x.reshape(len(x), -1) @ w + b
    return out, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout * 2
    db = dout.sum(axis=0)
    return dx, dw, db
"""

NAIVE_CONV = """
import numpy as np

def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    N, F, HH, WW = len(x), len(w), w.shape[2], w.shape[3]
    H, W = 1 + (xp.shape[2] - HH) // s, 1 + (xp.shape[3] - WW) // s
    out = np.zeros((N, F, H, W))
    for n in range(N):
        for f in range(F):
            for i in range(H):
                for j in range(W):
                    patch = xp[n, :, i * s : i * s + HH, j * s : j * s + WW]
                    out[n, f, i, j] = np.sum(patch * w[f]) + b[f]
    return out, (xp, w, conv_param)

def conv_backward_naive(dout, cache):
    xp, w, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for n in range(len(dout)):
        for f in range(len(w)):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, columns = slice(i * s, i * s + HH), slice(j * s, j * s + WW)
                    dw[f] += dout[n, f, i, j] * xp[n, :, rows, columns]
                    dxp[n, :, rows, columns] += dout[n, f, i, j] * w[f]
    H, W = xp.shape[2] - 2 * p, xp.shape[3] - 2 * p
    return dxp[:, :, p : p + H, p : p + W], dw, dout.sum(axis=(0, 2, 3))
"""


@cache
def walk(name):
    return walk_of(choose(name))


def of_file(folder, text, name="layers.py"):
    (folder / name).write_text(text, encoding="utf-8")
    return walk_of(choose(str(folder / name)))


def data(walk, start=None):
    return json.loads(data_of(shown_of(walk, start)))


class Outline(HTMLParser):
    """Collects tags, and what is not closed."""

    VOID = {"meta", "input", "br", "hr", "img", "link"}
    OPEN = {"td", "tr"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID | self.OPEN:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.OPEN:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)


@pytest.mark.parametrize("name", ["demo", *own_names()])
def test_every_layer_has_a_page_of_less_than_2_mb(name):
    text = page(walk(name))
    assert len(text.encode()) < LIMIT
    outline = Outline(text)
    assert outline.open == []
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_a_page_asks_for_nothing_from_anywhere():
    outline = Outline(page(walk("conv")))
    for tag, attrs in outline.tags:
        assert tag not in ("link", "img", "iframe", "object", "base")
        assert "src" not in attrs and not any(key.startswith("on") for key in attrs)
        assert attrs.get("href", "#").startswith("#")
    policy = next(a["content"] for t, a in outline.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'") and "sha256-" in policy
    assert "http:" not in page(walk("conv")) and "https:" not in page(walk("conv"))


def test_without_a_script_every_line_every_array_and_terms_can_be_read():
    dense = walk("dense")
    text = " ".join("".join(Outline(page(dense)).text).split())
    for operation in dense.trace.operations:
        assert operation.text in text
    for value in dense.trace.values:
        assert value.name in text
    terms = dense.terms(dense.place("out[0,0]"))
    told = [t for o in range(4) for t in dense.terms(dense.place(f"out[0,{o}]")).terms]
    assert any(term.text in text for term in told), terms
    assert "the sum of 4 terms" in text


def test_the_list_shows_the_numbers_themselves():
    text = page(walk("dense"))
    x = walk("dense").trace.find("x").data
    for number in x.ravel():
        assert f"<td>{number:.4g}<".replace("-", "−") in text.replace("</td>", "<")


def test_a_number_is_stored_once_wherever_it_stands():
    conv = walk("conv")
    found = data(conv)
    x, padded = (conv.trace.find(name) for name in ("x", "padded"))
    in_x = found["values"][str(x.number)]["ids"]
    in_padded = set(found["values"][str(padded.number)]["ids"])
    assert set(in_x) <= in_padded
    assert [found["numbers"][k] for k in in_x] == x.data.ravel().tolist()


@pytest.mark.parametrize("name", ["dense", "conv", "lstm", "batchnorm", "maxpool", "attention"])
def test_the_terms_on_the_page_are_those_of_the_walk(name):
    it = walk(name)
    found = data(it)
    rng = np.random.default_rng(0)
    for value in it.trace.values:
        ids = found["values"][str(value.number)]["ids"] if value.data.size else []
        for flat in rng.choice(len(ids), min(5, len(ids)), replace=False) if ids else ():
            terms = it.terms(Place(value, int(flat)))
            made = found["terms"][ids[flat]]
            if terms.terms:
                assert made[0] == terms.how
                assert [t[0] for t in made[1:]] == [t.symbols for t in terms.terms]
                assert [t[2] for t in made[1:]] == [t.value for t in terms.terms]
            else:
                assert isinstance(made, str)


def test_the_windows_of_a_convolution_lie_as_the_image_does():
    conv = walk("conv")
    grids = grids_of(conv, conv.trace.values)
    by_name = {conv.trace.values[n].name: grid for n, grid in grids.items()}
    assert (by_name["x"].rows, by_name["x"].columns) == (2, 3)
    assert (by_name["padded"].rows, by_name["padded"].columns) == (1, 2)  # (C, H, W, N)
    assert (by_name["columns"].rows, by_name["columns"].columns) == (1, 2)  # (C, kh, kw, ...)
    label, plane = next(by_name["padded"].slices())
    assert label == "padded[0,:,:,0]" and plane.shape == (6, 7)
    padded = conv.trace.find("padded").data
    assert np.array_equal(padded.ravel()[plane], padded[0, :, :, 0])


def test_a_wrong_gradient_is_marked_and_the_first_wrong_line_known(tmp_path):
    wrong = of_file(tmp_path, WRONG_AFFINE)
    found = data(wrong)
    dw = next(v for v in found["values"].values() if v["name"] == "dw")
    assert dw["off"] == list(range(len(dw["ids"]))) and dw["verdict"] == "fail"
    assert all(v["off"] == [] for v in found["values"].values() if v["name"] in ("dx", "db"))
    step = found["steps"][found["wrong"]]
    assert step["text"].startswith("dw =")
    listing = found["listings"][step["listing"]]
    assert listing["lines"][listing["wrong"] - listing["first"]].strip().startswith("dw =")
    text = "".join(Outline(page(wrong)).text)
    assert "← first wrong line" in text and "✗" in text


def test_a_gradient_of_a_wrong_shape_is_told_as_that(tmp_path):
    wrong = of_file(tmp_path, WRONG_AFFINE.replace("dout.sum(axis=0)", "dout.sum()"))
    said = "Gradient of b: ✗ its shape is (), and should be (3,)."
    assert said in "".join(Outline(page(wrong)).text)
    assert said in [v.get("misshapen") for v in data(wrong)["values"].values()]


def test_an_empty_array_is_shown_as_nothing():
    none = walk_of(chosen_of(LayerCase(Flatten(), np.ones((2, 3, 0, 4)))))
    assert "(2,3,0,4)" in page(none)


def test_nothing_is_marked_where_everything_is_right():
    for name in ("conv", "lstm", "softmaxcrossentropy"):
        assert all(not v.get("off") for v in data(walk(name))["values"].values())
        assert "← first wrong line" not in "".join(Outline(page(walk(name))).text)


def test_what_nothing_has_been_written_into_is_a_dash():
    found = data(walk("conv"))
    empty = next(v for v in found["values"].values() if v["name"] == "columns@1")
    assert {found["terms"][k] for k in empty["ids"]} == {"unset"}
    assert "nothing has been written there yet" in "".join(Outline(page(walk("conv"))).text)


def test_long_loops_are_folded_and_that_is_said(tmp_path):
    long = of_file(tmp_path, NAIVE_CONV)
    assert len(long.trace.operations) > 200
    text = page(long)
    assert len(text.encode()) < LIMIT
    found = json.loads(data_of(shown_of(long)))
    assert len(found["steps"]) <= 201
    assert sum(step.get("left", 0) for step in found["steps"]) > 0
    assert "of loops left out here" in text
    lines = {op.line for op in long.trace.operations}
    assert {step["line"] for step in found["steps"][1:]} == lines
    assert sum(len(v["ids"]) for v in found["values"].values()) <= MOST_ELEMENTS


def test_a_step_that_is_asked_for_is_never_folded():
    ran = [Operation(k, "forward", "f", 1, "a", "f", {}, (), ()) for k in range(500)]
    steps = steps_of(Trace(operations=ran), wanted={250}, most=20)
    assert 251 in [step.number for step in steps]
    assert [s.left_out for s in steps if s.number == 251][0] > 0
    assert Step(None).number == 0


def test_the_page_begins_where_it_is_told_to():
    dense = walk("dense")
    place = dense.place("dW[2,1]")
    found = data(dense, place)
    assert found["start"] == [place.value.number, place.flat]
    assert data(dense)["start"] is None


def test_a_large_array_is_shown_in_part_and_that_is_said():
    rng = np.random.default_rng(0)
    large = walk_of(chosen_of(LayerCase(Dense(70, 80, rng=rng), rng.normal(size=(2, 70)))))
    text = page(large)
    assert "A part of it is shown here: W[0:70,0:40]" in text
    assert len(text.encode()) < LIMIT


@pytest.mark.parametrize("name", ["conv", "lstm"])
def test_what_does_not_fit_is_left_out_and_that_is_said(name, monkeypatch):
    monkeypatch.setattr(page_data, "MOST_BYTES", 60_000)
    monkeypatch.setattr(steps_list, "MOST_TEXT", 5_000)
    shown = shown_of(walk(name))
    assert len(data_of(shown).encode()) <= 60_000
    text = "".join(Outline(page(walk(name))).text)
    assert "A part of it is shown here" in text
    assert "left out here, to keep the page small" in text


def test_the_terms_that_are_asked_for_are_never_left_out(monkeypatch):
    monkeypatch.setattr(page_data, "MOST_BYTES", 200_000)
    assert "elsewhere" in json.loads(data_of(shown_of(walk("conv"))))["terms"]
    place = walk("conv").place("dx[0,0,0,0]")
    found = json.loads(data_of(shown_of(walk("conv"), place)))
    number, position = found["start"]
    made = found["terms"][found["values"][str(number)]["ids"][position]]
    assert made[0] == "sum"


def test_truth_values_are_words():
    assert "<td>True<" in page(walk("maxpool"))


HOSTILE = "<script>document.title='owned'</script>"

HOSTILE_CODE = """
import numpy as np

class Layer:
    def __init__(self, D=3, M=2, rng=None):
        self.W = np.random.default_rng(0).normal(size=(3, 2))
    def forward(self, x):
        kept = {"</script><script>document.title='owned'</script><!--": x * 1.0}
        self.x = x  # </script><img src=x onerror="document.title='owned'">
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
"""


def test_the_user_s_text_stays_text(tmp_path):
    walk = of_file(tmp_path, HOSTILE_CODE)
    walk.name = walk.description = walk.message = HOSTILE
    walk.verdict = "fail"
    text = page(walk)
    outline = Outline(text)
    assert [tag for tag, _ in outline.tags].count("script") == 2
    assert not any("onerror" in attrs for _, attrs in outline.tags)
    assert HOSTILE in "".join(outline.text)
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1]
    assert "<" not in raw
    assert "</script><img" in "".join(json.loads(raw)["listings"][0]["lines"])


def test_in_a_notebook_it_is_a_frame_of_its_own():
    text = fragment(walk("dense"))
    outline = Outline(text)
    (frame,) = outline.tags
    assert frame[0] == "iframe" and frame[1]["srcdoc"] == page(walk("dense"))
    assert frame[1]["sandbox"] == "allow-scripts"
