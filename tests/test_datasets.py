"""Datasets: embedded digits and names, files on disk, characters, generated regression data."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import minnet.datasets
from minnet import Characters, linear_data, load_digits, load_mnist, load_names, load_text
from minnet.datasets.characters import IGNORED, MARK


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


def test_embedded_data_carry_their_attribution():
    folder = Path(minnet.datasets.__file__).parent
    digits, names = (folder / "README.md").read_text(encoding="utf-8").split("# names.txt")
    assert "CC BY 4.0" in digits and "Alpaydin" in digits
    assert "U.S. Census Bureau" in names and "public domain" in names


def test_names_are_whole_lower_case_and_split_without_overlap():
    train, test = load_names()
    assert len(train) + len(test) == len({*train, *test}) == 5163
    assert Characters(train).known == Characters(train + test).known == "abcdefghijklmnopqrstuvwxyz"
    assert {"anna", "john", "mary", "zulma"} <= {*train, *test}
    assert len(load_names(test_fraction=0.2)[1]) == 1032


def test_names_are_split_by_their_seed():
    assert load_names(seed=3) == load_names(seed=3)
    assert set(load_names(seed=3)[1]) != set(load_names(seed=4)[1])


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5])
def test_a_fraction_that_holds_out_none_or_all_is_refused(tmp_path, fraction):
    (tmp_path / "text.txt").write_text("some text " * 9, encoding="utf-8")
    loads = (load_digits, load_names, lambda **k: load_text(tmp_path / "text.txt", **k))
    for load in loads:
        with pytest.raises(ValueError, match=r"must be in \(0, 1\)"):
            load(test_fraction=fraction)


def test_a_text_is_split_into_its_beginning_and_its_end(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffZwölf Boxkämpfer\r\njagen Viktor".encode())
    train, test = load_text(path, test_fraction=0.25)
    assert train + test == "Zwölf Boxkämpfer\njagen Viktor" and len(test) == 7
    assert load_text(str(path), 0.25) == (train, test)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "is empty"),
        (b"abcdefghijklmnopqrs", r"too short: of 19 .*18 would be trained on and 1 held out"),
        (b"abc\xff", "not a text in UTF-8: byte 0xff at position 3"),
        ("abc".encode("utf-16"), "not a text in UTF-8: byte 0xff at position 0"),
    ],
)
def test_a_text_that_cannot_be_learned_from_is_named_in_one_line(tmp_path, content, said):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"text.txt' .*{said}") as refusal:
        load_text(path)
    assert "\n" not in str(refusal.value)


def test_a_text_that_is_not_there_or_is_a_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no text file '.*nowhere.txt'"):
        load_text(tmp_path / "nowhere.txt")
    with pytest.raises(ValueError, match="is a folder"):
        load_text(tmp_path)


def test_characters_come_back_from_their_numbers():
    text = "naïve\ncafé, 12 ☃"
    characters = Characters(text)
    assert len(characters) == len(set(text)) + 1
    numbers = characters.encode(text)
    assert numbers.min() >= 1 and numbers.max() == len(characters) - 1
    assert characters.decode(numbers) == text
    assert characters.decode([MARK, *numbers, MARK, IGNORED]) == text
    assert characters.decode(characters.encode("")) == ""


def test_lines_predict_each_character_and_the_end_and_nothing_behind_it():
    names = ["anna", "bea", "b"]
    characters = Characters(names)
    x, y = characters.lines(names)
    assert x.shape == y.shape == (3, 5) and x.dtype == y.dtype == np.int64
    for name, inputs, targets in zip(names, x, y, strict=True):
        whole = [MARK, *characters.encode(name), MARK]
        n = len(name) + 1
        assert list(inputs[:n]) == whole[:-1] and list(targets[:n]) == whole[1:]
        assert (inputs[n:] == MARK).all() and (targets[n:] == IGNORED).all()


@pytest.mark.parametrize("n, length", [(2, 1), (2, 5), (9, 4), (10, 4), (50, 7)])
def test_windows_predict_every_character_but_the_first_once(n, length):
    text = "".join(np.random.default_rng(n).choice(list("abcdef"), n))
    characters = Characters(text)
    x, y = characters.windows(text, length)
    kept = y != IGNORED
    assert x.shape == y.shape == (-(-(n - 1) // length), length)
    assert characters.decode(x[kept]) == text[:-1] and characters.decode(y[kept]) == text[1:]


@pytest.mark.parametrize(
    "ask, said",
    [
        (lambda c: c.encode("abzb"), "'z', at position 2, is none of the 2 known characters 'ab'"),
        (lambda c: c.decode([1, 3]), "3 stands for no character; 1 to 2 do"),
        (lambda c: c.decode([-2]), "-2 stands for no character"),
        (lambda c: c.lines("abba"), r"takes a list of texts, .* not 'abba'"),
        (lambda c: c.lines([]), "takes a list of texts"),
        (lambda c: c.windows("a", 3), "at least 2 characters, not 'a'"),
        (lambda c: c.windows("abba", 0), "length, of a window, must be at least 1, not 0"),
        (lambda c: Characters(["", ""]), "no character in the texts"),
    ],
)
def test_what_has_no_number_is_refused_in_one_line(ask, said):
    with pytest.raises(ValueError, match=said) as refusal:
        ask(Characters("ab"))
    assert "\n" not in str(refusal.value)


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
