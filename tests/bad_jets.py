"""Jets and paths that are unusual or wrong in a file that is not, by the ids of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import layoutfiles
import numpy as np
from catalogue import case, one_changed, simple, some

from jetexplore.jets import Jets


@case("J01", None, rows=[0, 1, 3, 4, 5, 6, 7])
def _(folder):
    jets = some()
    pt = jets.pt.copy()
    pt[jets.offsets[2] : jets.offsets[3]] = 0
    return simple(folder, pt=pt)


case("J02", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([300.0], [0.1], [0.2], [0, 1])))
case("J03", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([30.0] * 3, [0.1] * 3, [0.2] * 3, [0, 3])))
case("J04", None)(lambda folder: layoutfiles.simple(folder / "a.h5", Jets([30.0] * 2, [0.1] * 2, [3.1, -3.1], [0, 2])))


@case("J05", "E_LIMIT")
def _(folder):
    rng = np.random.default_rng(1)
    n = 10_000
    return layoutfiles.simple(folder / "a.h5", Jets(rng.uniform(1, 2, n), rng.normal(size=n) / 9, np.zeros(n), [0, n]))


@case("J06", None, constituents=[3])
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["pt"], file["eta"] = [[5.0, 0.0, 3.0, 3.0, 0.0]], [[0.1, 0, 0.2, 0.2, 0]]
        file["phi"] = [[0.1, 0, 0.2, 0.2, 0]]
    return folder / "a.h5"


case("J07", "E_RANGE_ETA")(one_changed("eta", 4, 11.0))


@case("J07 beam", "E_RANGE_ETA")
def _(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        file["px"], file["py"], file["pz"] = [[5.0, 0.0]], [[1.0, 0.0]], [[1.0, 700.0]]
    return folder / "a.h5"


@case("J08", None, warns="MeV instead of GeV")
def _(folder):
    return simple(folder, pt=some().pt * 1000)


@case("J09", None)
def _(folder):
    wide = Jets(np.full(8, 50.0), np.tile([-3.0, 3.0], 4), np.zeros(8), np.arange(0, 9, 4))
    return layoutfiles.simple(folder / "a.h5", wide)


@case("J13", None)
def _(folder):
    return simple(folder, label=np.zeros(8, int))


@case("J10", None)
def _(folder):
    one = some(1)
    return layoutfiles.simple(
        folder / "a.h5",
        Jets(*(np.tile(getattr(one, k), 2) for k in ("pt", "eta", "phi")), [0, len(one.pt), 2 * len(one.pt)]),
    )


@case("J12", None)
def _(folder):
    return layoutfiles.simple(folder / "a.h5", some(), "padded")


# ---------------------------------------------------------------------------------------------------- the file


@case("F01", None)
def _(folder):
    return layoutfiles.simple(folder / "mine ü\n 1.h5", some())


@case("F02", None)
def _(folder):
    (folder / "link.h5").symlink_to(layoutfiles.simple(folder / "a.h5", some()))
    return folder / "link.h5"


@case("F03", "E_NOT_FILE")
def _(folder):
    os.mkfifo(folder / "a.h5")
    return folder / "a.h5"


case("F03 folder", "E_NOT_FILE")(lambda folder: folder)
case("F03 device", "E_NOT_FILE")(lambda folder: Path("/dev/zero"))
