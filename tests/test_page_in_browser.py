"""Pages of graphs in a real browser: what is shown, and what happens on clicks and keys. Chromium, through Selenium."""

import json
import shutil
from importlib.util import find_spec

import numpy as np
import pytest
from needs import needs_graphviz

import tensorgraph as tg
from tensorgraph import Tensor
from tensorgraph.viz import graph
from tensorgraph.viz.page import page_of

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and its driver are not installed"),
    pytest.mark.skipif(find_spec("selenium") is None, reason="selenium is not installed"),
    needs_graphviz,
]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,900",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", LIGHT)
    yield driver
    driver.quit()


LIGHT = {"media": "", "features": [{"name": "prefers-color-scheme", "value": "light"}]}
DARK = {"media": "", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}


class Shown:
    """A page in the browser, and ways to use it as a person does."""

    def __init__(self, browser, path):
        self.browser = browser
        browser.get_log("browser")
        browser.get(path.as_uri())

    def run(self, script, *args):
        return self.browser.execute_script(script, *args)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def text(self, selector):
        return self.one(selector).text

    def press(self, *keys):
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def click(self, element):
        """With the mouse, at the place of the element."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).move_to_element(element).click().perform()

    def hover(self, element):
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).move_to_element(element).perform()

    def node(self, words):
        return self.one(f'#items .node[aria-label^="{words}"]')

    def box(self, name):
        return self.one(f'#items .box[aria-label^="{name},"]')

    def boxes(self):
        """Modules that are drawn, and whether they are open."""
        return {
            box.get_attribute("aria-label").split(",")[0]: box.get_attribute("aria-expanded")
            for box in self.all("#items .box")
        }

    def titles(self):
        return [title.text for title in self.all("#items .node .title .name")]

    def log(self):
        return [entry["message"] for entry in self.browser.get_log("browser")]

    @property
    def keys(self):
        from selenium.webdriver import Keys

        return Keys


@pytest.fixture
def show(browser, tmp_path):
    """Opens a page; at the end, no error and no violation of its policy was logged, and nothing was loaded."""
    pages = []

    def opened(what):
        path = tmp_path / f"{len(pages)}.html"
        path.write_text(page_of(what) if isinstance(what, dict) else what, encoding="utf-8")
        pages.append(Shown(browser, path))
        return pages[-1]

    yield opened
    for page in pages[-1:]:
        assert page.log() == []
        assert page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []


def parameter(*shape, name=None):
    return Tensor(np.ones(shape), requires_grad=True, name=name)


def net_loss():
    x, w1, w2 = np.ones((5, 4)), parameter(4, 8, name="W1"), parameter(8, 3, name="W2")
    with tg.scope("net"):
        with tg.scope("layer1"):
            hidden = tg.relu(tg.affine(x, w1, parameter(8, name="b1")))
        with tg.scope("layer2"):
            scores = tg.affine(hidden, w2, parameter(3, name="b2"))
    loss = tg.softmax_loss(scores, np.arange(5) % 3) + 0.5 * (w2 * w2).sum()
    loss.name = "loss"
    return loss


def records(output, **options):
    return json.loads(graph(output, **options).to_json())


@pytest.fixture(scope="module")
def measured():
    """What is known of a net whose forward and backward were measured; its times are made up, one microsecond each."""
    with tg.record():
        loss = net_loss()
        record = records(loss, measure=True)
    for facts in [*(node["facts"] for node in record["nodes"]), *(scope["facts"] for scope in record["scopes"])]:
        for key in {"forward_seconds", "backward_seconds"} & set(facts):
            facts[key] = 1e-6 * facts.get("parameters", 1)
    return record


# Opening and closing


def test_a_small_net_opens_in_full(show):
    page = show(records(net_loss()))
    assert page.browser.title == "loss · tensorgraph"
    assert page.text("#title") == "loss"
    assert page.text("#subtitle") == "forward · 14 nodes"
    assert page.boxes() == {"net": "true", "layer1": "true", "layer2": "true"}
    assert sorted(page.titles()) == (
        [
            "W1",
            "W2",
            "add",
            "affine",
            "affine",
            "b1",
            "b2",
            "multiply",
            "multiply",
            "relu",
            "softmax_loss",
            "sum",
            "x",
            "y",
        ]
    )
    assert page.text("#level") == "2 / 2"


def test_closed_modules_have_nothing_inside(show):
    page = show(records(net_loss()))
    page.click(page.box("layer1"))
    assert page.boxes()["layer1"] == "false"
    assert "relu" not in page.titles()
    assert page.text("#said") == "layer1 closed"
    page.click(page.box("net"))
    assert page.boxes() == {"net": "false"}
    assert sorted(page.titles()) == ["add", "multiply", "multiply", "softmax_loss", "sum", "x", "y"]
    page.click(page.box("net"))
    assert page.boxes() == {"net": "true", "layer1": "false", "layer2": "true"}, "as it was left"


def test_a_header_stays_under_the_pointer(show):
    """Whatever moves: here, what is opened on the right needs room on its left."""
    t, parts = parameter(2, 2, name="t"), []
    for name in ("left", "right"):
        with tg.scope(name):
            parts.append(sum(np.sin(t @ parameter(2, 2)) for _ in range(5)))
    page = show(records(parts[0] * parts[1]))
    page.one("#depth").send_keys(page.keys.HOME)
    page.press("-" * 6)  # so that there is room for all of it
    for name in ("right", "left", "right", "right"):
        box = page.box(name)
        before = box.rect
        page.click(box)
        after = page.box(name).rect
        middle = before["x"] + before["width"] / 2, after["x"] + after["width"] / 2
        assert abs(middle[0] - middle[1]) < 5
        assert abs(before["y"] - after["y"]) < 5


def test_the_depth_slider_opens_to_a_depth(show):
    page = show(records(net_loss()))
    page.one("#depth").send_keys(page.keys.ARROW_LEFT)
    assert page.boxes() == {"net": "true", "layer1": "false", "layer2": "false"}
    assert page.text("#level") == "1 / 2"
    page.one("#depth").send_keys(page.keys.HOME)
    assert page.boxes() == {"net": "false"}
    page.one("#depth").send_keys(page.keys.END)
    assert page.boxes() == {"net": "true", "layer1": "true", "layer2": "true"}


def test_a_double_click_inside_closes_a_module(show):
    from selenium.webdriver import ActionChains

    page = show(records(net_loss()))
    frame = page.run(
        "const f = composed.frames.find((f) => f.box.name === 'layer2'), box = canvas.getBoundingClientRect();"
        "return [box.left + (f.left + 8 - at.x) * at.zoom, box.top + (f.top + f.height - 6 - at.y) * at.zoom]"
    )
    actions = ActionChains(page.browser)
    actions.w3c_actions.pointer_action.move_to_location(*map(round, frame))
    actions.w3c_actions.pointer_action.double_click()
    actions.perform()
    assert page.boxes()["layer2"] == "false"


OVERLAPS = """
const apart = (a, b) => Math.abs(a.x - b.x) >= (a.width + b.width) / 2 - 1
  || Math.abs(a.y - b.y) >= (a.height + b.height) / 2 - 1;
const whole = composed.inside, found = [];
for (const frame of whole.values()) {
  for (const [i, a] of frame.spots.entries()) {
    for (const b of frame.spots.slice(0, i)) if (!apart(a, b)) found.push([a.child, b.child]);
    if (frame.number && (a.x - a.width / 2 < frame.left || a.x + a.width / 2 > frame.left + frame.width
      || a.y - a.height / 2 < frame.top + HEADER || a.y + a.height / 2 > frame.top + frame.height)) {
      found.push([a.child, 'outside']);
    }
  }
}
return found;
"""


@pytest.mark.parametrize("view", ["forward", "both"])
def test_whichever_modules_are_open_nothing_overlaps(show, view):
    """Branches side by side, in modules in modules, with arrays that pass by."""
    rng = np.random.default_rng(0)

    def branches(t, depth):
        if not depth:
            return np.tanh(t @ parameter(2, 2, name="w"))
        parts = []
        for i in range(rng.integers(2, 4)):
            with tg.scope(f"part{i}"):
                parts.append(branches(parts[-1] + t if parts and rng.random() < 0.5 else t, depth - 1))
        return sum(parts) * t

    page = show(records(branches(parameter(2, 2, name="t"), 3).sum(), view=view))
    count = page.run("return boxes.length")
    assert count > 15
    for _ in range(40):
        opened = [0, *(int(i) for i in np.flatnonzero(rng.random(count) < rng.uniform(0.2, 1)))]
        page.run("state.opened = new Set(arguments[0]); draw()", opened)
        assert page.run(OVERLAPS) == [], opened


def test_lines_end_at_what_they_join(show):
    page = show(records(net_loss()))
    loose = page.run("""
        const on = ([x, y], s) => Math.abs(x - s.x) <= s.width / 2 + 2 && Math.abs(y - s.y) <= s.height / 2 + 2;
        const spots = new Map(composed.items.map((spot) => [spot.child, spot]));
        return composed.wires.filter((w) => w.arrow && !on(w.points.at(-1), spots.get(w.head))).length;
    """)
    assert loose == 0
    assert page.run("return composed.wires.filter((wire) => wire.arrow).length") == 14


def test_lines_meet_at_borders(show):
    """Where a line reaches the border of an open module, another goes on inside."""
    page = show(records(net_loss()))
    ends, starts = page.run(
        "const { wires } = composed;"
        "return [wires.filter((w) => !w.arrow).map((w) => w.points.at(-1)), wires.map((w) => w.points[0])]"
    )
    assert len(ends) == 8
    for x, y in ends:
        assert any(abs(x - u) < 0.5 and abs(y - v) < 0.5 for u, v in starts)


# Search


def test_search_highlights_counts_and_jumps(show):
    page = show(records(net_loss()))
    page.one("#depth").send_keys(page.keys.HOME)
    page.press("/")
    assert page.browser.switch_to.active_element.get_attribute("id") == "search"
    page.press("affine")
    assert page.text("#found") == "2 matches"
    assert len(page.all(".hit")) == 2, "the modules around them are open now"
    page.press(page.keys.ENTER)
    assert page.text("#found") == "1 of 2"
    assert page.text("#panel h2") == "affine"
    assert len(page.all(".current")) == 1
    first = page.one(".current").get_attribute("data-node")
    page.press(page.keys.ENTER)
    assert page.text("#found") == "2 of 2"
    assert page.one(".current").get_attribute("data-node") != first
    page.press(page.keys.ESCAPE)
    assert page.all(".hit") == []
    assert page.one("#search").get_attribute("value") == ""


def test_search_brings_a_match_into_sight(show):
    page = show(records(net_loss()))
    page.run("look({ zoom: 4, x: 0, y: 0 })")
    page.press("/softmax")
    found, canvas = page.one("#items .hit").rect, page.one("#canvas").rect
    assert canvas["x"] < found["x"] < canvas["x"] + canvas["width"] - found["width"]
    assert canvas["y"] < found["y"] < canvas["y"] + canvas["height"] - found["height"]


@pytest.mark.parametrize(
    "words, count",
    [("W1", 1), ("(4, 8)", 1), ("net/layer2", 3), ("parameter", 4), ("LAYER1", 5), ("nothing of this", 0)],
)
def test_search_knows_names_shapes_kinds_and_modules(show, words, count):
    page = show(records(net_loss()))
    page.press("/" + words)
    assert page.text("#found") == ("1 match" if count == 1 else f"{count} matches")
    assert len(page.all(".hit")) == count


def test_a_closed_module_shows_that_matches_are_inside(show):
    t = parameter(2)
    for i in range(60):
        with tg.scope(f"block{i}"):
            t = np.tanh(np.sin(t))
    page = show(records(t))
    page.one("#depth").send_keys(page.keys.HOME)
    page.press("/tanh")
    assert page.text("#found") == "60 matches"
    assert len(page.all(".holds")) == 60, "too many to open them all"


# What is known


def test_the_panel_tells_everything_about_a_node(show, measured):
    page = show(measured)
    page.click(page.node("relu"))
    panel = page.text("#panel")
    assert page.text("#panel h2") == "relu"
    for word in ["(5, 8) float64", "forward", "backward", "saved", "gradient norm", "dead units"]:
        assert word in panel
    for title in ["Values", "Gradient", "Inputs", "Used by", "Saved for the backward", "In the code", "About relu"]:
        assert title.upper() in panel
    assert "test_page_in_browser.py:" in panel
    assert "tg.relu(tg.affine(x, w1" in panel
    assert [len(chart.find_elements("css selector", "rect")) for chart in page.all("#panel .histogram")] == [20, 20]
    assert page.one("#panel details summary").text == "Backward rule for x"
    page.one("#panel details summary").click()
    assert "return" in page.text("#panel details pre") or "lambda" in page.text("#panel details pre")


def test_links_of_the_panel_jump(show, measured):
    page = show(measured)
    page.click(page.node("softmax_loss"))
    links = page.all("#panel [data-go-node]")
    assert [link.text for link in links] == ["affine", "y", "add"]
    page.click(page.box("net"))
    links[0].click()
    assert page.text("#panel h2") == "affine"
    assert page.boxes()["layer2"] == "true"
    assert [link.text for link in page.all("#panel .trail button")] == ["net", "layer2"]
    page.all("#panel .trail button")[0].click()
    assert page.text("#panel h2") == "net"
    assert "parameters" in page.text("#panel")
    page.one("#close").click()
    assert not page.one("#panel").is_displayed()


def test_the_tooltip_says_what_is_under_the_pointer(show, measured):
    page = show(measured)
    assert not page.one("#tooltip").is_displayed()
    page.hover(page.node("W1"))
    assert page.text("#tooltip strong") == "W1"
    assert "(4, 8) float64" in page.text("#tooltip")
    assert "gradient norm" in page.text("#tooltip")
    assert len(page.all(".wire.lit")) == 1
    page.hover(page.one("#title"))
    assert not page.one("#tooltip").is_displayed()


def test_what_was_not_measured_is_not_shown(show):
    page = show(records(net_loss()))
    assert [option.text for option in page.all("#colour option")] == ["kind"]
    page.click(page.node("relu"))
    assert "MEASURED" not in page.text("#panel")
    assert page.all("#panel .histogram") == []


# Colours and themes


def fill(page, element):
    return page.run("return getComputedStyle(arguments[0].querySelector('.body')).fill", element)


def test_colours_follow_a_measure(show, measured):
    page = show(measured)
    assert [option.text for option in page.all("#colour option")] == [
        "kind", "time", "saved bytes", "gradient norm", "dead units",
    ]  # fmt: skip
    before = fill(page, page.node("relu"))
    page.one("#colour option[value=bytes]").click()
    assert page.text("#legend b") == "saved bytes"
    assert "logarithmic" in page.text("#legend")
    assert len(page.all("#items .painted")) == 14
    assert fill(page, page.node("relu")) != before
    values = [node.get("facts", {}).get("saved_bytes") for node in measured["nodes"]]
    most = int(np.argmax([value or 0 for value in values]))
    page.one("#depth").send_keys(page.keys.END)
    assert fill(page, page.one(f'[data-node="{most}"]')).startswith("rgb(")
    page.one("#colour option[value=kind]").click()
    assert fill(page, page.node("relu")) == before
    assert "parameter" in page.text("#legend")


def test_closed_modules_have_the_colour_of_their_sum(show, measured):
    page = show(measured)
    page.one("#depth").send_keys(page.keys.HOME)
    page.one("#colour option[value=time]").click()
    assert page.run("return shareOf(state.scale, state.scale.ofBoxes[1])") == 1, "of all it has the most"
    assert page.box("net").get_attribute("class") == "box closed painted"
    dark = page.run("return shade(1, false).fill").removeprefix("rgb(").removesuffix(")").split()
    assert fill(page, page.box("net")) == f"rgb({', '.join(dark)})"


def test_a_module_that_stands_for_many_has_the_colour_of_all_of_them(show, measured):
    record = json.loads(json.dumps(measured))
    next(scope for scope in record["scopes"] if scope["path"][-1] == "layer1")["facts"]["saved_bytes"] = 5_000_000
    page = show(record)
    page.run("colour('bytes')")
    assert page.run("return state.scale.ofBoxes[boxes.findIndex((box) => box.name === 'layer1')]") == 5_000_000
    assert "5 MB" in page.text("#legend")


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_only_gets_darker_or_brighter(show, measured, dark):
    """So it can be read without colours."""
    page = show(measured)
    shades = page.run(
        "return Array.from({ length: 50 }, (_, i) => shade(i / 49, arguments[0]).fill.match(/\\d+/g).map(Number))", dark
    )
    light = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in shades]
    assert light == sorted(light, reverse=not dark)


def test_light_and_dark(show, browser):
    page = show(records(net_loss()))

    def background():
        return page.run("return getComputedStyle(document.body).backgroundColor")

    assert background() == "rgb(255, 255, 255)"
    page.one("#theme").click()
    assert background() == "rgb(17, 22, 27)"
    page.press("t")
    assert background() == "rgb(255, 255, 255)"
    try:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", DARK)
        page = show(records(net_loss()))
        assert background() == "rgb(17, 22, 27)"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", LIGHT)


def test_gradients_look_unlike_ops(show):
    page = show(records(net_loss(), view="both"))
    assert fill(page, page.node("∂relu")) != fill(page, page.node("relu"))
    assert len(page.all(".wire.gradient")) > 5
    assert page.run("return getComputedStyle(document.querySelector('.wire.gradient')).strokeDasharray") != "none"
    assert (
        page.run("return getComputedStyle(document.querySelector('.wire:not(.gradient):not(.kept)')).strokeDasharray")
        == "none"
    )
    up = page.run(
        "return composed.wires.filter((wire) => kindOfWire(wire) === 'gradient')"
        ".filter(({ points }) => points.at(-1)[1] > points[0][1] + 1).length"
    )
    assert up == 0, "gradients flow upwards"


# The view


def view(page):
    return [float(part) for part in page.run("return canvas.getAttribute('viewBox')").split()]


def test_zoom_pan_and_fit(show):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    page = show(records(net_loss()))
    fitted = view(page)
    page.press("+")
    closer = view(page)
    assert closer[2] == pytest.approx(fitted[2] / 1.25)
    assert closer[0] + closer[2] / 2 == pytest.approx(fitted[0] + fitted[2] / 2)
    page.press("-")
    assert view(page) == pytest.approx(fitted)
    page.press(page.keys.ARROW_RIGHT, page.keys.ARROW_DOWN)
    moved = view(page)
    assert moved[0] > fitted[0] and moved[1] > fitted[1]
    page.press("f")
    assert view(page) == pytest.approx(fitted)
    canvas = page.one("#canvas")
    ActionChains(page.browser).move_to_element_with_offset(canvas, -500, 0).click_and_hold().move_by_offset(
        100, 40
    ).release().perform()
    scale = fitted[2] / canvas.rect["width"]
    assert view(page)[:2] == pytest.approx([fitted[0] - 100 * scale, fitted[1] - 40 * scale])
    assert not page.one("#panel").is_displayed(), "dragging is no click"
    page.one("#fit").click()
    origin = ScrollOrigin.from_element(canvas)
    ActionChains(page.browser).scroll_from_origin(origin, 0, -300).perform()
    assert view(page)[2] < fitted[2]


def test_two_fingers_zoom(show):
    page = show(records(net_loss()))
    before = view(page)
    page.run("""
        const send = (name, pointerId, clientX) =>
          canvas.dispatchEvent(new PointerEvent(name, { pointerId, clientX, clientY: 400, bubbles: true }));
        canvas.setPointerCapture = () => {};
        send('pointerdown', 1, 600); send('pointerdown', 2, 700);
        for (let i = 1; i <= 10; i++) send('pointermove', 2, 700 + 10 * i);
        send('pointerup', 1, 600); send('pointerup', 2, 800);
    """)
    assert view(page)[2] == pytest.approx(before[2] / 2, rel=0.1)


def test_the_first_view_can_be_read(show):
    t = parameter(5, 8)
    for _ in range(100):
        t = np.tanh(t) * np.sin(t)
    page = show(records(t))
    assert page.run("return at.zoom") >= 0.5
    assert len(page.all("#items .node")) == 301
    page.press("f")
    assert page.run("return at.zoom") < 0.5


def test_labels_fit_into_their_boxes(show):
    t = parameter(5, 8, name="a rather long name for such a parameter, is it not? " * 3)
    t = (t * 2.5).reshape(2, 20).sum(axis=1, keepdims=True)
    page = show(records(t))
    wide = page.run("""
        return [...document.querySelectorAll('#items .node')].filter((node) => {
          const body = node.querySelector('.body').getBBox().width;
          return [...node.querySelectorAll('text')].some((text) => text.getBBox().width > body);
        }).length;
    """)
    assert wide == 0
    assert any(title.endswith("…") for title in page.titles())


def test_a_printed_page_is_the_whole_graph(show, browser):
    page = show(records(net_loss()))
    page.press("+", "+", "+")
    zoomed = view(page)
    page.run("dispatchEvent(new Event('beforeprint'))")
    whole = view(page)
    assert whole[:2] == [-8, -8]
    assert whole[2:] == pytest.approx(page.run("return [composed.width + 16, composed.height + 16]"))
    try:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert [page.one(part).is_displayed() for part in ("#bar", "#legend", "#canvas")] == [False, False, True]
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", LIGHT)
    page.run("dispatchEvent(new Event('afterprint'))")
    assert view(page) == pytest.approx(zoomed)


# Keys


def test_everything_can_be_reached_with_keys(show):
    page = show(records(net_loss()))
    page.one("#canvas").send_keys(page.keys.TAB)
    seen = []
    for _ in range(17):
        seen.append(page.browser.switch_to.active_element.get_attribute("aria-label").split(",")[0])
        page.press(page.keys.TAB)
    assert seen[:6] == ["x", "net", "layer1", "W1", "b1", "affine"], "in the order of the flow"
    assert seen[-1] == "add"


def test_enter_opens_and_tells(show):
    page = show(records(net_loss()))
    page.run("document.querySelector('#items .box').focus()")
    page.press(page.keys.ENTER)
    assert page.boxes() == {"net": "false"}
    assert page.browser.switch_to.active_element.get_attribute("aria-label").startswith("net, closed")
    page.press(page.keys.ENTER, "i")
    assert page.boxes()["net"] == "true"
    assert page.text("#panel h2") == "net"
    page.run("document.querySelector('#items .parameter').focus()")
    page.press(page.keys.SPACE)
    assert page.text("#panel h2") == "W1"
    page.press(page.keys.ESCAPE)
    assert not page.one("#panel").is_displayed()


def test_the_keys_are_told(show):
    page = show(records(net_loss()))
    page.press("?")
    assert page.one("#keys").is_displayed()
    assert "fit the whole graph" in page.text("#keys")
    page.press(page.keys.ESCAPE)
    assert not page.one("#keys").is_displayed()
    page.press("[")
    assert page.text("#level") == "1 / 2"
    page.press("]")
    assert page.text("#level") == "2 / 2"


def test_roles_and_names_say_what_is_what(show):
    page = show(records(net_loss()))
    assert {element.get_attribute("role") for element in page.all("#items .node, #items .box")} == {"button"}
    assert page.node("relu").get_attribute("aria-label") == "relu, op, (5, 8) float64"
    assert page.box("layer1").get_attribute("aria-label") == "layer1, open module, 4 nodes"
    assert (
        page.run("""
        return [...document.querySelectorAll('button, input, select')].filter((element) =>
          !(element.ariaLabel || element.textContent.trim() || element.labels?.length)).length
    """)
        == 0
    )


# Names, sizes, forms


HOSTILE = [
    "</script><script>document.title='broken'</script>", "<!--", "<img src=x onerror=alert(2)>", "'\"`", "&lt;b&gt;",
    "👩‍🚀", "中文", "%%policy%%",
]  # fmt: skip
ESCAPED = {
    "a\nb": "a\\u000ab",
    "\u2028": "\\u2028",
    "\u202egnp.exe": "\\u202egnp.exe",
    "\x00": "\\u0000",
    "   ": '"   "',
}


def test_hostile_names_arrive_as_text(show):
    t = parameter(2)
    for name in [*HOSTILE, *ESCAPED]:
        with tg.scope(name):
            t = np.sin(t * parameter(2, name=name))
    record = records(t)
    page = show(record)
    page.one("#depth").send_keys(page.keys.END)
    assert page.run("return document.title").endswith(" · tensorgraph")
    assert page.run("return graph.nodes.map((node) => node.name)") == [node["name"] for node in record["nodes"]]
    shown = page.run("return [...document.querySelectorAll('#items .parameter .name')].map((name) => name.textContent)")
    assert set(ESCAPED.values()) <= set(shown)
    assert {"<!--", "'\"`", "&lt;b&gt;", "中文", "%%policy%%"} <= set(shown)
    assert page.all("img, #items script") == []
    for element in page.all("#items .node.parameter")[-5:]:
        page.run("pin(Number(arguments[0].dataset.node))", element)
    assert page.text("#panel h2") == '"   "'


def test_a_parameter_is_called_by_what_its_module_calls_it(show):
    net = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU())
    page = show(records(net(np.ones((2, 3))), params=net))
    page.one("#depth").send_keys(page.keys.END)
    page.click(page.node("weight"))
    assert page.text("#panel h2") == "weight"
    assert "parts.0.weight" in page.text("#panel")


def test_folded_modules_say_how_many_they_are(show):
    t = parameter(2)
    for i in range(12):
        with tg.scope(f"block{i}"):
            t = np.tanh(t) * 2
    page = show(json.loads(graph(t).fold().to_json()))
    assert page.one("#items .times").text == "× 11", "the first has the parameter in it"
    page.run("pin(-3)")
    assert page.text("#panel h2") == "block1 × 11"
    assert "One of 11 equal modules" in page.text("#panel")


def test_a_page_of_one_node(show):
    page = show(records(parameter(3, name="alone")))
    assert page.titles() == ["alone"]
    assert not page.one("#depths").is_displayed()


def test_ten_thousand_nodes_open_collapsed(show):
    t = parameter(2)
    for _ in range(9_999):
        t = np.sin(t)
    page = show(records(t))
    assert page.text("#subtitle") == "forward · 10,000 nodes"
    assert len(page.all("#items .node")) == 0
    assert len(page.all("#items .box")) == 100
    assert page.run("return document.querySelectorAll('*').length") < 1500, "what is closed is not in the document"
    page.click(page.box("ops 1–100"))
    assert len(page.all("#items .node")) == 100
    assert page.run("return Number(document.getElementById('depth').max)") == 0, "all at once would be too many"


def test_three_hundred_nodes_cost_few_elements(show):
    t = parameter(5, 8)
    for _ in range(100):
        t = np.tanh(t) * np.sin(t)
    page = show(records(t))
    assert len(page.all("#items .node")) == 301
    assert page.run("return document.querySelectorAll('*').length") < 301 * 6 + 400 + 300
