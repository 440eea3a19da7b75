"""The explorer in headless Chromium, served exactly as the README says."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from jetexplore import anomaly, distances
from jetexplore.anomaly import areas
from jetexplore.models import checkpoints
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Card
from jetexplore.views.pairs import SHAPE
from jetexplore.views.sidebar import CONTROLS

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("JETEXPLORE_BROWSER_TESTS") != "required",
        reason="no Chromium on this machine",
    ),
]
DENSITY = 3 + 1 + 3  # three examples, the average and three medoids come first on the page
NAME_OF_FOCUSED = """() => {
    let at = document.activeElement
    while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement
    const group = at.closest("[role=group]")
    if (group) return group.getAttribute("aria-label") || ""
    const by = (at.getAttribute("aria-labelledby") || "").split(" ").map(id => id && at.getRootNode().getElementById(id))
    return at.getAttribute("aria-label") || by.map(one => one ? one.innerText : "").join("") || at.innerText
}"""
WAIT = 120_000  # ms; a busy machine is slow, and nothing here is timed


@pytest.fixture(scope="session")
def browser_type_launch_args():
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    return {"executable_path": CHROMIUM, "args": flags}


@contextmanager
def served(**environment):
    """Serve as the README says; gives the address and the process. A fault of ours in its log is a failure at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "apps/explorer.py", "--port", str(port)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, env={**os.environ, **environment})
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.25)
        yield f"http://localhost:{port}/explorer", psutil.Process(process.pid)
        process.terminate()
        process.wait(60)
        said.seek(0)
        log = said.read()
        assert str(ROOT / "jetexplore") not in log, log[-5000:]  # in the traceback of something that failed


@pytest.fixture(scope="module")
def server():
    with served() as found:
        yield found


class Visitor:
    """One page, what it asked for and what it complained about."""

    def __init__(self, page, url):
        self.page, self.url, self.complaints, self.requests = page, url, [], []
        page.set_default_timeout(WAIT)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, query=""):
        self.page.goto(self.url + query)
        self.page.wait_for_selector("canvas", state="attached")
        self.until(lambda: (slider := self.page.locator("input[type=range]")).count() > 0 and slider.first.is_enabled())
        self.until(lambda: len(self.titles()) >= 12)

    def until(self, holds, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return
            self.page.wait_for_timeout(100)
        pytest.fail(f"not within {seconds} s; the URL is {self.page.url}, the figures {self.titles()}")

    def titles(self):
        return self.page.evaluate(
            "() => (window.Bokeh ? Bokeh.documents : []).flatMap(d => [...d._all_models.values()])"
            ".filter(m => m.type == 'Figure').map(m => m.title ? m.title.text : '')"
        )

    def pairs_shown(self):
        """Sum over the pixels of the pair plot."""
        return self.page.evaluate(
            "() => Bokeh.documents.flatMap(d => [...d._all_models.values()])"
            ".map(m => m.type == 'ColumnDataSource' && m.data.image ? m.data.image[0] : null)"
            f".filter(i => i && i.shape && i.shape[0] == {SHAPE[0]})"
            ".map(i => i.reduce((sum, one) => sum + (isFinite(one) ? one : 0), 0))[0]"
        )

    def shown_figures(self):
        """Count the figures that can be seen."""
        return self.page.locator(".bk-Figure >> visible=true").count()

    def figure(self, number):
        """Box of a figure on the page, in the order of the page."""
        boxes = self.page.evaluate(
            """() => {
                const found = []
                const walk = root => root.querySelectorAll('*').forEach(e => {
                    if (e.classList.contains('bk-Figure')) found.push(e)
                    if (e.shadowRoot) walk(e.shadowRoot)
                })
                walk(document)
                window.figures = found
                return found.length
            }"""
        )
        assert boxes > number
        self.page.evaluate(f"() => window.figures[{number}].scrollIntoView({{block: 'center'}})")
        self.page.wait_for_timeout(500)
        return self.page.evaluate(
            f"() => {{ const b = window.figures[{number}].getBoundingClientRect(); return [b.x, b.y, b.width, b.height] }}"
        )

    def click(self, number, across, down):
        x, y, width, height = self.figure(number)
        self.page.mouse.click(x + across * width, y + down * height)

    def state(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def choose(self, label, option):
        self.page.get_by_label(label).click()
        self.page.get_by_role("menuitem", name=option, exact=True).click()

    def scroll_to_networks(self, network="reconstruction"):
        """Scroll until the last section begins to load, and wait for its first pictures."""
        self.page.get_by_text("What did a network learn?", exact=True).scroll_into_view_if_needed()
        self.page.wait_for_timeout(300)
        self.page.get_by_text("An autoencoder squeezes").scroll_into_view_if_needed()
        self.until(lambda: network in self.titles(), 240)

    def says(self, text):
        return self.page.get_by_text(text).count() > 0


@pytest.fixture
def visitor(page, server):
    page.set_viewport_size({"width": 1600, "height": 1200})
    return Visitor(page, server[0])


def test_every_control_and_the_same_state_after_a_reload(visitor):
    visitor.open()
    assert visitor.state() == {}
    visitor.page.get_by_label("Number of events k").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.choose("Metric of medoids and score", "MAE")
    wanted = anomaly.sample_rocs("QCD", "MAE", "medoids", 4)["Top"]
    visitor.until(lambda: visitor.says(f"{wanted.auc:.3f} ± {wanted.auc_error:.3f}"))
    visitor.page.get_by_role("button", name="W", exact=True).last.click()  # the networks have not been scrolled to
    visitor.until(lambda: visitor.state().get("signal") == "W")
    density = 3 + 1 + 4  # three examples, the average, four medoids come first on the page
    visitor.click(density, 0.3, 0.5)
    visitor.until(lambda: "pair" in visitor.state())
    visitor.click(density + 4, 0.3, 0.5)
    visitor.until(lambda: "efficiency" in visitor.state())
    before, titles = visitor.state(), [title for title in visitor.titles() if title.startswith("jet")]
    assert before.keys() == {"k", "metric", "signal", "pair", "efficiency"}
    i, j = (int(part) for part in before["pair"].strip("[]").split(","))
    cost = float(anomaly.pairs("QCD", "Wass(1)")[distances.pair_index(i, j, 1000)])
    assert titles == [f"jet {i} to jet {j}: Wass(1) = {cost:.6f} rad"]

    visitor.page.reload()
    visitor.open("?" + urlsplit(visitor.page.url).query)
    assert visitor.state() == before
    assert titles[0] in visitor.titles()
    assert "QCD medoid 4 of 4" in visitor.titles()
    assert visitor.says(f"QCD jets {i} and {j}")
    assert visitor.complaints == []


def test_fewer_and_more_reference_events(visitor):
    visitor.open()
    slider = visitor.page.get_by_label("Number of events k")
    slider.focus()
    visitor.page.keyboard.press("ArrowLeft")
    visitor.until(lambda: visitor.says("k = 2") or visitor.state() == {"k": "2"})
    visitor.until(lambda: "QCD medoid 2 of 2" in visitor.titles() and visitor.shown_figures() == 12)
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 3 of 3" in visitor.titles() and visitor.shown_figures() == 13)
    assert "QCD medoid 2 of 2" not in visitor.titles()
    visitor.until(lambda: visitor.state() == {})
    assert visitor.complaints == []


def test_all_pairs_of_another_metric_are_computed_while_the_page_lives(visitor):
    visitor.open()
    visitor.choose("Horizontal metric", "MAE")
    r = distances.correlation(anomaly.pairs("QCD", "MAE"), anomaly.pairs("QCD", "Wass(1)"))
    visitor.until(lambda: visitor.says(f"Pearson r = {r:.3f}"))
    visitor.until(lambda: not visitor.says("Computing the distances"))
    assert visitor.complaints == []


def test_another_metric_shows_all_pairs_again_after_zooming(visitor):
    visitor.open()
    x, y, width, height = visitor.figure(DENSITY)
    visitor.page.mouse.move(x + 0.4 * width, y + 0.5 * height)
    for _ in range(3):
        visitor.page.mouse.wheel(0, -200)
        visitor.page.wait_for_timeout(200)
    visitor.until(lambda: 0 < visitor.pairs_shown() < 400_000)
    visitor.choose("Horizontal metric", "MAE")
    visitor.until(lambda: visitor.pairs_shown() == 499_500)
    assert visitor.complaints == []


def test_every_control_is_reached_by_keyboard_and_has_a_name(visitor):
    visitor.open()
    reached = []
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate(NAME_OF_FOCUSED))
    labels = [label for names in CONTROLS.values() for label in names.values()]
    assert [name for name in reached if name in labels] == labels
    assert "" not in reached[: reached.index(labels[-1])]
    slider = visitor.page.get_by_role("slider", name="Jet number")
    slider.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: visitor.state() == {"example": "1"})
    visitor.page.keyboard.press("End")
    visitor.until(lambda: visitor.state() == {"example": "1999"})
    visitor.until(lambda: visitor.titles()[0].startswith("QCD jet 1999"))
    assert visitor.complaints == []


def test_going_back_and_forward_in_the_browser(visitor):
    visitor.open()
    visitor.choose("Metric of medoids and score", "MAE")
    visitor.until(lambda: visitor.state() == {"metric": "MAE"})
    slider = visitor.page.get_by_role("slider", name="Number of events k")
    slider.focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.page.go_back()
    visitor.until(lambda: "QCD medoid 3 of 3" in visitor.titles() and slider.input_value() == "3")
    visitor.until(lambda: visitor.state() == {"metric": "MAE"})
    visitor.page.go_back()
    visitor.until(lambda: visitor.says("min over 3 medoids") or visitor.says("For Wass(1) in QCD"))
    visitor.until(lambda: visitor.state() == {})
    visitor.page.go_forward()
    visitor.page.go_forward()
    visitor.until(lambda: "QCD medoid 4 of 4" in visitor.titles())
    visitor.until(lambda: visitor.state() == {"metric": "MAE", "k": "4"})
    assert visitor.complaints == []


@pytest.mark.parametrize("query", [
    "?pair=[999999,0]", '?pair=["a",null]', "?k=99&metric=Wass1", "?unknown=1&k=NaN", "?efficiency=x&signal=%3Cscript%3E",
    "?x=%3Cimg%20src=x%20onerror=attack()%3E", "?%3Cimg%20src=x%20onerror=attack()%3E=1",
])  # fmt: skip
def test_a_hostile_link_gives_the_full_page_and_a_notice(visitor, query):
    visitor.open(query)
    assert len(visitor.titles()) == 13
    visitor.until(lambda: visitor.says("The link"))
    visitor.until(lambda: visitor.state() == {})
    assert visitor.complaints == []


def test_no_request_leaves_the_machine(visitor):
    visitor.open()
    outside = [
        url
        for url in visitor.requests
        if urlsplit(url).scheme in ("http", "https") and urlsplit(url).hostname != "localhost"
    ]
    assert outside == []
    assert len(visitor.requests) > 5


def test_a_phone_sees_one_column_without_the_controls_over_it(page, server):
    page.set_viewport_size({"width": 412, "height": 900})
    visitor = Visitor(page, server[0])
    visitor.open()
    visitor.until(
        lambda: (
            page.get_by_label("Number of events k").count() == 0
            or not page.get_by_label("Number of events k").is_visible()
        )
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 412
    overflow = page.evaluate(
        """() => {
            let right = 0
            const walk = root => root.querySelectorAll('*').forEach(e => {
                right = Math.max(right, e.closest('.sidebar') ? 0 : e.getBoundingClientRect().right)
                if (e.shadowRoot) walk(e.shadowRoot)
            })
            walk(document.querySelector('main') || document)
            return right
        }"""
    )
    assert overflow <= 413
    assert visitor.complaints == []


def test_two_visitors_do_not_share_their_selections(visitor, context):
    visitor.open("?k=2")
    other = Visitor(context.new_page(), visitor.url)
    other.open("?metric=MAE")
    visitor.page.get_by_label("Number of events k").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowRight")
    visitor.until(lambda: visitor.state().get("k") == "4")
    assert other.state() == {"metric": "MAE"}
    assert "QCD medoid 4 of 4" not in other.titles()


def test_the_processor_rests_after_the_last_page_closes(page):
    with served() as (url, process):
        visitor = Visitor(page, url)
        visitor.open()
        visitor.page.get_by_label("Number of events k").focus()
        for _ in range(4):
            visitor.page.keyboard.press("ArrowRight")
        visitor.page.close()
        busy = []
        while not busy or (min(busy) >= 0.05 and len(busy) < 20):  # what was asked for last is still carried out
            before = sum(process.cpu_times()[:2])
            time.sleep(4)
            busy.append((sum(process.cpu_times()[:2]) - before) / 4)
        assert busy[-1] < 0.05, busy  # a server that spins never rests


# ------------------------------------------------------------------------------------------------ networks


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """The data of the checkout with two networks of random weights, one of them scored."""
    folder = tmp_path_factory.mktemp("data")
    for path in (ROOT / "data").iterdir():
        if path.name != "networks":
            (folder / path.name).symlink_to(path)
    networks = folder / "networks"
    networks.mkdir()
    for depth, beta in ((3, 1e-8), (1, 1e-7)):
        card = Card(
            f"vae-MSE-d{depth}-b{beta:.0e}".replace("e-0", "e-"), "vae", depth, beta=beta, loss_scale=1600.0, n_train=30000,
            epochs=2, best_epoch=2, loss=2e-5, mse=2e-5, mean_image_mse=1e-4, active=9, curve=(3e-5, 2e-5),
            curve_train=(3e-5, 2e-5), origin="simulated here",
        )  # fmt: skip
        checkpoints.write(networks / f"{card.name}.safetensors", initial(depth, 7), card)
    areas.evaluate(networks, ["vae-MSE-d3-b1e-8"], ["Loss"], progress=False)
    return folder


@pytest.fixture(scope="module")
def networks_server(zoo):
    with served(JETEXPLORE_DATA=str(zoo)) as found:
        yield found


def test_a_network_is_loaded_when_it_is_scrolled_to_and_shows_the_areas_of_its_card(page, networks_server, zoo):
    page.set_viewport_size({"width": 1440, "height": 1000})
    visitor = Visitor(page, networks_server[0])
    visitor.open()
    page.wait_for_timeout(2000)
    assert len(visitor.titles()) == 13
    assert visitor.says("Loading the networks")
    visitor.scroll_to_networks()
    assert visitor.says("30,000 jets, 2 epochs, not converged")
    visitor.until(lambda: "W against QCD" in visitor.titles(), 400)
    card = checkpoints.read_card(zoo / "networks" / "vae-MSE-d3-b1e-8.safetensors")
    for signal in ("Top", "W"):
        assert visitor.says(f"{card.areas['Loss'][signal].auc:.3f}")
    assert visitor.state() == {}
    assert visitor.complaints == []


def test_another_network_and_a_walk_are_the_same_after_a_reload(page, networks_server):
    page.set_viewport_size({"width": 1440, "height": 1000})
    visitor = Visitor(page, networks_server[0])
    visitor.open()
    visitor.scroll_to_networks()
    visitor.choose("Blocks", "1")
    visitor.until(lambda: visitor.state().get("network") == "vae-MSE-d1-b1e-7")
    visitor.until(lambda: visitor.says("vae-MSE-d1-b1e-7: 30,000 jets"))
    slider = page.get_by_role("slider", name="Moved by, in standard deviations over QCD jets")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    visitor.until(lambda: visitor.state().get("shift") == "0.3")
    visitor.until(lambda: any(title.endswith("at +0.3 σ") for title in visitor.titles()))
    page.get_by_role("button", name="Next", exact=True).click()
    visitor.until(lambda: visitor.state().get("example") == "1" and visitor.titles().count("QCD jet 1") == 2)
    before, titles = visitor.state(), [title for title in visitor.titles() if title.startswith("dimension")]
    page.reload()
    visitor.open("?" + urlsplit(page.url).query)
    visitor.scroll_to_networks()
    assert visitor.state() == before
    assert [title for title in visitor.titles() if title.startswith("dimension")] == titles
    assert visitor.says("vae-MSE-d1-b1e-7: 30,000 jets")
    assert visitor.complaints == []


def test_a_place_of_the_scan_that_was_not_run_says_so(page, networks_server):
    visitor = Visitor(page, networks_server[0])
    page.set_viewport_size({"width": 1440, "height": 1000})
    visitor.open("?network=vae-MSE-d2-b1e-5")
    visitor.page.get_by_text("What did a network learn?", exact=True).scroll_into_view_if_needed()
    visitor.page.get_by_text("An autoencoder squeezes").scroll_into_view_if_needed()
    visitor.until(lambda: visitor.says("vae-MSE-d2-b1e-5 was not run"), 240)
    assert visitor.says("1e-05 · not run")
    assert visitor.complaints == []


def test_without_any_network_a_phone_shows_random_weights_in_one_column(page, zoo, tmp_path):
    for path in zoo.iterdir():
        if path.name != "networks":
            (tmp_path / path.name).symlink_to(path.resolve())
    with served(JETEXPLORE_DATA=str(tmp_path)) as (url, _):
        page.set_viewport_size({"width": 390, "height": 844})
        visitor = Visitor(page, url)
        visitor.open()
        visitor.scroll_to_networks()
        assert visitor.says("No trained network is here yet")
        assert visitor.says("RANDOM WEIGHTS")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert visitor.complaints == []
