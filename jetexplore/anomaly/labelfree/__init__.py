"""Which jets are unlike the background, without a single label? Scores fitted on background jets only."""

from jetexplore.anomaly.labelfree.averageimage import average_image
from jetexplore.anomaly.labelfree.efps import energy_flow
from jetexplore.anomaly.labelfree.fisher import combined, fisher
from jetexplore.anomaly.labelfree.kernelmahalanobis import kernel_mahalanobis
from jetexplore.anomaly.labelfree.linearised import linearised_transport
from jetexplore.anomaly.labelfree.massdensity import mass_density
from jetexplore.anomaly.labelfree.mixture import gaussian_mixture
from jetexplore.anomaly.labelfree.neighbours import observables_knn
from jetexplore.anomaly.labelfree.observable import single
from jetexplore.anomaly.labelfree.pseudoprong import pseudo_prong
from jetexplore.anomaly.labelfree.pvalues import pvalue
from jetexplore.anomaly.labelfree.recipes import PRIORS, Recipe, Scorer, fit
from jetexplore.anomaly.labelfree.scaledw import scaled_w
from jetexplore.anomaly.labelfree.substructure import OBSERVABLES, observables
from jetexplore.anomaly.labelfree.vaescore import vae_score
from jetexplore.anomaly.labelfree.wassersteinknn import wasserstein_knn
from jetexplore.anomaly.labelfree.whitened import whitened_pca

PAIR = (("ScaledW", {"reduce": "medoid"}), ("WhitenedPCA", {}))  # transport and whitening, chosen for no signal

SCORES: dict[str, Recipe] = {
    "ScaledW": Recipe(
        scaled_w, "Wass(p) of jets scaled by 2m/pT, section 5 of Fraser et al. and Roy, Vijay 1903.02032",
        {"reduce": ("KDE", "medoid", "mean"), "by": ("mass", "rms", "none"), "p": (1.0, 0.5, 2.0),
         "bandwidth": (0.25, 0.1, 0.4, 0.6), "n_reference": (500, 200, 1000)},
    ),
    "KernelMahalanobis": Recipe(
        kernel_mahalanobis, "T^2 in the space of exp(-W), after Hoffmann, Pattern Recognition 40 (2007) 863",
        {"s": (1.0, 0.5, 1.4), "q": (60, 20, 100), "by": ("none", "mass"), "statistic": ("T2", "Q"),
         "metric": ("Wass(1)", "Wass(0.5)"), "n_reference": (500, 1000)},
    ),
    "VAE": Recipe(
        vae_score, "section 3.2 of Fraser et al. on images^power, Finke et al. 2104.09051",
        {"network": ("vae-MSE-d2-b1e-8-power0.5", "vae-MSE-d2-b1e-8-s1-power0.5", "vae-MSE-d2-b1e-8"),
         "statistic": ("Fisher", "MSE", "Mahalanobis")},
    ),
    "Fisher": Recipe(fisher, "sum of -log p, Fisher 1925, of held-out background p-values", {"members": (PAIR,)}),
    "WhitenedPCA": Recipe(
        whitened_pca, "T^2 of images^power, Finke et al. 2104.09051",
        {"power": (0.5, 1 / 3, 1.0), "q": (30, 5, 10, 20, 50), "statistic": ("T2", "Q", "both")},
    ),
    "PseudoProng": Recipe(
        pseudo_prong, "background against decays made of it, after Aguilar-Saavedra et al. 2008.12792",
        {"prongs": ((2, 3, 4), (2,), (2, 3), (3,), (4,)), "seed": (0, 1, 2, 3, 4)}, "physics",
    ),
    "ObservablesKNN": Recipe(
        observables_knn, "k nearest in a few observables, Ramaswamy et al. SIGMOD 29 (2000) 427", {"k": (20, 5, 50)},
    ),
    "GaussianMixture": Recipe(
        gaussian_mixture, "-log p of a few observables, scikit-learn",
        {"components": (10, 3, 5, 20), "seed": (0, 1, 2)},
    ),
    "MassDensity": Recipe(
        mass_density, "-log p(m/pT), Gaussian kernels of Scott's width", {"bandwidth": (None, 0.1, 0.3)},
    ),
    "EnergyFlowPolynomials": Recipe(
        energy_flow, "Mahalanobis distance of EFPs, Komiske et al. 1712.07124", {"degree": (4, 2, 3)},
    ),
    "LinearisedOT": Recipe(
        linearised_transport, "linearised Wass(2) to a disc, Cai et al. 2008.08604",
        {"statistic": ("mahalanobis", "knn"), "q": (20, 10, 40), "k": (5, 20), "points": (100, 200)},
    ),
    "WassKNN": Recipe(
        wasserstein_knn, "k nearest by exact Wass(p), after section 5 of Fraser et al. 2110.06948",
        {"p": (1.0, 0.5, 2.0), "k": (5, 1, 20), "references": (500, 1000)},
    ),
    "AverageImage": Recipe(
        average_image, "distance from the average image, section 5 of Fraser et al. 2110.06948",
        {"metric_name": ("MAE", "MSE")},
    ),
    "D2": Recipe(single("D2"), "-D2 of energy correlations, Larkoski, Moult, Neill 1409.6298", prior="physics"),
    "N2": Recipe(single("N2"), "-N2 of energy correlations, Moult, Necib, Thaler 1609.07483", prior="physics"),
    "tau21": Recipe(single("tau21"), "-tau21 of N-subjettiness, Thaler, Van Tilburg 1011.2268", prior="physics"),
    "tau32": Recipe(single("tau32"), "-tau32 of N-subjettiness, Thaler, Van Tilburg 1011.2268", prior="physics"),
    "isotropy": Recipe(single("isotropy"), "-isotropy of a jet, after Cesarotti, Thaler 2004.06125", prior="physics"),
    "multiplicity": Recipe(single("multiplicity"), "number of constituents", prior="physics"),
    "jet mass": Recipe(single("mass"), "mass of all constituents, GeV", prior="physics"),
}  # fmt: skip

__all__ = ["OBSERVABLES", "PRIORS", "SCORES", "Recipe", "Scorer", "combined", "fit", "observables", "pvalue"]
