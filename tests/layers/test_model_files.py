"""Saving, loading, converting and summarising models."""

import numpy as np
import pytest

from minnet import BatchNorm, Dense, ReLU, Residual, Sequential


def make_model(seed=0, hidden=4):
    rng = np.random.default_rng(seed)
    block = Residual(Dense(hidden, hidden, rng=rng), BatchNorm(hidden))
    return Sequential(Dense(3, hidden, rng=rng), ReLU(), block, Dense(hidden, 2, rng=rng))


def arrays(model):
    return {**model.named_parameters(), **model.named_buffers()}


def test_a_loaded_model_computes_what_the_saved_one_did(tmp_path):
    model, x = make_model(0), np.random.default_rng(1).normal(size=(6, 3))
    model(x)  # moves the running averages
    model.save(tmp_path / "model.npz")
    other = make_model(1).load(tmp_path / "model.npz")
    np.testing.assert_array_equal(other.eval()(x), model.eval()(x))


def test_loading_keeps_the_dtype_of_the_model(tmp_path):
    make_model().save(tmp_path / "model.npz")
    loaded = make_model(1).astype(np.float32).load(tmp_path / "model.npz")
    assert {array.dtype for array in arrays(loaded).values()} == {np.dtype(np.float32)}


def truncated(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def not_an_archive(path):
    path.write_text("hello", encoding="utf-8")


def emptied(path):
    path.write_bytes(b"")


def damaged_inside(path):
    content = bytearray(path.read_bytes())
    content[60:90] = bytes(30)
    path.write_bytes(bytes(content))


def of_another_shape(path):
    make_model(hidden=5).save(path)


def of_another_model(path):
    Sequential(Dense(3, 2)).save(path)


def of_a_single_array(path):
    with path.open("wb") as file:
        np.save(file, np.ones(3))


def pickled(path):
    names = arrays(make_model())
    with path.open("wb") as file:
        np.savez(file, **{name: np.array([{}], object) for name in names})


@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        not_an_archive,
        emptied,
        damaged_inside,
        of_another_shape,
        of_another_model,
        of_a_single_array,
        pickled,
    ],
)
def test_a_wrong_file_is_one_clear_line_and_leaves_the_model_as_it_was(tmp_path, spoil):
    path = tmp_path / "model.npz"
    make_model(0).save(path)
    spoil(path)
    model = make_model(1)
    before = {name: array.copy() for name, array in arrays(model).items()}
    with pytest.raises(ValueError, match=r"model\.npz") as refusal:
        model.load(path)
    assert "\n" not in str(refusal.value)
    for name, array in arrays(model).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.npz"):
        make_model().load(tmp_path / "nothing.npz")


def test_an_interrupted_save_keeps_the_earlier_file(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    make_model(0).save(path)
    earlier = path.read_bytes()

    def interrupted(file, array, **options):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_model(1).save(path)
    assert path.read_bytes() == earlier
    assert list(tmp_path.iterdir()) == [path]


def test_names_are_dotted_and_arrays_live():
    model = make_model()
    assert list(model.named_parameters()) == [
        "0.W", "0.b", "2.0.W", "2.0.b", "2.1.gamma", "2.1.beta", "3.W", "3.b",
    ]  # fmt: skip
    assert list(model.named_buffers()) == ["2.1.running_mean", "2.1.running_var"]
    assert model.named_parameters()["2.0.W"] is model.layers[2].layers[0].W
    assert set(model.named_gradients().values()) == {None}


def test_modes_reach_nested_layers():
    model = make_model()
    assert not any(layer.training for _, layer in model.eval().walk())
    assert all(layer.training for _, layer in model.train().walk())


def test_astype_refuses_integers():
    with pytest.raises(TypeError, match="int64"):
        make_model().astype(np.int64)


def test_summary_counts_parameters_and_changes_nothing():
    model = make_model()
    mean = model.named_buffers()["2.1.running_mean"].copy()
    text = model.summary(np.ones((7, 3)))
    assert "(7, 2)" in text
    assert text.splitlines()[-1].split() == ["total", "54"]
    np.testing.assert_array_equal(model.named_buffers()["2.1.running_mean"], mean)
    assert model.training and model.layers[2].layers[1].training


def test_a_residual_branch_that_changes_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\) into \(2, 4\)"):
        Residual(Dense(3, 4))(np.ones((2, 3)))


def test_containers_take_layers_only():
    with pytest.raises(TypeError, match="argument 1"):
        Sequential(ReLU(), [ReLU()])
