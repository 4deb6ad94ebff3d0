"""What is on the screen, without a terminal."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from walks import WRONG, after, walk

from minnet import Dense
from minnet.gradcheck.under_test.layer import LayerCase
from minnet.report.terminal import Style
from minnet.steps.choose import chosen_of
from minnet.steps.terminal.ink import width_of
from minnet.steps.terminal.pressing import press
from minnet.steps.terminal.screen import screen
from minnet.steps.terminal.state import State, begin
from minnet.steps.walk import Walk, walk_of

SIZES = [(80, 24), (100, 30), (40, 12), (200, 60), (20, 6), (7, 3), (1, 1)]
NAMES = ("dense", "conv", "maxpool", "lstm", "softmaxcrossentropy", "demo", *WRONG)
KEYS = ("up", "down", "left", "right", "enter", "esc", "tab", "n", "f", "b", "w", "d", "]", "?")


def drawn(there: Walk, state: State, width=80, height=24, **style) -> str:
    return "\n".join(screen(there, state, width, height, Style(**style)))


def seen(name: str, *keys: str, at=None, size=(80, 24), **style) -> str:
    return drawn(walk(name), after(name, *keys, at=at), *size, **style)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_state_fits_every_size(name, size):
    there, draw = walk(name), random.Random(1)
    state = begin(there)
    for _ in range(60):
        state = press(there, state, draw.choice(KEYS))
        lines = screen(there, state, *size, Style(unicode=draw.random() < 0.5))
        assert len(lines) == size[1]
        assert all(width_of(line) <= size[0] for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (40, 12)])
def test_the_number_its_step_and_the_keys_are_on_every_screen(size):
    text = seen("conv", "n", "n", size=size)
    assert "step 2 of 32, forward" in text and "padded[0,1,1,0] = " in text
    assert "q end" in text and "? keys" in text and "Enter" in text


def test_the_line_that_ran_is_shown_with_its_file_and_loop():
    text = seen("conv", *["n"] * 5)
    assert "conv.py, in forward, i = 0, j = 1" in text
    assert re.search(r"^>  \d+ +columns\[:, i, j\] = window", text, re.M)


def test_a_number_says_of_what_it_is_the_sum_and_measured_what():
    text = seen("conv", at="dx[0,0,1,1]")
    assert "the sum of 4 terms" in text and "sum so far" in text
    assert re.search(r"∂L/∂x\[0,0,1,1\] measured 0\.\d+ ± \de-\d+: \d+ digits the same", text)
    assert "dcolumns[0,0,0,1,1,0] = W[0,0,0,0]·dout[0,0,1,1] + W[1,0,0,0]" in text


def test_where_nothing_was_measured_the_chain_rule_is_named():
    text = seen("conv", at="dpadded[0,2,2,0]")
    assert "∂L/∂padded[0,2,2,0] by the chain rule along forward" in text
    assert "±" not in text


def test_what_nothing_was_written_into_is_a_dash_and_not_nan():
    text = seen("conv", "g", *"columns@1[0,0,1,0,0,0]", "enter", "esc")
    assert "columns@1[0,0,1,0,0,0] = –  nothing has been written there yet" in text
    assert "[–]" in text and "nan" not in text


def test_what_is_not_taken_apart_is_said_to_be():
    assert "not taken apart" in seen("maxpool", at="larger[0][0,0,0,0]")


def test_what_a_line_leaves_alone_is_said_to_be_left():
    state = after("lstm", *["n"] * 38)
    assert "left as it was" not in drawn(walk("lstm"), state)
    moved = press(walk("lstm"), state, "]")
    for _ in range(3):
        moved = press(walk("lstm"), moved, "]")
    assert "left as it was: " in drawn(walk("lstm"), moved)


def test_a_pixel_lights_up_where_it_goes_and_its_gradient_where_it_comes_from():
    text = seen("conv", "enter", "down", "right")
    assert "x[0,0,1,1] = " in text and "goes into 8 numbers of out" in text
    assert text.count("*") - text.count("* goes here") - 2 >= 4  # four windows of a slice
    assert "b goes to its gradient: dx[0,0,1,1] = " in text


def test_the_window_of_a_convolution_slides_with_the_cursor():
    first = seen("conv", "g", *"out@1[0,0]", "enter", "esc")
    second = seen("conv", "g", *"out@1[0,2]", "enter", "esc")
    stars = [[m.start() for m in re.finditer(r"\*", text)] for text in (first, second)]
    assert "x[0,0,:,:] * makes it" in first and stars[0] != stars[1]


def test_the_winner_of_a_maximum_is_marked():
    assert "← the largest" in seen("maxpool", at="out[0,0,0,0]")


def test_wrong_numbers_are_marked_without_colour_and_the_line_named():
    text = seen("affine", "w")
    assert "← first wrong line" in text and "db is 0.25 times what it should be" in text
    assert len(re.findall(r"!−?0\.\d+", text)) == 2  # and the third has the cursor
    assert re.search(r"WRONG: mine −?0\.\d+, ∂L/∂b\[\d\] measured −?0\.\d+ ± ", text)


def test_a_walk_that_went_wrong_says_so_first():
    assert "WRONG: db is 0.25 times" in seen("affine")
    assert "db (3,), which is ∂L/∂b: 3 of 3 numbers are wrong" in seen("affine", "end")
    assert "dx (2,3), which is ∂L/∂x: right" in seen("dense", "end")


def test_d_shows_what_was_measured_the_difference_and_the_digits():
    there, state = walk("affine"), after("affine", "g", *"db[0]", "enter", "esc")
    pair = there.pair_of(state.place.value)
    for array, words in [
        (pair.expected, "∂L/∂b measured"),
        (pair.difference, "mine − ∂L/∂b measured"),
    ]:
        state = press(there, state, "d")
        text = drawn(there, state)
        assert words in text
        assert f"{float(array[1]):.3f}".replace("-", "−") in text
    assert "digits the same as ∂L/∂b" in drawn(there, press(there, state, "d"))
    assert "nothing to compare with" in seen("dense", "d")


def test_a_nan_is_wrong_and_no_dash():
    text = seen("relu", "w")
    assert "!nan" in text and "WRONG: mine nan, ∂L/∂x[" in text and "–]" not in text


def test_a_gradient_of_another_shape_is_told_and_not_compared():
    text = seen("linear", "w", "d")
    assert re.search(r"dw has the shape \(\d,\d\), and ∂L/∂w has \(\d,\d\)", text)
    assert "nothing to compare with" in text


def test_a_small_screen_says_less_but_that_it_is_wrong():
    assert "32 steps: right goes on" in seen("conv", size=(40, 12))
    assert "WRONG (w goes there): db is 0.25" in seen("affine", size=(40, 12))
    assert "Here the code stopped" in seen("sigmoid", "end", size=(40, 12))
    assert "the sum of 4" in seen("conv", at="dx[0,0,1,1]", size=(40, 12))


def test_where_the_code_stopped_is_the_end():
    text = seen("sigmoid", "end")
    assert "Here the code stopped: backward raised ValueError" in text
    assert re.search(r"^> +\d+ +return s @ \(1 - out\)", text, re.M)


def test_a_large_array_is_a_window_around_the_cursor():
    case = LayerCase(Dense(64, 30, rng=0), (np.ones((2, 64)),))
    there = walk_of(chosen_of(case))
    state = begin(there, there.place("W[7,20]"))
    text = drawn(there, press(there, state, "esc"), 150, 40)
    assert "rows 3–10 of 64, columns 15–24 of 30" in text
    assert len(re.findall(r"^ *(?:[3-9]|10) +[\[−\d]", text, re.M)) == 8


def test_without_unicode_a_product_is_no_difference():
    text = seen("dense", at="dx[1,0]", unicode=False)
    assert text.isascii() and "dout[1,0]*W[0,0]" in text and "measured" in text


def test_control_characters_of_a_file_are_shown_and_not_sent():
    text = seen("affine", "n")
    assert "\\x1b[2J is no way" in text and "\x1b" not in text


def test_nothing_is_said_by_colour_alone():
    plain = seen("affine", "w")
    painted = seen("affine", "w", colour=True)
    assert "\x1b[" in painted
    stripped = [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", painted).split("\n")]
    assert stripped == plain.split("\n")


def test_all_keys_are_in_the_help_and_can_be_scrolled_to():
    text = "\n".join(seen("dense", "?", *["down"] * n, size=(40, 12)) for n in range(60)) + seen(
        "dense", "?", size=(80, 40)
    )
    for key in ("PgDn", "Backspace", "[ ]", "b ", "f ", "w ", "g ", "/ ", "+ -", "d ", "s ", "q "):
        assert key in text
    assert "out@1" in seen("dense", "?", *["down"] * 60, size=(40, 12))


def test_a_question_is_shown_with_what_has_been_typed():
    text = seen("dense", "g", *"dW[9")
    assert "go to, as dW[2,1]: dW[9_" in text and "Esc leaves" in text
