"""Datasets: the embedded digits, IDX files on disk, generated regression data."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import minnet.datasets
from minnet import linear_data, load_digits, load_mnist


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_mnist(folder, zipped=False, n=5):
    rng = np.random.default_rng(0)
    contents = {}
    for part in ("train", "t10k"):
        images, labels = rng.integers(0, 256, size=(n, 4, 3)), rng.integers(0, 10, size=n)
        contents[part] = images, labels
        for name, array in (("images-idx3", images), ("labels-idx1", labels)):
            path = folder / f"{part}-{name}-ubyte{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    return contents


def test_digits_are_whole_scaled_and_split_without_overlap():
    (x, y), (test_x, test_y) = load_digits()
    assert len(x) + len(test_x) == 1797 and x.shape[1:] == (1, 8, 8)
    assert x.dtype == np.float64 and y.dtype == np.int64
    assert x.min() == 0 and x.max() == 1
    assert set(y) == set(test_y) == set(range(10))
    rows = {image.tobytes() for image in x}
    assert not rows & {image.tobytes() for image in test_x}


def test_the_same_seed_gives_the_same_split():
    np.testing.assert_array_equal(load_digits()[1][1], load_digits()[1][1])
    assert (load_digits(seed=1)[1][1] != load_digits()[1][1]).any()


def test_digits_carry_their_attribution():
    folder = Path(minnet.datasets.__file__).parent
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in text and "Alpaydin" in text


@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_files_are_read_gzipped_or_not(tmp_path, zipped):
    contents = write_mnist(tmp_path, zipped)
    for part, (x, y) in zip(("train", "t10k"), load_mnist(tmp_path), strict=True):
        images, labels = contents[part]
        assert x.shape == (5, 1, 4, 3) and x.dtype == np.float64 and y.dtype == np.int64
        np.testing.assert_array_equal(np.rint(x[:, 0] * 255), images)
        np.testing.assert_array_equal(y, labels)


def spoil_magic(path):
    path.write_bytes(b"\x00\x00\x09\x03" + path.read_bytes()[4:])


def spoil_length(path):
    path.write_bytes(path.read_bytes()[:-1])


def spoil_header(path):
    path.write_bytes(b"\x00\x00")


def spoil_gzip(path):
    path.rename(path.with_name(path.name + ".gz"))


@pytest.mark.parametrize("spoil", [spoil_magic, spoil_length, spoil_header, spoil_gzip])
def test_a_damaged_file_is_named_in_one_line(tmp_path, spoil):
    write_mnist(tmp_path)
    spoil(tmp_path / "train-images-idx3-ubyte")
    with pytest.raises(ValueError, match="train-images-idx3-ubyte") as refusal:
        load_mnist(tmp_path)
    assert "\n" not in str(refusal.value)


def test_a_truncated_gzip_file_is_named(tmp_path):
    write_mnist(tmp_path, zipped=True)
    path = tmp_path / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte.gz"):
        load_mnist(tmp_path)


def test_missing_folders_and_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_mnist(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte"):
        load_mnist(tmp_path)


def test_counts_that_do_not_match_are_refused(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(4)))
    with pytest.raises(ValueError, match="5 images but 4 labels"):
        load_mnist(tmp_path)


def test_linear_data_follows_its_weights():
    x, y, weights = linear_data(50, weights=(1.0, -2.0, 3.0), ones=True)
    assert (x[:, 0] == 1).all() and x.shape == (50, 3) and y.shape == (50, 1)
    np.testing.assert_allclose(y[:, 0], x @ weights)
    noisy = linear_data(5000, weights=(1.0,), noise=0.5)
    assert abs((noisy[1] - noisy[0]).std() - 0.5) < 0.02
