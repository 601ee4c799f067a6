"""Write the pictures of ``docs/gallery.md``: what ``examples/look_at_a_graph.py`` makes, pages as a browser shows them,
and the figure of a health report.

Run it when pictures look different: python docs/make_gallery.py. It needs chromium, chromedriver and the test extra.
"""

from __future__ import annotations

import runpy
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import tensorgraph as tg

HERE = Path(__file__).parent
IMAGES = HERE / "images"
DRAWN = ("folded", "closed", "both")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def drawn(folder: Path) -> None:
    """The pictures that the example draws."""
    sys.argv = ["look_at_a_graph.py", str(folder)]
    runpy.run_path(str(HERE.parent / "examples" / "look_at_a_graph.py"), run_name="__main__")
    for name in DRAWN:
        shutil.copy(folder / f"{name}.svg", IMAGES / f"gallery_{name}.svg")


def photographed(page: Path, profile: Path) -> None:
    """The interactive page: all closed but the first layer, coloured by time, with what is known of one op."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1200,820"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        browser.get(page.as_uri())
        browser.find_element("css selector", "#search").send_keys("beta1")
        browser.find_element("css selector", "#search").send_keys("\n")
        browser.find_element("css selector", "#colour option[value=time]").click()
        browser.execute_script("document.querySelector('#search').value = ''")
        browser.execute_script("document.querySelector('#search').dispatchEvent(new Event('input'))")
        next(
            link
            for link in browser.find_elements("css selector", "#panel a, #panel button")
            if "batchnorm" in link.text
        ).click()
        browser.save_screenshot(str(IMAGES / "gallery_page.png"))
    finally:
        browser.quit()


def main() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        drawn(folder)
        photographed(folder / "graph.html", folder / "profile")
    data = tg.data.digits()
    net = tg.nn.FullyConnectedNet([100, 50], input_dim=64, use_batchnorm=True, weight_scale=0.1, seed=0)
    tg.explain.health(net, data.X_train, data.y_train).plot(IMAGES / "gallery_health.png")
    print(f"wrote {', '.join(sorted(path.name for path in IMAGES.glob('gallery_*')))}")


if __name__ == "__main__":
    main()
