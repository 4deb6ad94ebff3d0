"""Demos keep OpenBLAS to one thread, and give back as many as there were."""

import pytest

from minnet.demos import threads
from minnet.demos.threads import one_thread


def test_there_is_one_thread_inside_and_as_many_as_before_afterwards():
    found = threads._threads()
    if found is None:
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    get, put = found
    before = get()
    try:
        put(2)
        with pytest.raises(KeyError), one_thread():
            assert get() == 1
            raise KeyError
        assert get() == 2
    finally:
        put(before)


def test_without_openblas_nothing_is_changed(monkeypatch):
    monkeypatch.setattr(threads, "FOLDERS", ("nowhere",))
    assert threads._threads() is None
    with one_thread():
        pass


def test_a_file_that_is_no_library_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "libopenblas.so").write_bytes(b"not a library")
    monkeypatch.setattr(threads, "FOLDERS", (str(tmp_path),))
    assert threads._threads() is None
