"""Must medoids be found with the metric that scores? Areas for every pair of metrics.

Fraser et al. (2021), section 5: "restricting to the case where they are the same does not qualitatively change our
results".
"""

from __future__ import annotations

from collections.abc import Iterable

from jetexplore.anomaly import curves, ensembles, samples, scores

METRICS = ("MAE", "Wass(1)", "Wass(2)", "Wass(5)")


def crossed_metrics(
    medoid_metrics: Iterable[str] = METRICS,
    anomaly_metrics: Iterable[str] = METRICS,
    reference: str = "QCD",
    k: int = 3,
    n_test: int | None = None,
    source: str = "sample",
) -> list[dict[str, object]]:
    """Find medoids with one metric and score test jets with another.

    Parameters
    ----------
    medoid_metrics, anomaly_metrics : iterable of str
        Metrics on images.
    reference : str
        Class of the reference events.
    k : int
        Medoids, 1 to 10.
    n_test : int, optional
        Test jets a class; all if omitted.
    source : str
        Data set.

    Returns
    -------
    list of dict
        One record a pair of metrics and signal: ``medoid_metric``, ``anomaly_metric``, ``signal``, ``auc`` (no
        bootstrap, one reference of 700 jets).

    Raises
    ------
    InputError
        For unknown names or k out of range.
    """
    tests = {name: some[:n_test] for name, some in samples.images(source).items()}
    side, records = samples.orientation_of(reference), []
    anomaly_metrics = list(anomaly_metrics)
    for first in medoid_metrics:
        events = ensembles.reference_images(reference, first, "medoids", k, source=source)
        for second in anomaly_metrics:
            found = {name: scores.event_to_ensemble(some, events, second, "min", side) for name, some in tests.items()}
            records += [
                {
                    "medoid_metric": first, "anomaly_metric": second, "signal": signal,
                    "auc": curves.auc(found["QCD"], found[signal], 0).value,
                }
                for signal in found if signal != "QCD"
            ]  # fmt: skip
    return records
