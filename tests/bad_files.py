"""Files of jets that are wrong or hostile, by the ids of the catalogue; each with the codes that may be told of it."""

from __future__ import annotations

import bad_archives
import bad_hdf5
import bad_jets
import bad_tables
from catalogue import CASES, Canary, some, written

PARTS = (bad_hdf5, bad_archives, bad_tables, bad_jets)  # each keeps its cases in the catalogue when it is imported

__all__ = ["CASES", "PARTS", "Canary", "some", "written"]
