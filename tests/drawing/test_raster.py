"""Arrays as small pictures: laid out with nothing lost, and a PNG that any reader takes."""

import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest

from minnet.drawing.raster import (
    BETWEEN,
    KINK,
    NOT_A_NUMBER,
    NOT_MEASURED,
    WRONG,
    Layout,
    colours,
    data_uri,
    marked,
    spread,
)


def test_a_picture_is_a_valid_png():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4)).astype(np.uint8)
    raw = b64decode(data_uri(pixels).split(",")[1])
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(raw):
        (length,) = struct.unpack(">I", raw[at : at + 4])
        kind, data = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length]
        assert struct.unpack(">I", raw[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + data
        )
        chunks[kind] = data
        at += 12 + length
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (7, 5)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 29)
    assert (rows[:, 0] == 2).all()  # the filter "up"
    decoded = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(5, 7, 4)
    np.testing.assert_array_equal(decoded, pixels)


def test_colours_are_blue_white_red_and_what_is_no_number_is_yellow():
    cells = colours(np.array([-2.0, 0.0, 2.0, np.nan, np.inf]), 2.0).astype(int)
    blue, white, red, none, infinite = cells
    assert blue[2] > blue[0] and red[0] > red[2] and white[:3].min() > 240
    assert tuple(none) == NOT_A_NUMBER and tuple(infinite) == tuple(red)
    assert colours(np.zeros(1), 0.0)[0, 0] > 240


@pytest.mark.parametrize(
    ("shape", "size"),
    [((), (1, 1)), ((4,), (1, 4)), ((2, 3), (2, 3)), ((2, 3, 4), (3, 9)), ((2, 3, 4, 5), (9, 17)),
     ((2, 2, 3, 4, 5), (19, 17)), ((0, 3), (0, 3))],
)  # fmt: skip
def test_any_shape_is_laid_out_in_a_plane_with_nothing_lost(shape, size):
    numbers = np.arange(int(np.prod(shape)), dtype=np.uint8) + 1
    cells = np.repeat(numbers.reshape(*shape, 1), 4, axis=-1)
    picture = Layout.of(shape).draw(marked(cells, 1), gap=1)
    assert picture.shape == (*size, 4)
    assert sorted(picture[picture[..., 3] != BETWEEN[3]][:, 0]) == sorted(numbers)


def test_filters_lie_in_rows_and_channels_in_columns():
    cells = np.random.default_rng(0).integers(0, 256, (2, 3, 2, 2, 4)).astype(np.uint8)
    layout = Layout.of((2, 3, 2, 2))
    np.testing.assert_array_equal(layout.draw(marked(cells, 1), 1)[3:5, 6:8], cells[1, 2])
    large = layout.draw(marked(cells, 3), 2)
    np.testing.assert_array_equal(large[8:14:3, 16:22:3], cells[1, 2])
    down, across = layout.middles(3, 2)
    np.testing.assert_array_equal(large[down.astype(int), across.astype(int)], cells.reshape(-1, 4))


def test_elements_not_measured_are_faint_and_no_number():
    index = np.array([(0, 0), (0, 1), (1, 0)])
    cells = colours(np.array([1.0, 0.0, np.nan]), 1.0)
    found = spread(index, cells, (2, 2))
    assert tuple(found[1, 1]) == NOT_MEASURED and NOT_MEASURED[3] < 128
    np.testing.assert_array_equal(found[tuple(index.T)], cells)


def test_wrong_cells_are_outlined_and_those_at_a_kink_have_a_dot():
    cells = colours(np.zeros(3), 1.0)
    wrong, kink = np.array([True, False, False]), np.array([False, True, False])
    outlined, dotted, plain = marked(cells, 20, wrong, kink)
    assert tuple(outlined[0, 7]) == WRONG and tuple(outlined[10, 10]) == tuple(cells[0])
    assert tuple(dotted[10, 10]) == KINK and tuple(dotted[0, 7]) == tuple(cells[1])
    assert (plain == cells[2]).all()
    assert (marked(cells, 3, wrong, kink) == cells[:, None, None]).all()  # too small for a mark
