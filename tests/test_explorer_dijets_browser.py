"""Graph autoencoders and the dijet search in headless Chromium: they open when scrolled to, follow, and fit a phone."""

from __future__ import annotations

from visiting import BROWSER, NETWORKS, RIGHT

from jetexplore.anomaly import graphstudy, resonance

pytestmark = BROWSER
BUMP = "Is there a bump?"


def test_a_search_follows_the_controls_and_the_link(visitor):
    visitor.open("?injected=800")
    visitor.reach(BUMP, "is the least likely window")
    found = resonance.search_table("PGAE MSE, transverse", "min", 0.7, "box1", 800, "refitted")
    visitor.until(lambda: visitor.says(f"{found.search.low / 1000:.2f} to {found.search.high / 1000:.2f} TeV"))
    assert visitor.says("SIMULATED HERE")
    visitor.choose("Jet score", "jet mass")
    visitor.until(lambda: visitor.state().get("jet_score") == "jet mass")
    other = resonance.search_table("jet mass", "min", 0.7, "box1", 800, "refitted")
    visitor.until(
        lambda: visitor.says(f"AUC of this score: {other.auc.value:.3f}") or visitor.says(f"{other.auc.value:.3f}")
    )
    visitor.choose("Recipe", "authors")
    visitor.until(lambda: visitor.says("The fit of the authors' public code"))
    assert visitor.state() == {"injected": "800", "jet_score": "jet mass", "recipe": "authors"}
    assert visitor.was_quiet()


def test_a_graph_autoencoder_is_chosen_beside_the_others(visitor):
    visitor.open("?network=vae-Wass1-d2-b1e-5")  # which was not run: nothing of it is computed meanwhile
    visitor.reach(NETWORKS, "jet images")
    visitor.page.get_by_role("button", name="particle clouds (PGAE)").click()
    visitor.until(lambda: visitor.state().get("architecture") == "PGAE")
    names = list(graphstudy.graph_networks())
    visitor.reach(NETWORKS, "background jet 0")
    visitor.until(lambda: "background jet 0" in visitor.titles())
    visitor.choose("Graph autoencoder", names[-1])
    visitor.until(lambda: visitor.state().get("graph") == names[-1])
    found = graphstudy.cloud(names[-1], "background", 0)
    visitor.until(lambda: visitor.says(f"{found.mass[0]:.0f} → {found.mass[1]:.0f} GeV"))
    visitor.page.get_by_role("button", name="box1", exact=True).first.click()
    visitor.until(lambda: "box1 jet 0" in visitor.titles())
    assert visitor.was_quiet()


def test_a_phone_sees_both_in_one_column(visitor):
    page = visitor.page
    page.set_viewport_size({"width": 412, "height": 900})
    visitor.open("?architecture=PGAE")
    visitor.reach(NETWORKS, "background jet 0")
    visitor.reach(BUMP, "is the least likely window")
    page.wait_for_timeout(1500)
    right, widest = page.evaluate(RIGHT)
    assert right <= 413, widest
    assert visitor.was_quiet()
