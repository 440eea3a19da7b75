"""Where are the public data sets? On Zenodo; fetched once, checked, and kept in the user's cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from jetexplore.errors import InputError, choose
from jetexplore.files import atomic, cache_dir
from jetexplore.jets.resuming import Resuming

ZENODO = "https://zenodo.org/records/{record}/files/{name}"
CITED = "Kasieczka, Nachman, Shih, LHC Olympics 2020, doi:10.5281/zenodo.{record}"


class Remote(NamedTuple):
    """A file that can be downloaded."""

    name: str
    url: str
    checksum: str | None = None  # "md5:..." or "sha256:..."; None: noted at the first download, checked from then on


class Download(NamedTuple):
    """A data set that can be downloaded."""

    files: tuple[Remote, ...]
    description: str
    citation: str
    licence: str = "CC-BY-4.0"


class Fetched(NamedTuple):
    """A file that is there."""

    path: Path
    checksum: str
    known: bool  # whether there was something to check it against


def _zenodo(
    record: int, description: str, *files: tuple[str, str | None], cited: str = CITED, licence: str = "CC-BY-4.0"
) -> Download:
    remote = (Remote(name, ZENODO.format(record=record, name=name), checksum) for name, checksum in files)
    return Download(tuple(remote), description, cited.format(record=record), licence)


def _other(record: int, description: str, cited: str, *files: tuple[str, str | None]) -> Download:
    cited = f"{cited}, doi:10.5281/zenodo.{record}"
    return _zenodo(record, description, *files, cited=cited, licence="licence: see the record")


CHENG = "Cheng et al., arXiv:2007.01850"
JETNET = "Kansal et al., JetNet, arXiv:2106.11535"
TOPS = "Kasieczka, Plehn, Thompson, Russell, top quark tagging reference data set"
GLUONS = "Komiske, Metodiev, Thaler, arXiv:1810.05165"
COLLISIONS = "Komiske et al., arXiv:1908.08542"


DOWNLOADS: dict[str, Download] = {
    "lhco-rd": _zenodo(
        6466204,
        "R&D events with labels: 1,000,000 dijet events, 100,000 of a W' to two 2-prong jets",
        ("events_anomalydetection_v2.h5", None),
    ),
    "lhco-rd-3prong": _zenodo(
        6466204, "R&D events of the signal with 3-prong jets", ("events_anomalydetection_Z_XY_qqq.h5", None)
    ),
    "lhco-background": _zenodo(
        4536624, "1,000,000 dijet events without signal", ("events_LHCO2020_backgroundMC_Pythia.h5", None)
    ),
    "lhco-box1": _zenodo(
        4536624,
        "black box 1 and its key",
        ("events_LHCO2020_BlackBox1.h5", None),
        ("events_LHCO2020_BlackBox1.masterkey", None),
    ),
    "lhco-box2": _zenodo(4536624, "black box 2; it has no signal", ("events_LHCO2020_BlackBox2.h5", None)),
    "lhco-box3": _zenodo(
        4536624,
        "black box 3 and its key",
        ("events_LHCO2020_BlackBox3.h5", None),
        ("events_LHCO2020_BlackBox3.masterkey", None),
    ),
    "lhco-features": _zenodo(
        6466204,
        "high-level features of the R&D events",
        ("events_anomalydetection_v2.features.h5", "md5:271cf5e71fc756b2a8d2b32730689bdb"),
    ),
    "cheng-top": _other(4614656, "top jets of the test sets of Cheng et al.", CHENG, ("top_100k_01.h5", None)),
    "cheng-W": _other(4614656, "W jets of the test sets of Cheng et al.", CHENG, ("W_100k_01.h5", None)),
    "cheng-higgs": _other(4614656, "jets of a heavy Higgs with four prongs", CHENG, ("h3_m174_h80_100k_01.h5", None)),
    "cheng-qcd": _other(4641460, "about 700,000 QCD jets", CHENG, ("qcd_dijet.h5", None)),
    "jetnet": _other(
        6975118,
        "gluon, quark, top, W and Z jets of up to 30 particles",
        JETNET,
        ("g.hdf5", "md5:4f537329da897a22a59762c9fd8b74da"),
        ("q.hdf5", "md5:0ede789774bb74d4795c5d19d7ef66c6"),
        ("t.hdf5", "md5:6c9d0663b352c85f74fcd2553e6872bf"),
        ("w.hdf5", "md5:16cc265cb039f76bba43bab408916e3e"),
        ("z.hdf5", "md5:90ffacd034dc87c802bc43385af9fea3"),
    ),
    "jetnet-150": _other(
        6975117,
        "the same of up to 150 particles",
        JETNET,
        *((f"{name}150.hdf5", None) for name in "gqtwz"),
    ),
    "top-tagging-test": _other(2603256, "404,000 jets, top or QCD", TOPS, ("test.h5", None)),
    "top-tagging-val": _other(2603256, "403,000 jets, top or QCD", TOPS, ("val.h5", None)),
    "top-tagging-train": _other(2603256, "1,210,000 jets, top or QCD", TOPS, ("train.h5", None)),
    "quark-gluon": _other(
        3164691,
        "the first 100,000 quark and gluon jets, Pythia",
        GLUONS,
        ("QG_jets.npz", "sha256:3f27a02eab06e8b83ccc9d25638021e6e24c9361341730961f9d560dee12c257"),
    ),
    "quark-gluon-herwig": _other(
        3066475,
        "the first 100,000 quark and gluon jets, Herwig",
        GLUONS,
        ("QG_jets_herwig_0.npz", "sha256:0527349778c0ab2f7da268975fb9e7c0705c88d60f2c478401d941b9913f4d44"),
    ),
    "cms-2011": _other(
        3340205,
        "jets of real collisions, CMS 2011, pT > 375 GeV (18 files)",
        COLLISIONS,
        *((f"CMS_Jet300_pT375-infGeV_{k}_compressed.h5", None) for k in range(18)),
    ),
    "cms-2011-simulated": _other(
        3341419,
        "simulated jets like them, the first file",
        COLLISIONS,
        ("SIM470_Jet300_pT375-infGeV_0_compressed.h5", None),
    ),
}


def fetch(name: str, folder: str | Path | None = None, progress: bool = True) -> list[Fetched]:
    """Download a data set of `DOWNLOADS`, or find that it is there already.

    A download that was cut goes on where it stopped, at once or when it is asked for again. Where no checksum was
    published, that of the first download is kept beside the file and holds from then on.

    Parameters
    ----------
    name : str
        A name in `DOWNLOADS`.
    folder : str or pathlib.Path, optional
        Where to keep the files; ``downloads`` in the user's cache by default.
    progress : bool
        Whether to show a bar on stderr.

    Returns
    -------
    list of Fetched
        The files and their checksums.

    Raises
    ------
    InputError
        ``E_DOWNLOAD`` for an unknown name, ``E_CHECKSUM`` if a file is not the one that is known, ``E_LOCKED``.
    ConnectionError
        If it cannot be had now; the message says what to download by hand, and where to put it.

    Examples
    --------
    >>> fetch("lhco-box4")
    Traceback (most recent call last):
    ...
    jetexplore.errors.InputError: unknown data set 'lhco-box4'; allowed: lhco-rd, lhco-rd-3prong, ...
    """
    chosen = DOWNLOADS[choose("data set", name, DOWNLOADS, "E_DOWNLOAD")]
    folder = cache_dir() / "downloads" if folder is None else Path(folder)
    return [_one(remote, folder, progress) for remote in chosen.files]


def _one(remote: Remote, folder: Path, progress: bool) -> Fetched:
    path, note = folder / remote.name, folder / f"{remote.name}.sha256"
    known = remote.checksum or _noted(note)
    if path.exists():
        _check(path, known, remote.url)  # pooch would replace a file that someone put there
    else:
        _download(remote, path, known, progress)
    sha256 = _hash(path, "sha256")
    if not note.is_file():
        with atomic(note) as temporary:
            temporary.write_text(f"{sha256}  {remote.name}\n")  # as sha256sum -c reads it
    return Fetched(path, f"sha256:{sha256}", known is not None)


def _noted(note: Path) -> str | None:
    words = note.read_text().split() if note.is_file() else []
    return f"sha256:{words[0]}" if words else None


def _download(remote: Remote, path: Path, known: str | None, progress: bool) -> None:
    import logging

    import pooch
    import requests

    pooch.get_logger().setLevel(logging.WARNING)  # it would tell of hashes, which is done here
    downloader = Resuming(path.with_name(f"{path.name}.partial"), progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(remote.url, known, fname=path.name, path=path.parent, downloader=downloader)
    except requests.RequestException as error:
        said = f"no answer from {remote.url} ({type(error).__name__})"
        mend = f"download it by hand and put it to {path}, or give the same command again to go on"
        raise ConnectionError(f"{said}: {mend}") from error
    except InputError:
        raise
    except ValueError as error:
        found = "a download with another checksum"
        raise InputError(
            "E_CHECKSUM", found, str(known), where=remote.url, mend="the file there has changed"
        ) from error


def _check(path: Path, known: str | None, url: str) -> None:
    if known is None:
        return
    algorithm, _, wanted = known.partition(":")
    found = _hash(path, algorithm)
    if found != wanted:
        mend = f"delete it to download {url} again"
        raise InputError("E_CHECKSUM", f"a file of {algorithm}:{found}", known, where=str(path), mend=mend)


def _hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()
