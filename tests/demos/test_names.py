"""The demo of names: right gradients, less loss than counting, and the same by the same seed."""

import matplotlib
import numpy as np
import pytest

from minnet.datasets.characters import IGNORED, MARK
from minnet.demos import names as demo
from minnet.demos.names_pictures import draw_names
from minnet.demos.names_story import ORDERS, SHOWN, WRITTEN, Kept, story

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def names():
    return demo.load(0)


def trained(names, kind="transformer", seed=0):
    """Return a network after a short training, and the record of that."""
    model = demo.build(kind, len(names.characters), seed)
    return model, list(demo.train(model, names, seed))


def test_checking_the_network_covers_all_of_it_and_leaves_it_as_it_was(names):
    model = demo.build("gru", len(names.characters), 0)
    before = {name: W.copy() for name, W in model.named_parameters().items()}
    report = demo.check(model, names, 0)
    assert report, str(report)
    assert len(report.checks) == len(model.layers) + 2
    assert report.checks[-1].name == "end to end"
    for name, W in model.named_parameters().items():
        np.testing.assert_array_equal(W, before[name])


def test_a_mistake_in_one_layer_is_found_before_training(names):
    model = demo.build("rnn", len(names.characters), 0)
    recurrent = model.layers[1]

    class Doubled(type(recurrent)):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dWh = 2 * self.dWh
            return dx

    recurrent.__class__ = Doubled
    report = demo.check(model, names, 0)
    assert [c.name for c in report.checks if c.verdict == "fail"] == ["1 Doubled"]


def test_five_epochs_are_enough_to_beat_the_bigram_and_the_trigram(names, monkeypatch):
    monkeypatch.setattr(demo, "EPOCHS", 5)
    model, epochs = trained(names)
    counted = dict(zip(ORDERS, demo.counted(names), strict=True))
    loss = demo.held_out_loss(model, names)
    for order in ("bigram", "trigram"):
        assert loss < counted[order].loss(*names.held_out_data) - 0.03
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4, 5]
    assert epochs[0].loss > epochs[-1].loss and epochs[0].rate > epochs[-1].rate


def test_the_held_out_loss_is_the_mean_over_letters_and_ends_and_over_nothing_else(names):
    model = demo.build("rnn", len(names.characters), 0)
    probabilities = demo.probabilities_of(model)
    losses = []
    for name in names.held_out:  # one by one, without padding
        x, y = names.characters.lines([name])
        p = probabilities(x)[0, np.arange(y.shape[1]), y[0]]
        losses.extend(-np.log(p))
    assert len(losses) == (names.held_out_data[1] != IGNORED).sum()
    assert demo.held_out_loss(model, names) == pytest.approx(np.mean(losses), rel=1e-9)


def test_the_same_seed_gives_the_same_network_and_the_same_names(names, monkeypatch):
    monkeypatch.setattr(demo, "EPOCHS", 1)
    monkeypatch.setattr(demo, "load_names", lambda seed: (names.train[:200], names.held_out))
    few = demo.load(0)

    def outcome(seed):
        model, epochs = trained(few, seed=seed)
        return demo.write(demo.probabilities_of(model), few, 30, seed), epochs[0].loss

    assert outcome(0) == outcome(0)
    assert outcome(0) != outcome(1)


def test_written_names_follow_the_probabilities_and_end_where_the_end_is_drawn(names):
    p = np.zeros(len(names.characters))
    p[names.characters.encode("ab")] = 0.5, 0.25
    p[MARK] = 0.25

    def model(x):
        return np.broadcast_to(p, (*x.shape, len(p)))

    written = [w.name for w in demo.write(model, names, 4000, 0)]
    lengths = np.array([len(name) for name in written])
    assert abs((lengths == 0).mean() - 0.25) < 0.02
    assert lengths.max() == demo.LONGEST - 1
    letters = "".join(written)
    assert set(letters) == {"a", "b"}
    assert abs(letters.count("a") / len(letters) - 2 / 3) < 0.02


def test_a_written_name_is_known_where_it_is(names):
    wanted = {names.train[0]: "train", names.held_out[0]: "held out", "zzz": ""}
    for name, known in wanted.items():
        spelled = [*names.characters.encode(name), MARK]

        def model(x, spelled=spelled):
            p = np.zeros((*x.shape, len(names.characters)))
            p[:, -1, spelled[x.shape[1] - 1]] = 1
            return p

        assert demo.write(model, names, 2, 0) == [demo.Written(name, known)] * 2


@pytest.fixture(scope="module")
def told():
    """What the demo tells of each network after one epoch of training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "EPOCHS", 1)
        found = {}
        for kind in demo.MODELS:
            kept: list[Kept] = []
            found[kind] = list(story(0, kind, kept)), kept[0]
        return found


@pytest.mark.parametrize("kind", demo.MODELS)
def test_the_story_fits_80_columns_and_says_what_was_measured(told, kind):
    lines, kept = told[kind]
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    loss = demo.held_out_loss(kept.model, kept.names)
    assert f"{kind} {loss:.4f} {np.exp(loss):.2f}" in text
    for order, ngram in zip(ORDERS, kept.counted, strict=True):
        assert f"{order} {ngram.loss(*kept.names.held_out_data):.4f}" in text
    assert f"all {len(kept.model.layers) + 2} right" in text
    for written in demo.write(demo.probabilities_of(kept.model), kept.names, WRITTEN, 0)[:SHOWN]:
        assert written.name in text


def test_a_network_is_said_to_beat_those_that_it_beats_and_no_other(told):
    for kind, (lines, kept) in told.items():
        loss = demo.held_out_loss(kept.model, kept.names)
        losses = [ngram.loss(*kept.names.held_out_data) for ngram in kept.counted]
        _, bigram, trigram, *_ = losses
        text = " ".join(" ".join(lines).split())
        assert loss > trigram  # one epoch is not enough
        worse = "trigram, 4-gram and 5-gram"
        if loss < bigram:
            assert f"The {kind} is better than the bigram, but NOT better than the {worse}" in text
        else:
            assert f"The {kind} is NOT better than any that counts" in text


@pytest.mark.parametrize("kind", ["transformer", "rnn"])
def test_pictures_are_drawn_also_of_a_network_without_attention(told, kind, tmp_path):
    paths = list(draw_names(told[kind][1], tmp_path))
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert len(paths) == (3 if kind == "transformer" else 2)
    assert all(path.stat().st_size > 10_000 for path in paths)
