"""Any text file, to learn its characters from."""

from __future__ import annotations

from os import PathLike

from minnet.datasets.splitting import held_out_count
from minnet.files import path_of

SHORTEST = 2  # a character, and the next


def load_text(path: str | PathLike[str], test_fraction: float = 0.1) -> tuple[str, str]:
    """Return what a text file holds, in two parts: to train on, and the end of it, held out.

    Line ends are ``"\\n"`` whatever the file has. `Characters` turns the parts into arrays.

    Parameters
    ----------
    path : path
        A text file in UTF-8.
    test_fraction : float
        Share of the characters held out, between 0 and 1.

    Returns
    -------
    train, test : str

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        It is a folder, empty, not in UTF-8, or too short to be split.

    Examples
    --------
    >>> load_text("no-such-file.txt")
    Traceback (most recent call last):
    FileNotFoundError: no text file 'no-such-file.txt'
    """
    name, path = repr(str(path)), path_of(path)
    if path.is_dir():
        raise ValueError(f"{name} is a folder; name a text file in it")
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin with a mark
    except FileNotFoundError:
        raise FileNotFoundError(f"no text file {name}") from None
    except OSError as error:
        raise OSError(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name} is not a text in UTF-8: byte 0x{error.object[error.start]:02x} at position "
            f"{error.start} cannot be read; save it as UTF-8"
        ) from None
    if not text:
        raise ValueError(f"{name} is empty; there is nothing to learn from")
    split = len(text) - held_out_count(len(text), test_fraction)
    if min(split, len(text) - split) < SHORTEST:
        raise ValueError(
            f"{name} is too short: of {len(text)} character(s), {split} would be trained on and "
            f"{len(text) - split} held out; at least {SHORTEST} of each are needed"
        )
    return text[:split], text[split:]
