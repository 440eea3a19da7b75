"""The benchmark of files runs for every layout, and tells what it found as a table and as JSON."""

from __future__ import annotations

import json

from jetexplore import cli
from jetexplore.jets.layouts.catalogue import LAYOUTS


def test_every_layout_is_measured(capsys, tmp_path):
    assert cli.main(["bench", "files", "--quick", "--json", str(tmp_path / "files.json")]) == 0
    said, rows = capsys.readouterr().out, json.loads((tmp_path / "files.json").read_text())
    assert [row["layout"] for row in rows] == list(LAYOUTS)
    for row in rows:
        assert row["read_rate"] > 0
        assert row["write"] == (row["write_rate"] is not None) == (LAYOUTS[row["layout"]].write is not None)
        assert row["layout"] in said
