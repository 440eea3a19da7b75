"""How unlike the background is a jet, and how would I know: scores, curves, studies of a sample, tables."""

from jetexplore.anomaly.curves import Auc, Histograms, Roc, Working, auc, histograms, roc, working_point
from jetexplore.anomaly.scores import COMBINE, event_to_ensemble
from jetexplore.anomaly.statements import correlation_by_width, correlations, pixel_counts, published_text
from jetexplore.anomaly.study import (
    Ensemble,
    draw,
    ensemble,
    images,
    pairs,
    reference_images,
    sample_rocs,
    sample_scores,
)
from jetexplore.anomaly.tables import TABLE_2, Result, Row, compare, published_table_2, run_table_2

__all__ = [
    "COMBINE",
    "TABLE_2",
    "Auc",
    "Ensemble",
    "Histograms",
    "Result",
    "Roc",
    "Row",
    "Working",
    "auc",
    "compare",
    "correlation_by_width",
    "correlations",
    "draw",
    "ensemble",
    "event_to_ensemble",
    "histograms",
    "images",
    "pairs",
    "pixel_counts",
    "published_table_2",
    "published_text",
    "reference_images",
    "roc",
    "run_table_2",
    "sample_rocs",
    "sample_scores",
    "working_point",
]
