"""Photograph the development page: python test/dev/shots.py OUT [NAME ...]; first `node scripts/dev_page.mjs`."""

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.append(str(Path(__file__).parents[3]))  # behind the installed package

from tests.browser import launch

DIST = Path(__file__).parents[1] / "dist"
WIDTHS = {360: 760, 768: 1000, 1440: 900}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        return


def serve() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(DIST)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


SCENES: dict[str, tuple[str, object]] = {}


def scene(query: str):
    def keep(act):
        SCENES[act.__name__] = (query, act)
        return act
    return keep


@scene("component=RecordBrowser")
def records(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")


@scene("component=RecordBrowser&view=table")
def table(page: Page) -> None:
    page.wait_for_selector(".lims-HitRow img")


@scene("component=RecordBrowser&query=nothing-like-this")
def nothing(page: Page) -> None:
    page.wait_for_selector(".lims-Empty")


@scene("component=RecordBrowser&query=wled")
def meant(page: Page) -> None:
    page.get_by_role("button", name="Did you mean").wait_for()


@scene("component=RecordBrowser&query=steel voltage:")
def wrong(page: Page) -> None:
    page.get_by_role("button", name="Go there").wait_for()


@scene("component=RecordBrowser")
def completion(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")
    page.get_by_role("combobox", name="Search").press_sequentially("steel vol")
    page.locator(".lims-Completion > li").first.wait_for()
    page.keyboard.press("ArrowDown")


@scene("component=RecordBrowser&layout=panel")
def panel_completion(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")
    page.get_by_role("combobox", name="Search").press_sequentially("vol")
    page.locator(".lims-Completion > li").first.wait_for()


@scene("component=RecordBrowser&query=steel")
def where(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard mark")


@scene("component=RecordBrowser&query=steel&view=table")
def where_table(page: Page) -> None:
    page.wait_for_selector(".lims-HitRow mark")


@scene("component=RecordBrowser&query=voltage:200..300kV")
def spreads(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")
    if page.get_by_role("button", name="Filter").is_visible():
        page.get_by_role("button", name="Filter").click()
    for typed in ("vol", "probe"):
        page.get_by_role("button", name="+ field").click()
        page.get_by_label("field of a histogram").press_sequentially(typed)
        page.locator(".lims-Completion > li").first.wait_for()
        page.wait_for_timeout(400)
        page.keyboard.press("Enter")
    page.get_by_role("button", name="+ field").click()
    page.get_by_label("field of a histogram").press_sequentially("cu")
    page.locator(".lims-Completion > li").first.wait_for()


@scene("component=RecordBrowser&layout=panel")
def panel(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")


@scene("component=RecordBrowser&record=rec-0000000000")
def record(page: Page) -> None:
    page.wait_for_selector(".lims-Tile img")


@scene("component=RecordBrowser&record=rec-0000000000")
def drawer(page: Page) -> None:
    page.locator(".lims-Tile").first.click()
    page.wait_for_selector(".lims-Tree-row")
    page.wait_for_selector(".lims-ScaleBar")


@scene("component=RecordBrowser&query=weld")
def saved(page: Page) -> None:
    page.wait_for_selector(".lims-HitCard img")
    for name in ("Welds, all instruments", "Weld toe"):
        page.get_by_role("button", name="☆ save").click() if page.locator(".lims-Saved").count() == 0 else None
        page.get_by_label("name of this search").fill(name)
        page.get_by_role("button", name="Save this search").click()


@scene("component=RecordBrowser&record=rec-0000000000")
def mine(page: Page) -> None:
    page.locator(".lims-Tile").first.click()
    page.wait_for_selector(".lims-Tree-row")
    for name in ("pin magnification", "pin acceleration voltage"):
        page.get_by_role("button", name=name).click(force=True)
    page.get_by_role("searchbox").last.fill("exposure")
    page.get_by_role("tree").focus()
    page.keyboard.press("End")
    page.keyboard.press("p")
    page.locator(".lims-Record-drawer").evaluate("e => e.scrollTop = 420")
    page.locator(".lims-Fields dt").nth(4).hover()


@scene("component=RecordBrowser&record=rec-0000000000")
def contradicted(page: Page) -> None:
    page.locator(".lims-Tile").first.click()
    page.wait_for_selector(".lims-Tree-row")
    page.get_by_role("button", name="about detector name: 1 other").click()
    page.locator(".lims-About").scroll_into_view_if_needed()


@scene("component=SessionForm&open=maria.k")
def keys(page: Page) -> None:
    page.wait_for_selector(".lims-Session")
    page.keyboard.press("?")


@scene("component=Lineage&of=demo")
def lineage(page: Page) -> None:
    page.wait_for_selector(".lims-LineageGraph-node img")
    page.locator(".lims-LineageGraph-edge").nth(2).click()
    page.wait_for_selector(".lims-Run")


@scene("component=Lineage&of=demo")
def doubt(page: Page) -> None:
    page.wait_for_selector(".lims-LineageGraph-node img")
    page.get_by_role("button", name="panel b").click()
    page.get_by_role("group", name="old.hspy").wait_for()


@scene("component=Lineage&of=large")
def large(page: Page) -> None:
    page.get_by_role("button", name="Show 100 more").scroll_into_view_if_needed()


@scene("component=RecordView&record=run-4k7m2q9x0t")
def run(page: Page) -> None:
    page.get_by_role("button", name="Show the difference of iFFT of [220].hspy").click()
    page.get_by_text("Environment", exact=True).click()
    page.wait_for_selector(".lims-Verdicts img")


@scene("component=RecordView&record=run-4k7m2q9x0t")
def run_end(page: Page) -> None:
    run(page)
    page.get_by_text("Loaded packages").scroll_into_view_if_needed()


@scene("component=RecordBrowser&record=rec-0000000000&dataset=dat-0000000001")
def stale(page: Page) -> None:
    page.get_by_role("button", name="Mark as bad…").click()
    page.get_by_label("What is wrong with it").fill("the beam was on the edge")
    page.get_by_role("button", name="Mark as bad", exact=True).click()
    page.get_by_text("Marked as bad.").wait_for()


@scene("component=RecordBrowser&record=rec-0000000000&dataset=dat-0000000001")
def made_by(page: Page) -> None:
    page.get_by_role("button", name="run-4k7m2q9x0t").click()
    page.get_by_role("button", name="Mark as bad…").click()
    page.wait_for_selector(".lims-Verdicts")
    page.locator(".lims-MarkBad").evaluate("e => e.scrollIntoView()")


@scene("component=SessionForm")
def start(page: Page) -> None:
    page.wait_for_selector(".lims-StartForm")


@scene("component=SessionForm&open=r.osei")
def other(page: Page) -> None:
    page.get_by_text("As last time").click()


@scene("component=SessionForm")
def past(page: Page) -> None:
    page.get_by_text("Already happened").click()
    page.get_by_label("From").fill("2018-11-13T12:30")
    page.get_by_label("To", exact=True).fill("2018-11-13T15:30")


@scene("component=SessionForm&open=maria.k")
def running(page: Page) -> None:
    page.wait_for_selector(".lims-Session")
    page.evaluate("fixture.drip('ses-new0', true)")
    page.wait_for_selector(".lims-Failures", timeout=5000)
    page.get_by_label("note", exact=True).fill("beam unstable after filament change")
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_text("beam unstable").first.wait_for()


@scene("component=SessionForm&open=maria.k&me=r.osei")
def editing(page: Page) -> None:
    page.get_by_text("Show Maria Keller").click()
    page.get_by_role("button", name="Edit").click()


@scene("component=FacilityOverview")
def facility(page: Page) -> None:
    page.wait_for_selector(".lims-Ways")


@scene("component=FacilityOverview&me=r.osei")
def settling(page: Page) -> None:
    page.get_by_role("button", name="Leave it").click()
    page.get_by_role("button", name="Another session…").first.click()
    page.get_by_text("Settled lately").click()
    page.get_by_role("button", name="Undo").nth(1).wait_for()
    page.get_by_text("Settled lately").scroll_into_view_if_needed()


@scene("component=RecordBrowser&record=rec-0000000000&dataset=dat-0000000000")
def files(page: Page) -> None:
    page.get_by_role("tree").wait_for()
    page.locator("summary", has_text="Files").click()
    for words in ("What changed", "Files"):
        page.locator("summary", has_text=words).evaluate("element => element.scrollIntoView()")


def main(out: Path, names: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    address = serve()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for name, (query, act) in SCENES.items():
            if names and name not in names:
                continue
            for theme in ("light", "dark"):
                for width, height in WIDTHS.items():
                    if "panel" in query and width != 360:
                        continue
                    page = browser.new_page(viewport={"width": width, "height": height})
                    page.on("pageerror", lambda error: print("page error:", error))
                    page.on("console", lambda m: print("console:", m.text) if m.type in ("error", "warning") else None)
                    page.goto(f"{address}/{theme}.html?{query}")
                    act(page)
                    page.wait_for_timeout(250)
                    page.screenshot(path=out / f"{name}-{width}-{theme}.png")
                    page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
