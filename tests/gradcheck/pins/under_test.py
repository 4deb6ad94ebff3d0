"""What pins the constants of minnet.gradcheck.under_test."""

import numpy as np
from counting import calls

from minnet.gradcheck import check_layer
from minnet.gradcheck.under_test.inside import leaves_of
from minnet.gradcheck.under_test.state import Snapshot
from pins import Pin


class Step:
    calls = 0


class Deep:
    """A layer of 200 steps, each of which counts its calls, and whose output shows it."""

    def __init__(self):
        self.steps = [Step() for _ in range(200)]

    def forward(self, x):
        for step in self.steps:
            step.calls += 1
        self.factor = sum(step.calls for step in self.steps)
        return self.factor * x

    def backward(self, dout):
        return self.factor * dout


class Row(list):
    def __setitem__(self, place, value):
        super().__setitem__(place, value)


def the_state_of_two_hundred_objects_is_put_back():
    assert check_layer(Deep(), np.array([1.0, -2.0]))


def of_a_data_set_of_a_hundred_thousand_rows_no_more_than_10000_are_put_back():
    before = Snapshot([[Row([k]) for k in range(100_000)]])
    with calls(Row, "__setitem__") as rows:
        before.restore()
    assert 0 < rows() <= 10_000, rows()


class Weights:
    def __init__(self, count):
        self.W = [np.ones(2) for _ in range(count)]


def the_weights_of_three_layers_are_found_in_a_list():
    assert len(list(leaves_of(Weights(3)))) == 3


def a_data_set_in_a_list_is_not_searched_for_weights():
    assert not list(leaves_of(Weights(5000)))


PINS = [
    Pin(
        "under_test.inside",
        "MOST_ITEMS",
        the_weights_of_three_layers_are_found_in_a_list,
        a_data_set_in_a_list_is_not_searched_for_weights,
    ),
    Pin(
        "under_test.reach",
        "MOST_OBJECTS",
        the_state_of_two_hundred_objects_is_put_back,
        of_a_data_set_of_a_hundred_thousand_rows_no_more_than_10000_are_put_back,
    ),
]
