"""Is there a dijet resonance among outliers? Section 4 of Tsan et al. (2021), with a calibrated significance."""

from jetexplore.anomaly.resonance.bumphunt import WIDTHS, Windows, statistic, windows
from jetexplore.anomaly.resonance.calibration import (
    RECIPES,
    Trial,
    read_calibration,
    run_calibration,
    trials,
)
from jetexplore.anomaly.resonance.comparison import Compared, compare_scores
from jetexplore.anomaly.resonance.edges import CMS_EDGES, EDGES, spectrum
from jetexplore.anomaly.resonance.eventtable import EventTable, event_table, injected, read_table, write_table
from jetexplore.anomaly.resonance.jetscores import JET_SCORES, JetScore, score_jets
from jetexplore.anomaly.resonance.outliers import COMBINE, Outliers, event_scores, jet_scores, outliers
from jetexplore.anomaly.resonance.scoredfile import scored_file
from jetexplore.anomaly.resonance.sculpting import Sculpting, sculpting
from jetexplore.anomaly.resonance.search import Search, search, search_counts
from jetexplore.anomaly.resonance.summaries import Power, Uniformity, power, uniformity
from jetexplore.anomaly.resonance.tablesearch import Scanned, TableSearch, injection_scan, search_table
from jetexplore.anomaly.resonance.toys import DEPENDENCE, Toy, toy_events
from jetexplore.anomaly.resonance.transfer import FITS, Transfer, transfer

__all__ = [
    "CMS_EDGES",
    "COMBINE",
    "DEPENDENCE",
    "EDGES",
    "FITS",
    "RECIPES",
    "WIDTHS",
    "Outliers",
    "Power",
    "Sculpting",
    "Search",
    "Toy",
    "Transfer",
    "Trial",
    "Uniformity",
    "Windows",
    "event_scores",
    "jet_scores",
    "outliers",
    "power",
    "read_calibration",
    "run_calibration",
    "sculpting",
    "search",
    "search_counts",
    "spectrum",
    "statistic",
    "toy_events",
    "transfer",
    "trials",
    "uniformity",
    "windows",
    "Compared",
    "compare_scores",
    "EventTable",
    "event_table",
    "injected",
    "read_table",
    "write_table",
    "JET_SCORES",
    "JetScore",
    "score_jets",
    "Scanned",
    "TableSearch",
    "injection_scan",
    "search_table",
    "scored_file",
]
