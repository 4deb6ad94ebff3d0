"""`minnet demo`: what it prints, what it writes, and clear refusals."""

import csv

import numpy as np
import pytest

from minnet.cli import main
from minnet.cli.demo import DEMOS
from minnet.demos import cnn, names, training


@pytest.fixture
def small(monkeypatch):
    """Make the demo of the network quick: every 40th weight of later layers, one epoch."""
    whole = cnn.Point.everything

    def some(point):
        return {n: f if n[0] == "0" else f[::40] for n, f in whole(point).items()}

    monkeypatch.setattr(cnn.Point, "everything", some)
    monkeypatch.setattr(cnn, "MOST_BATCHES", 1)
    monkeypatch.setattr(training, "SCHEDULE", ((1, 4e-3),))


def run(capsys, *arguments):
    """Run the command; return (exit status, standard output, standard error)."""
    status = main(["demo", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_linear_regression_shows_every_step(capsys, tmp_path):
    status, out, err = run(capsys, "linear-regression", "--plots", str(tmp_path / "new" / "dir"))
    assert status == 0 and err == ""
    for said in ("w = (0.1, -0.2, 0.3, -0.4, 0.5, -0.6)", "The weights are recovered",
                 "FAIL[scale]", "FAIL[one_sample]"):  # fmt: skip
        assert said in " ".join(out.split())
    rows = [line.split() for line in out.splitlines() if line.startswith(("w0 ", "w5 "))]
    assert [row[-2] for row in rows] == ["yes"] * 4 + ["NO"] * 2
    assert len(list((tmp_path / "new" / "dir").glob("*.png"))) == 2


def test_no_line_is_wider_than_80_columns(capsys, small):
    _, out, _ = run(capsys)
    assert max(map(len, out.splitlines())) <= 80
    assert "LINEAR REGRESSION" in out and "CONVOLUTIONAL NETWORK" in out


def test_the_network_demo_writes_pictures_and_every_weight(capsys, small, tmp_path):
    status, out, _ = run(capsys, "cnn", "--plots", str(tmp_path), "--seed", "1")
    assert status == 0
    written = [line.split("wrote ")[1] for line in out.splitlines() if "wrote " in line]
    names = {path.name for path in tmp_path.iterdir()}
    assert {"filters.png", "feature-maps-1.png", "error-against-h.png", "training.png",
            "confusion.png", "weights.csv"} <= names  # fmt: skip
    assert len(written) == len(names)
    with (tmp_path / "weights.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    a, n = (np.array([float(row[key]) for row in rows]) for key in ("analytic", "numeric"))
    parameters = cnn.build(0).named_parameters()
    assert len(rows) == sum(
        W.size if n[0] == "0" else -(-W.size // 40) for n, W in parameters.items()
    )
    assert np.linalg.norm(a - n) < 0.1 * np.linalg.norm(a)


@pytest.mark.parametrize("kind", [None, "rnn"])
def test_the_demo_of_names_checks_trains_compares_and_writes(capsys, monkeypatch, tmp_path, kind):
    monkeypatch.setattr(names, "EPOCHS", 1)
    chosen = [] if kind is None else ["--model", kind]
    status, out, err = run(capsys, "names", *chosen, "--plots", str(tmp_path))
    assert status == 0 and err == ""
    assert f"NAMES: which letter comes next? ({kind or 'transformer'})" in out
    for said in ("end to end", "held-out loss", "bigram", "trigram", "of 1,000 by each"):
        assert said in " ".join(out.split())
    written = [line.split("wrote ")[1] for line in out.splitlines() if "wrote " in line]
    assert written and sorted(written) == sorted(str(path) for path in tmp_path.iterdir())


def test_the_demo_of_names_says_the_same_again_by_the_same_seed(capsys, monkeypatch):
    monkeypatch.setattr(names, "EPOCHS", 1)

    def told(seed):
        lines = run(capsys, "names", "--model", "rnn", "--seed", seed)[1].splitlines()
        return [line for line in lines if not line.endswith((" s.", " s)"))]

    assert told("3") == told("3") != told("4")


def test_help_names_every_demo_and_every_network(capsys):
    _, out, _ = run(capsys, "--help")
    assert all(name in out for name in (*DEMOS, *names.MODELS))


def test_below_97_of_100_it_says_so(capsys, small):
    _, out, _ = run(capsys, "cnn")
    assert "BELOW the 97 % asked for" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "there is no demo 'nonsense'; there are linear-regression, cnn and names"),
        (["linear"], "did you mean linear-regression?"),
        (["cnn", "--seed", "-1"], "'-1' is not a whole number of 0 or more"),
        (["cnn", "cnn"], "unrecognized arguments: cnn"),
        (["name"], "did you mean names?"),
        (["names", "--model", "gru2"], "--model: there is no network 'gru2'; did you mean gru?"),
        (["names", "--model", "x"], "there are transformer, rnn, lstm and gru"),
        (["names", "--model"], "--model: expected one argument"),
        (["cnn", "--model", "rnn"], "it belongs to another demo: minnet demo names --model rnn"),
        (["--model", "rnn"], "it belongs to another demo: minnet demo names --model rnn"),
        (["names", "--epochs", "0"], "unrecognized arguments: --epochs 0"),
    ],
)
def test_a_bad_command_line_gets_one_line_and_status_2(capsys, arguments, said):
    status, out, err = run(capsys, *arguments)
    assert status == 2 and out == ""
    assert said in err and err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(capsys, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    for folder in (blocked, blocked / "below"):
        status, out, err = run(capsys, "cnn", "--plots", str(folder))
        assert status == 2 and out == ""
        assert err.startswith("minnet demo: --plots: ") and err.count("\n") == 1
