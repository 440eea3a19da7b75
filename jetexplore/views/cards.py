"""Which questions does the page answer? One card each, in their order, and what is told below its title."""

from __future__ import annotations

from jetexplore.views import compare, ensemble, networks, pairs, plane, published, resonance, scores
from jetexplore.views import map as maps
from jetexplore.views.card import Question
from jetexplore.views.jets import JetsView
from jetexplore.views.own import view as own

CARDS = (
    Question(
        JetsView,
        "jets",
        "What do these jets look like?",
        "Each picture is one jet seen along its axis: where its transverse momentum goes, after centring, turning its "
        "principal axis upright and flipping the harder side up and right.",
    ),
    Question(
        pairs.PairsView,
        "pairs",
        "How far apart are two jets, and what does that mean?",
        "The Wasserstein distance is the least work, transverse momentum times angle, that turns one jet into the "
        "other; the pixel-wise MSE and MAE do not know how far anything moved.",
        "the pairs of jets",
        660,
        pairs.prepare,
        wait=False,
    ),
    Question(
        scores.ScoresView,
        "scores",
        "Which jets does it call anomalous, and is that any good?",
        "The score is the distance to the reference events. With QCD jets as reference no signal is used to make it: "
        "Top and W jets only tell how well it does. With Top jets as reference, near ones are called anomalous.",
        "the scores",
        480,
        scores.prepare,
    ),
    Question(
        maps.MapView,
        "map",
        "Where do jets lie?",
        "Jets that are alike lie close together, by a distance or inside a network. Nothing here was told what a jet "
        "is: where classes part, they can be told apart without labels. Every point has its image.",
        "the map of jets",
        900,
        maps.prepare,
    ),
    Question(
        ensemble.EnsembleView,
        "events",
        "Which events stand for the ensemble?",
        "A few events stand for many: the average of all, k medoids, or others. More medoids lie nearer to every jet; "
        "the elbow is where one more hardly helps. The controls choose class, metric, kind and k.",
        "the reference events",
        700,
        ensemble.prepare,
    ),
    Question(
        published.Table2View,
        "table2",
        "Table 2, live: is that what was published?",
        "Every row is one choice of reference events, scored on the jets of this page beside the number that Fraser "
        "et al. (2021) print. Press a row, and the whole page shows it.",
        "table 2",
        640,
        published.prepare,
    ),
    Question(
        networks.NetworksView,
        "networks",
        "What did a network learn?",
        "An autoencoder squeezes a jet through few numbers, 64 an image or two a particle, and draws it again. Trained "
        "on QCD jets only, it should draw others badly. An untrained network and the average image are beside those of "
        "images: much needs no training.",
        "the networks",
        700,
        networks.prepare,
    ),
    Question(
        compare.CompareView,
        "compare",
        "Would another choice have been better?",
        "Two scores of the same jets: areas and their difference, whose error knows that the jets are the same, ranks "
        "of all jets, and the jets that one score finds more unusual than the other. Grey curves need no training.",
        "the comparison",
        1100,
        compare.prepare,
    ),
    Question(
        plane.PlaneView,
        "plane",
        "Which score finds both signals, and who could have known?",
        "Each point is one anomaly score with one choice of its options: how well it finds Top jets against how well "
        "it finds W jets. Signs around points are what a rule would choose that is shown no signal of these.",
        "all scores",
        620,
        plane.prepare,
    ),
    Question(
        resonance.ResonanceView,
        "dijets",
        "Is there a bump?",
        "A new particle that decays to two jets makes a bump in their mass. Events whose two jets look unusual are "
        "compared with what all other events predict, and the least likely window with what chance alone would do.",
        "dijet events",
        900,
        resonance.prepare,
    ),
    Question(
        own.OwnView,
        "own",
        "What about my jets?",
        "Jets of a file of yours, scored like the sample's, and ranked among its QCD jets. These were simulated with "
        "one generator, one detector, one window on pT: elsewhere a high rank tells a difference, not yet a signal.",
        "what takes your files",
        300,
        own.prepare,
        wait=False,  # a file may be dropped anywhere
    ),
)
