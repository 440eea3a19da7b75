"""Which layouts are known? Each one file, and one entry here, where `jets.read` and the commands find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from jetexplore.jets.layouts import (
    aspen,
    cheng,
    flat,
    jetnet,
    mod,
    nanoaod,
    native,
    olympics,
    quarkgluon,
    simplehdf5,
    simpleparquet,
    toptagging,
)
from jetexplore.jets.layouts.blocks import Raw, Request

DOCUMENTED = "files written in its documented layout"
OURS = "our own files"


class Layout(NamedTuple):
    """A way of keeping jets in a file."""

    title: str
    family: str  # "hdf5", "npz", "parquet" or "root"
    needs: str  # by what it is recognised, for people
    matches: Callable[[set[str]], bool]
    stream: Callable[[Any, str, Request], Iterator[Raw]]
    write: Callable[..., None] | None = None
    parts: tuple[str, ...] = ("",)  # what can be chosen by ``which``, the default first
    classes: Mapping[int, str] = {}  # names of the labels; no others are allowed, where there are names
    class_of: Callable[[str], str] = str  # the class by the stem of the file's name, where there are no labels
    events: bool = False  # whole events, to be clustered
    citation: str = ""
    licence: str = ""
    tested: str = DOCUMENTED


def _always(_: set[str]) -> bool:
    return True


LAYOUTS: dict[str, Layout] = {
    "native": Layout(
        "jetexplore's own", "npz", "pt, deta, dphi, counts, axis_eta, axis_phi, metadata",
        native.matches, native.stream, native.write, tested=OURS, citation="jetexplore",
    ),
    "quark-gluon": Layout(
        "EnergyFlow quark and gluon jets", "npz", "X (and y)", quarkgluon.matches, quarkgluon.stream,
        classes={0: "gluon", 1: "quark"},
        citation="Komiske, Metodiev, Thaler, arXiv:1810.05165; doi:10.5281/zenodo.3164691",
    ),
    "lhco": Layout(
        "events of the LHC Olympics 2020", "hdf5", "df/block0_values", olympics.matches, olympics.stream,
        classes={0: "background", 1: "signal", 2: "signal 2"}, events=True, licence="CC-BY-4.0",
        citation="Kasieczka, Nachman, Shih; doi:10.5281/zenodo.6466204", tested="files of pandas in its layout",
    ),
    "cheng": Layout(
        "test sets of Cheng et al.", "hdf5", "objects/jets/constituents or objs/jets/constituents",
        cheng.matches, cheng.stream, parts=cheng.PARTS,
        citation="Cheng et al., arXiv:2007.01850; doi:10.5281/zenodo.4614656, doi:10.5281/zenodo.4641460",
    ),
    "jetnet": Layout(
        "JetNet", "hdf5", "particle_features, jet_features", jetnet.matches, jetnet.stream, class_of=jetnet.class_of,
        citation="Kansal et al., arXiv:2106.11535; doi:10.5281/zenodo.6975118",
    ),
    "top-tagging": Layout(
        "top tagging reference data set", "hdf5", "a pandas frame 'table'", toptagging.matches, toptagging.stream,
        classes={0: "QCD", 1: "Top"},
        citation="Kasieczka, Plehn, Thompson, Russell; doi:10.5281/zenodo.2603256",
    ),
    "mod": Layout(
        "CMS Open Data, MOD format", "hdf5", "pfcs, pfcs_index (or gens, gens_index)", mod.matches, mod.stream,
        parts=mod.PARTS, citation="Komiske et al., arXiv:1908.08542; doi:10.5281/zenodo.3340205",
        tested="files of EnergyFlow's layout",
    ),
    "aspen": Layout(
        "Aspen Open Jets", "hdf5", "PFCands, jet_kinematics", aspen.matches, aspen.stream,
        citation="Amram et al., arXiv:2412.10504",
    ),
    "simple-hdf5": Layout(
        "simple layout, HDF5", "hdf5", "pt, eta, phi or px, py, pz", simplehdf5.matches, simplehdf5.stream,
        simplehdf5.write, tested=OURS,
    ),
    "flat": Layout(
        "rows of (E, px, py, pz)", "hdf5", "table, constituents or jet1", flat.matches, flat.stream,
        citation="Cheng et al., arXiv:2007.01850",
    ),
    "simple-parquet": Layout(
        "simple layout, Parquet", "parquet", "pt, eta, phi or px, py, pz", _always, simpleparquet.stream,
        simpleparquet.write, tested=OURS,
    ),
    "nanoaod": Layout(
        "CMS NanoAOD with particle-flow candidates", "root", "PFCands_pt, ..., FatJetPFCands_jetIdx",
        _always, nanoaod.stream, parts=("", *nanoaod.PARTS), tested="files of uproot in its layout",
        citation="CMS collaboration, NanoAOD",
    ),
}  # fmt: skip
