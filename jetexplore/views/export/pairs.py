"""Which distances does a card show? Those of all pairs, and the plan of one."""

from __future__ import annotations

from jetexplore import anomaly, distances
from jetexplore.anomaly import mapjets
from jetexplore.distances.pairs import pairs_among
from jetexplore.views import axes
from jetexplore.views.export.columns import Columns, of_pairs
from jetexplore.views.lasso import strokes
from jetexplore.views.state import Choice


def pairs(choice: Choice) -> Columns:
    """List both distances of all pairs of jets, or of those chosen on the map.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a pair: the two jets and their distances, in the units of the metrics.
    """
    x, y = (axes.distances_of(choice.sample, axes.axis(choice, name)) for name in axes.AXES)
    columns = {**of_pairs(len(x)), f"x_{axes.axis(choice, 'x')}": x, f"y_{axes.axis(choice, 'y')}": y}
    if not choice.lasso:
        return columns
    mask, _ = mapjets.chosen_of_class(strokes(choice.lasso), choice.sample, distances.n_items(len(x)))
    kept = pairs_among(mask)
    return {name: values[kept] for name, values in columns.items()}


def transport(choice: Choice) -> Columns:
    """List what the optimal plan moves from the first jet of the pair to the second.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row an arrow: where it begins and ends (rad), the fraction moved, and the cost of moving one.
    """
    first, second = (anomaly.images()[choice.sample][number] for number in choice.pair)
    plan = distances.optimal_plan(first, second, axes.plan_metric(choice))
    (eta, phi), (eta_to, phi_to) = plan.start.T, plan.end.T
    return {"eta": eta, "phi": phi, "eta_to": eta_to, "phi_to": phi_to, "fraction": plan.flow, "cost": plan.cost}
