"""How is the card of a network told? As HTML, in which nothing acts as markup."""

from __future__ import annotations

import html

from jetexplore.anomaly import standing
from jetexplore.models.cards import Card
from jetexplore.views.state import LATENT


def describe(card: Card) -> str:
    """Write the card of a network as HTML; nothing in it acts as markup.

    Parameters
    ----------
    card : Card
        Of a network, trained or not.

    Returns
    -------
    str
        Whether it converged or collapsed first of all, then what it stands on.
    """
    if card.training_metric == "none":
        marks = [("RANDOM WEIGHTS", "#8a8a99")]
        told = "Nothing was trained: what it does anyway is what a trained network has to be compared with."
        facts = {"blocks": card.downsamplings, "seed": card.seed}
    else:
        marks = [(card.origin.upper(), "#b26a00")]
        marks += [("COLLAPSED", "#d32f2f")] if card.collapsed else []
        marks += [("CONVERGED", "#2e7d32") if card.converged else ("NOT CONVERGED", "#8a8a99")]
        other = standing.other_jets(card)
        marks += [("OTHER JETS", "#d32f2f")] if other else []
        told = html.escape(f"{card.title}; {other}" if other else card.title)
        facts = {
            "training metric": card.training_metric,
            "training jets": f"{card.n_train:,} {', '.join(card.classes)}", "validation jets": f"{card.n_valid:,}",
            "epochs": f"{card.epochs}, weights of epoch {card.best_epoch}", "validation loss": f"{card.loss:.4g}",
            **(_of_images(card) if card.kind == "vae" else _of_clouds(card)),
            "seed": card.seed, "start": card.start, "precision": card.precision, "jets' digest": card.data or "unknown",
            "test jets' digest": (card.tested or "unknown") if card.areas else "no areas",
        }  # fmt: skip
    chips = "".join(
        f'<span style="border:1.5px solid {colour};border-radius:12px;padding:1px 10px;margin-right:6px;'
        f'font-size:12px;font-weight:600;white-space:nowrap">{html.escape(text)}</span>'
        for text, colour in marks
        if text
    )
    rows = "".join(
        f'<div><div style="opacity:0.7;font-size:11px">{name}</div><div>{html.escape(str(value))}</div></div>'
        for name, value in facts.items()
    )
    return (
        f'<div style="margin:2px 0 8px">{chips}</div><div style="font-weight:600;margin-bottom:8px">{told}</div>'
        '<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:6px 14px;'
        f'font-size:13px;overflow-wrap:anywhere">{rows}</div>'
    )


def _of_images(card: Card) -> dict[str, object]:
    better = f"{card.mse:.3g}; that of the average image is {card.mean_image_mse:.3g}"
    return {
        "validation MSE": better, "blocks": card.downsamplings, "β": f"{card.beta:g}",
        "divergence": f"{card.divergence:.1f} nats", "active latents": f"{card.active} of {LATENT}",
    }  # fmt: skip


def _of_clouds(card: Card) -> dict[str, object]:
    found = {"a particle is": card.inputs}
    for name, error in card.results.items():
        spread = card.results.get(f"variance {name.removeprefix('MSE ')}")
        if name.startswith("MSE ") and spread:
            found[f"error of {name.removeprefix('MSE ')}"] = f"{(error / spread) ** 0.5:.0%} of its spread"
    return found
