"""The pictures of the documentation: what people see of a fresh demo facility, light and dark.

python tests/end_to_end/screenshots.py FOLDER [NAME …]
"""

import getpass
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

sys.path.append(str(Path(__file__).parents[2]))  # behind the installed package

from tests.browser import launch
from tests.end_to_end.conftest import Site, enter, lims_command, running
from tests.end_to_end.jupyterlab import kernel_is_ready, wear

STAFF = "k.brandt"
MOST_BYTES = 400_000
GREYS, HUES = 64, 64
SHADES = ("light", "dark")
PLOT = "signal.plot(axes_ticks=False, colorbar=False)"
LATTICE = '"lattice at the boundary" format:emd-velox'


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lims-pictures-") as scratch, site_in(Path(scratch)) as site:
        session = start_a_session(site)
        with subprocess.Popen(played(site), stdout=subprocess.DEVNULL):
            lattice = found(site, LATTICE)
            told(site, "run", "fft", "-p", "dataset", lattice, "-p", "spots", "2")
        told(site, "session", "note", session, "--text", "beam unstable after filament change, realigned")
        with signed_in(site) as context:
            for name, take in PICTURES.items():
                for shade in SHADES if not names or name in names else ():
                    page = context.new_page()
                    take(page, site, shade)
                    keep(page, folder / f"{name}-{shade}.png")
                    page.close(run_before_unload=True)


@contextmanager
def site_in(home: Path) -> Iterator[Site]:
    """`lims up` on a new demo facility, where the person at this computer is a member of staff with a name."""
    folder = home / "demo-facility"
    subprocess.run([lims_command(), "init", str(folder), "--demo"], check=True)
    settings = folder / "facility.toml"
    login = f'\nos_users = {{ "{getpass.getuser()}" = "{STAFF}" }}'
    settings.write_text(re.sub(r"(?m)^staff = .*$", lambda line: line[0] + login, settings.read_text()))
    with running(folder, home) as site:
        yield site


def start_a_session(site: Site) -> str:
    """On the Titan, as the form would."""
    answer = told(
        site, "session", "start", "--instrument", "titan", "--user", "m.keller", "--with", "l.moreau",
        "--project", "AM-12", "--sample", "17-4-500C", "--title", "EDS maps of the boundary from last week", "--json",
    )  # fmt: skip
    return str(json.loads(answer)["id"])


def played(site: Site) -> list[str]:
    return [lims_command(), "demo-session", str(site.folder), "--instrument", "titan", "--seconds", "24"]


def told(site: Site, *arguments: str) -> str:
    done = site.lims(*arguments)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def found(site: Site, query: str) -> str:
    """The id of the first dataset."""
    items = json.loads(told(site, "search", query, "--kind", "dataset", "--limit", "1", "--json"))["items"]
    return str(items[0]["id"])


@contextmanager
def signed_in(site: Site) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, timezone_id="Europe/Berlin", reduced_motion="reduce"
        )
        context.set_default_timeout(120_000)
        enter(context, site, site.user)
        yield context
        browser.close()


def form(page: Page, site: Site, shade: str) -> None:
    page.goto(site.page(f"lims/dashboards/session?theme={shade}&instrument=titan"))
    expect(page.locator(".lims-Session .lims-Tile img")).to_have_count(8)


def records(page: Page, site: Site, shade: str) -> None:
    page.goto(site.page(f"lims/dashboards/records?theme={shade}&query=voltage:>=200kV"))
    page.locator(".lims-Results img").nth(9).wait_for()
    page.get_by_role("group", name="Instrument").wait_for()
    spread = page.get_by_role("slider", name=re.compile("^voltage"))
    if not spread.count():
        page.get_by_role("button", name="+ field").click()
        page.keyboard.type("voltage")
        page.locator(".lims-Completion li[aria-selected=true]", has_text="voltage").wait_for()
        page.keyboard.press("Enter")
    spread.wait_for()
    page.evaluate("document.activeElement.blur()")
    page.locator(".lims-Where mark").first.wait_for()


def record(page: Page, site: Site, shade: str) -> None:
    page.goto(site.page(f"lims/dashboards/records?theme={shade}&query=%22for the paper%22"))
    page.locator(".lims-Results button[data-id]").first.click()
    page.locator(".lims-Tile").nth(2).click()
    page.get_by_role("complementary", name="file").get_by_role("tree").wait_for()
    page.locator(".lims-LargePreview img").wait_for()


def value(page: Page, site: Site, shade: str) -> None:
    """A person about to correct what a file says."""
    record(page, site, shade)
    page.get_by_role("button", name="about magnification").click(force=True)
    about = page.get_by_role("group", name="about magnification")
    about.get_by_label("It is really").fill("6450000")
    about.get_by_label("because").fill("calibrated with gold")
    about.scroll_into_view_if_needed()


def lab(page: Page, site: Site, shade: str) -> None:
    page.goto(site.page("lab?reset"))
    wear(page, shade)
    page.get_by_role("tab", name="Laboratory records").click()
    panel = page.locator("#lims-records-panel")
    panel.get_by_role("combobox", name="Search").fill("lattice")
    page.keyboard.press("Enter")
    expect(panel.locator(".lims-Results [data-index='0']")).to_be_focused()  # which waits for what was typed
    panel.locator(".lims-Results img").nth(5).wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".jp-NotebookPanel .jp-CodeCell").first).to_contain_text("lims.open(")
    kernel_is_ready(page)
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-NotebookPanel .jp-InputPrompt").first).to_have_text("[1]:")
    page.keyboard.insert_text(PLOT)
    page.keyboard.press("Shift+Enter")
    page.locator(".jp-OutputArea-output img").first.wait_for()
    page.mouse.move(1300, 700)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()


def lineage(page: Page, site: Site, shade: str) -> None:
    page.goto(site.page(f"lims/dashboards/records?theme={shade}&record={found(site, LATTICE)}"))
    page.get_by_role("tree").wait_for()
    page.locator("summary", has_text="Lineage").click()
    graph = page.locator(".lims-LineageGraph")
    graph.locator(".lims-LineageGraph-node img").nth(4).wait_for()
    graph.get_by_role("button", name="inverse FFT").first.click()
    page.get_by_text("Environment").wait_for()
    page.locator("summary", has_text="Lineage").evaluate("element => element.scrollIntoView()")


PICTURES = {"form": form, "records": records, "record": record, "value": value, "lab": lab, "lineage": lineage}


def keep(page: Page, path: Path) -> None:
    """The page as it is once nothing moves, in as few bytes as a PNG of it can have."""
    page.wait_for_load_state("networkidle")
    time.sleep(0.5)
    with_few_colours(Image.open(BytesIO(page.screenshot(caret="hide"))).convert("RGB")).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} has {path.stat().st_size} bytes, more than {MOST_BYTES}.")
    sys.stdout.write(f"{path} {path.stat().st_size}\n")


def with_few_colours(picture: Image.Image) -> Image.Image:
    """Almost all of it is grey; the little that has a colour keeps it, in a part of the palette of its own."""
    pixels = np.asarray(picture).reshape(-1, 3)
    is_hue = np.ptp(pixels, axis=1) > 12
    index = np.rint(pixels.mean(axis=1) * (GREYS - 1) / 255).astype(np.uint8)
    palette = np.rint(np.linspace(0, 255, GREYS)).astype(int).repeat(3).tolist()
    if is_hue.any():
        hues = Image.fromarray(pixels[is_hue][None]).quantize(HUES, dither=Image.Dither.NONE)
        index[is_hue] = GREYS + np.asarray(hues).ravel()
        palette += hues.getpalette() or []
    made = Image.fromarray(index.reshape(picture.height, picture.width), mode="P")
    made.putpalette(palette)
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
