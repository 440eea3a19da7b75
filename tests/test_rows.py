"""Tables of results as comma-separated values: what was written is read, and nothing else."""

from typing import NamedTuple

import numpy as np
import pytest

from jetexplore.errors import InputError
from jetexplore.rows import read_rows, write_rows


class Kept(NamedTuple):
    name: str
    number: int
    value: float


ROWS = [Kept("a, b", 3, 1.25), Kept('said "so"', -1, float("nan")), Kept("é", 0, 1e-300)]


def test_what_was_written_is_read(tmp_path):
    assert write_rows(tmp_path / "a.csv", Kept._fields, ROWS) == tmp_path / "a.csv"
    np.testing.assert_equal(read_rows(tmp_path / "a.csv", Kept), ROWS)
    write_rows(tmp_path / "b.csv", [*Kept._fields, "key"], ([*row, "k"] for row in ROWS))
    np.testing.assert_equal(read_rows(tmp_path / "b.csv", Kept, ["key"]), ROWS)


@pytest.mark.parametrize("text", [
    "", "name,number\n", "name,number,value\na,1\n", "name,number,value\na,1,2,3\n", "name,number,value\na,1.5,2\n",
    "name,number,value\na,1,x\n", "name,value,number\na,1,2\n", "\x00\n",
])  # fmt: skip
def test_anything_else_is_refused(tmp_path, text):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=r"bad\.csv") as caught:
        read_rows(tmp_path / "bad.csv", Kept)
    assert caught.value.code == "E_LAYOUT"


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        read_rows(tmp_path / "bad.csv", Kept)
    with pytest.raises(FileNotFoundError):
        read_rows(tmp_path / "none.csv", Kept)
