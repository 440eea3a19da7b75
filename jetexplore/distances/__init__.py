"""How far apart are two jets: metrics, the exact transport kernel, optimal plans, references."""

from jetexplore.distances import tiles
from jetexplore.distances.clara import Clara, clara
from jetexplore.distances.formulas import Certified, energy_movers, mean_power_error, wasserstein
from jetexplore.distances.matrices import condensed, cross, optimal_plan, paired, pairwise
from jetexplore.distances.metrics import FAMILIES, METRICS, Metric, metric
from jetexplore.distances.nearest import Neighbours, nearest
from jetexplore.distances.pairs import correlation, n_items, nearest_pair, pair_at, pair_index
from jetexplore.distances.references import Elbow, Medoids, Peak, average, elbow, medoids, peak, peaks, random
from jetexplore.distances.transport import ImagePlan, Plan, image_plan, plan

__all__ = [
    "FAMILIES",
    "METRICS",
    "Certified",
    "Clara",
    "Elbow",
    "ImagePlan",
    "Medoids",
    "Metric",
    "Neighbours",
    "Peak",
    "Plan",
    "average",
    "clara",
    "condensed",
    "correlation",
    "cross",
    "elbow",
    "energy_movers",
    "image_plan",
    "mean_power_error",
    "medoids",
    "metric",
    "n_items",
    "nearest",
    "nearest_pair",
    "optimal_plan",
    "pair_at",
    "pair_index",
    "paired",
    "pairwise",
    "peak",
    "peaks",
    "plan",
    "random",
    "tiles",
    "wasserstein",
]
