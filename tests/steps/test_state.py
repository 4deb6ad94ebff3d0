"""Where keys lead, without a terminal."""

from __future__ import annotations

import random

import numpy as np
import pytest
from walks import WRONG, after, walk

from minnet.steps.terminal.pressing import ANYWHERE, press
from minnet.steps.terminal.rows import opened
from minnet.steps.terminal.state import State, begin
from minnet.steps.terminal.stations import last_station

NAMES = ("dense", "conv", "maxpool", "lstm", "softmaxcrossentropy", "demo", *WRONG)
KEYS = ["up", "down", "left", "right", "home", "end", "pgup", "pgdn", "enter", "esc", "unknown"]
KEYS += ["backspace", "tab", "backtab", *(key for key in ANYWHERE if len(key) == 1), "x", "Z", "é"]


def where(state: State) -> tuple[object, ...]:
    return state.station, state.place.name, state.view, state.row, state.feed


def typed(text: str) -> list[str]:
    return [*text, "enter"]


@pytest.mark.parametrize("name", NAMES)
def test_right_goes_through_every_line_that_ran_and_left_back(name):
    there = walk(name)
    state = begin(there)
    forth = [state := press(there, state, "right") for _ in range(last_station(there))]
    assert [s.station for s in forth] == list(range(1, last_station(there) + 1))
    assert "end" in press(there, state, "right").message
    back = [state := press(there, state, "p") for _ in range(last_station(there))]
    assert [s.station for s in back] == list(range(last_station(there)))[::-1]
    assert "start" in press(there, state, "left").message


def test_the_end_and_the_start_are_a_key_away():
    assert after("conv", "end").station == last_station(walk("conv"))
    assert after("conv", "end", "home").station == 0


def test_page_down_goes_past_what_a_loop_repeats():
    there = walk("conv")
    state, lines = begin(there), []
    while state.station < last_station(there):
        state = press(there, state, "pgdn")
        if state.station < last_station(there):
            operation = there.trace.operations[state.station - 1]
            lines.append((operation.file, operation.line))
    assert len(lines) == len(set(lines)) < len(there.trace.operations)
    assert press(there, press(there, state, "pgup"), "pgdn").station == state.station


@pytest.mark.parametrize("view", [(), ("enter",), ("enter", "enter")])
def test_n_and_p_go_from_line_to_line_in_every_view(view):
    assert after("conv", "right", *view, "n").station == 2
    assert after("conv", "right", *view, "p").station == 0


def test_the_cursor_is_put_on_what_a_line_has_written():
    there = walk("lstm")
    for operation in there.trace.operations:
        if operation.text == "gates[t, 3] = np.tanh(gates[t, 3])":
            state = after("lstm", *["n"] * (operation.number + 1))
            index = np.unravel_index(state.place.flat, state.place.value.shape)
            assert index[:2] == (operation.loop["t"], 3)


def test_arrows_choose_a_number_and_say_where_the_array_ends():
    assert after("dense", "enter", "right", "down").place.name == "x[1,1]"
    assert after("dense", "enter", "end").place.name == "x[0,2]"
    assert after("dense", "enter", "end", "home").place.name == "x[0,0]"
    at_the_edge = after("dense", "enter", "up")
    assert at_the_edge.place.name == "x[0,0]" and "ends" in at_the_edge.message


def test_slices_are_gone_through_and_come_round():
    assert after("conv", "enter", "right", "]").place.name == "x[0,1,0,1]"
    assert after("conv", "[").place.name == "x[1,2,0,0]"
    assert after("conv", "enter", "]").view == "numbers" and after("conv", "]").view == "steps"
    assert after("conv", "enter", "enter", "]").view == "numbers"
    assert "one slice" in after("dense", "]").message


def test_tab_goes_through_the_arrays_of_a_line():
    names = [after("dense", *["tab"] * turns).place.value.name for turns in range(5)]
    assert names == ["x", "W", "b", "dout", "x"]
    assert after("dense", "backtab").place.value.name == "dout"


def test_enter_opens_a_number_and_the_number_a_term_comes_from():
    state = after("dense", at="dx[1,0]")
    there = walk("dense")
    assert state.view == "number"
    assert [row.symbols for row in opened(there, state.place).rows][:1] == ["dout[1,0]·W[0,0]"]
    second = press(there, press(there, press(there, state, "down"), "right"), "enter")
    assert second.place.name == "W[0,1]" and second.station == 0
    back = press(there, second, "backspace")
    assert where(back) == (state.station, "dx[1,0]", "number", 1, 1)
    assert "nothing to go back to" in press(there, back, "backspace").message


def test_a_pixel_s_gradient_can_be_followed_to_the_weights_and_dout():
    there = walk("conv")
    state = after("conv", at="dx[0,0,1,1]")
    assert len(opened(there, state.place).rows) == 4
    state = press(there, state, "enter")
    assert [row.symbols for row in opened(there, state.place).rows] == [
        "W[0,0,0,0]·dout[0,0,1,1]",
        "W[1,0,0,0]·dout[0,1,1,1]",
    ]


def test_the_largest_of_a_window_is_marked():
    rows = opened(walk("maxpool"), after("maxpool", at="out[0,0,0,0]").place).rows
    marked = [row for row in rows if row.mark]
    assert len(rows) == 4 and len(marked) == 1
    assert marked[0].value == max(row.value for row in rows)


def test_the_running_sum_ends_at_the_number():
    for name in NAMES:
        there = walk(name)
        for value in there.trace.values:
            for flat in range(0, value.data.size, 7):
                place = begin(there).place.__class__(value, flat)
                found = opened(there, place)
                if found.terms.how == "sum" and len(found.rows) > 1:
                    assert found.rows[-1].so_far == pytest.approx(found.terms.value, abs=1e-12)


def test_b_leads_to_the_gradient_and_f_back():
    state = after("conv", "enter", "right", "b")
    assert state.place.name == "dx[0,0,0,1]"
    assert press(walk("conv"), state, "f").place.name == "x[0,0,0,1]"
    assert "b leads" in after("conv", "f").message
    assert "f leads" in press(walk("conv"), state, "b").message


def test_a_number_without_a_twin_says_so():
    state = after("dense", "b", at="out@1[0,0]")
    assert "no twin" in state.message and state.place.name == "out@1[0,0]"


@pytest.mark.parametrize(
    "name, text",
    [
        ("affine", "db = dout.mean(axis=0)"),
        ("batchnorm", "dvar = "),
        ("linear", "return dout @ w.T, dout.T @ x"),
        ("relu", "dx = "),
    ],
)
def test_w_leads_to_the_first_wrong_line(name, text):
    state = after(name, "w")
    assert walk(name).trace.operations[state.station - 1].text.startswith(text)
    assert press(walk(name), state, "backspace").station == 0


def test_w_says_where_nothing_is_wrong():
    assert "every gradient is right" in after("dense", "w").message


def test_w_leads_to_where_the_code_stopped():
    state = after("sigmoid", "w")
    assert state.station == last_station(walk("sigmoid")) and "stopped" in state.message


def test_a_transposed_gradient_has_no_twin_at_the_same_place():
    assert "no twin" in after("linear", "w", "f").message


def test_d_goes_through_mine_measured_difference_and_digits():
    modes = [after("dense", *["d"] * turns).mode for turns in range(5)]
    assert modes == ["mine", "measured", "difference", "digits", "mine"]


def test_a_number_is_gone_to_by_its_name():
    state = after("conv", "g", *typed("dW[0,1,2,0]"))
    assert (state.place.name, state.view, state.asking) == ("dW[0,1,2,0]", "number", "")
    assert after("dense", "g", *typed("dWx"), "backspace").typed == "dW"
    state = after("dense", "g", *typed("dW[9,9]"))
    assert state.asking == "g" and "dW has the shape (3, 4)" in state.message
    assert after("dense", "g", *typed("dW[9,9]"), "esc").asking == ""
    assert after("dense", "g", *typed("nothing[0]")).message.startswith("there is no value")
    state = after("dense", "g", *typed("dW"))
    assert (state.place.value.name, state.view) == ("dW", "numbers")
    assert after("dense", "g", "up").message.startswith("type a name")
    assert after("dense", "g", "enter").asking == ""


def test_a_name_is_looked_for_and_looked_for_again():
    state = after("conv", "/", *typed("dpad"))
    assert state.place.value.name == "dpadded@1"
    again = state
    for key in ("/", *"dpad", "enter"):
        again = press(walk("conv"), again, key)
    assert again.place.value.name == "dpadded@2"
    assert "no name here" in after("conv", "/", *typed("qqq")).message


def test_decimals_have_a_least_and_a_most():
    assert after("dense", "+", "=", "-").decimals == 4
    assert after("dense", *["-"] * 30).decimals == 0
    assert after("dense", *["+"] * 30).decimals == 15


def test_help_is_left_by_any_key_and_leads_back():
    state = after("dense", "enter", "right", "?")
    assert state.view == "help"
    assert press(walk("dense"), state, "down").scroll == 1
    assert where(press(walk("dense"), state, "x")) == (0, "x[0,1]", "numbers", 0, 0)
    assert press(walk("dense"), state, "q").ended


def test_escape_leaves_a_view_and_q_ends():
    assert [after("dense", "enter", "enter", *["esc"] * n).view for n in range(3)] == [
        "number",
        "numbers",
        "steps",
    ]
    assert "q ends" in after("dense", "esc").message
    assert after("dense", "Q").ended


@pytest.mark.parametrize("key", ["x", "unknown", "é", "7"])
@pytest.mark.parametrize("view", [(), ("enter",), ("enter", "enter")])
def test_a_wrong_key_changes_nothing_and_says_which_key_helps(view, key):
    before, now = after("dense", *view), after("dense", *view, key)
    assert where(before) == where(now)
    assert "? lists the keys" in now.message


@pytest.mark.parametrize("name", NAMES)
def test_no_keys_in_any_order_do_harm(name):
    there, draw = walk(name), random.Random(0)
    state = begin(there)
    for _ in range(400):
        state = press(there, state, draw.choice([k for k in KEYS if k != "q"]))
        assert 0 <= state.place.flat < max(state.place.value.data.size, 1)
        assert 0 <= state.station <= last_station(there) and not state.ended
