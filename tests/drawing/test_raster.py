"""Arrays as small pictures: laid out with nothing lost, and a PNG that any reader takes."""

import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest

from minnet.drawing.raster import colours, data_uri, in_plane, spread


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
    np.testing.assert_array_equal(rows[:, 1:].reshape(5, 7, 4), pixels)


def test_colours_are_blue_white_red_and_what_was_not_measured_is_faint():
    plane = np.array([[-2.0, 0.0, 2.0, np.nan, np.inf]])
    blue, white, red, unknown, gap = colours(plane, 2.0)[0].astype(int)
    assert blue[2] > blue[0] and red[0] > red[2] and white[:3].min() > 240
    assert unknown[3] < 128 and tuple(gap) == (128, 128, 128, 255)
    assert colours(np.zeros((1, 1)), 0.0)[0, 0, 0] > 240


@pytest.mark.parametrize(
    ("shape", "plane"),
    [((), (1, 1)), ((4,), (1, 4)), ((2, 3), (2, 3)), ((2, 3, 4), (3, 9)), ((2, 3, 4, 5), (9, 17)),
     ((2, 2, 3, 4, 5), (19, 17))],
)  # fmt: skip
def test_any_shape_is_laid_out_in_a_plane_with_nothing_lost(shape, plane):
    array = np.arange(float(np.prod(shape))).reshape(shape) + 1
    flat = in_plane(array)
    assert flat.shape == plane
    assert sorted(flat[np.isfinite(flat)]) == sorted(array.ravel())


def test_filters_lie_in_rows_and_channels_in_columns():
    W = np.arange(2.0 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    flat = in_plane(W)
    np.testing.assert_array_equal(flat[3:5, 6:8], W[1, 2])
    np.testing.assert_array_equal(in_plane(W, zoom=3)[7:13:3, 14:20:3], W[1, 2])


def test_elements_not_measured_are_nan():
    index = np.array([(0, 0), (0, 1), (1, 0)])
    np.testing.assert_array_equal(spread(index, [1, 2, 3], (2, 2)), [[1, 2], [3, np.nan]])
