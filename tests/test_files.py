"""Files are written whole or not at all, also when the process is killed meanwhile."""

import os
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

from minnet import Dense
from minnet.files import replace_file, write_text

WRITES = """
import sys
from minnet.files import write_text
print("begun", flush=True)
while True:
    write_text(sys.argv[1], "a" * 400_000)
    write_text(sys.argv[1], "b" * 400_000)
"""


def test_a_killed_writer_leaves_the_old_file_or_the_new(tmp_path):
    file = tmp_path / "report.html"
    write_text(file, "a" * 400_000)
    rng = np.random.default_rng(0)
    for _ in range(8):
        command = [sys.executable, "-c", WRITES, str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(float(rng.uniform(0, 0.05)))
            process.kill()
        text = file.read_text(encoding="utf-8")
        assert text in ("a" * 400_000, "b" * 400_000)


def test_what_a_killed_writer_left_is_cleaned_up_an_hour_later(tmp_path):
    file = tmp_path / "a[1].txt"
    left = tmp_path / ".a[1].txt.12345.partial"
    other = tmp_path / ".b.txt.12345.partial"
    for partial in (left, other):
        partial.write_text("half", encoding="utf-8")
        os.utime(partial, (time.time() - 7200,) * 2)
    recent = tmp_path / ".a[1].txt.999.partial"
    recent.write_text("being written", encoding="utf-8")
    write_text(file, "whole")
    assert not left.exists() and other.exists() and recent.exists()


@pytest.mark.skipif(os.name != "posix", reason="links and modes as POSIX has them")
def test_a_link_is_followed_and_the_mode_kept(tmp_path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink() and real.read_text(encoding="utf-8") == "new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_what_fails_half_way_changes_nothing(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old", encoding="utf-8")

    def half(stream):
        stream.write(b"ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space") as raised:
        replace_file(file, half)
    assert raised.value.filename == str(file) and file.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_long_name_can_be_written(tmp_path):
    file = tmp_path / ("n" * 240 + ".txt")
    write_text(file, "whole")
    assert file.read_text(encoding="utf-8") == "whole"


class FileLayer(Dense):
    """A layer whose parameter is called ``file``."""

    parameters = ("file",)

    def __init__(self):
        self.file = np.ones(3)


def test_a_parameter_may_be_called_file(tmp_path):
    layer = FileLayer()
    layer.save(tmp_path / "m.npz")
    other = FileLayer()
    other.file[:] = 0
    other.load(tmp_path / "m.npz")
    assert np.array_equal(other.file, np.ones(3))


def damaged(path, name, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def test_a_file_that_lies_about_its_size_is_refused_before_it_is_unpacked(tmp_path):
    header = b"\x93NUMPY\x01\x00" + bytes([118, 0])
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9), }"
    path = tmp_path / "bomb.npz"
    damaged(path, "file.npy", header + text.ljust(117) + b"\n" + b"\0" * 1000)
    with pytest.raises(ValueError, match="belongs to another model: file has shape"):
        FileLayer().load(path)


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x89PNG\r\n", b"PK\x03\x04half"])
def test_what_is_no_model_file_is_told_so(tmp_path, content):
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a readable model file"):
        FileLayer().load(path)


def test_a_model_of_nan_is_not_loaded_in_silence(tmp_path):
    layer = FileLayer()
    layer.file[1] = np.nan
    layer.save(tmp_path / "m.npz")
    with pytest.raises(ValueError, match="file holds nan or an infinity"):
        FileLayer().load(tmp_path / "m.npz")
