"""Which jets are unlike the background, without a single label? Scores fitted on background jets only."""

from jetexplore.anomaly.labelfree.pvalues import pvalue
from jetexplore.anomaly.labelfree.recipes import PRIORS, Recipe, Scorer, fit
from jetexplore.anomaly.labelfree.whitened import whitened_pca

SCORES: dict[str, Recipe] = {
    "WhitenedPCA": Recipe(
        whitened_pca, "T^2 of images^power, Finke et al. 2104.09051",
        {"power": (0.5, 1 / 3, 1.0), "q": (30, 5, 10, 20, 50), "statistic": ("T2", "Q", "both")},
    ),
}  # fmt: skip

__all__ = ["PRIORS", "SCORES", "Recipe", "Scorer", "fit", "pvalue"]
