"""How unlike the background is a jet, and how would I know: scores, curves, studies of a sample, tables."""

from jetexplore.anomaly.curves import Auc, Histograms, Roc, Working, auc, histograms, roc, working_point
from jetexplore.anomaly.embedding import Embedding, embed, space_embedding
from jetexplore.anomaly.ensembles import Ensemble, ensemble, reference_images
from jetexplore.anomaly.jackknife import Correlation, correlate
from jetexplore.anomaly.latentrows import LatentRow, latent_findings, read_latent_study
from jetexplore.anomaly.latentstudy import run_latent_study
from jetexplore.anomaly.samples import draw, image, images, pairs
from jetexplore.anomaly.scores import COMBINE, event_to_ensemble
from jetexplore.anomaly.statements import correlation_by_width, correlations, pixel_counts, published_text
from jetexplore.anomaly.study import sample_rocs, sample_scores
from jetexplore.anomaly.table2 import EXTRA_2, TABLE_2, Result, Row, compare, published_table_2, read_table_2
from jetexplore.anomaly.table2study import run_table_2

__all__ = [
    "COMBINE",
    "EXTRA_2",
    "TABLE_2",
    "Auc",
    "Correlation",
    "Embedding",
    "Ensemble",
    "Histograms",
    "LatentRow",
    "Result",
    "Roc",
    "Row",
    "Working",
    "auc",
    "compare",
    "correlate",
    "correlation_by_width",
    "correlations",
    "draw",
    "embed",
    "ensemble",
    "event_to_ensemble",
    "histograms",
    "image",
    "images",
    "latent_findings",
    "pairs",
    "pixel_counts",
    "published_table_2",
    "published_text",
    "read_latent_study",
    "read_table_2",
    "reference_images",
    "roc",
    "run_latent_study",
    "run_table_2",
    "sample_rocs",
    "sample_scores",
    "space_embedding",
    "working_point",
]
