"""The page of a report in a real browser: Chromium, without a window.

Needs the Python package playwright and a Chromium or Chrome on the path (or named in the
environment variable BROWSER_EXECUTABLE); skipped where one is missing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from reports import check, gradient, hostile, large, report, wrong_conv

from minnet.drawing.raster import Layout
from minnet.report.page import fragment
from minnet.report.page_gradients import CELL, PIXELS
from minnet.report.report import Report
from minnet.report.results import TargetResult

playwright = pytest.importorskip(
    "playwright.sync_api", reason="needs the package playwright (pip install playwright)"
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    executable = os.environ.get("BROWSER_EXECUTABLE") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if executable is None:
        pytest.skip(f"no browser found on the path: looked for {', '.join(NAMES)}")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield found
        found.close()


class Opened:
    """A page that was opened, and what it did."""

    def __init__(self, browser, path, **options):
        self.page = browser.new_page(**options)
        self.trouble, self.requests = [], []
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that writes a report and opens its page."""

    def open_report(found, **options):
        path = tmp_path / "report.html"
        found.to_html(path)
        return Opened(browser, path, **options)

    return open_report


def open_everything(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    page.wait_for_function("document.querySelectorAll('th button').length > 0")


def column(page, number):
    """Return the texts of a column of the first table, of the rows that are shown."""
    return page.evaluate(
        """n => [...document.querySelector('.gradient table').tBodies[0].rows]
                 .filter(row => !row.hidden).map(row => row.cells[n].textContent)""",
        number,
    )


@pytest.mark.parametrize("make", [wrong_conv, hostile, large], ids=lambda f: f.__name__)
def test_it_opens_without_a_complaint_and_without_the_network(opened, make):
    with opened(make()) as it:
        open_everything(it.page)
        assert it.trouble == []
        assert [url for url in it.requests if not url.startswith(("file:", "data:"))] == []
        assert len([url for url in it.requests if url.startswith("file:")]) == 1


def test_a_hostile_name_stays_text(opened):
    with opened(hostile()) as it:
        open_everything(it.page)
        assert "owned" not in it.page.title().replace("title='owned'", "")
        assert it.page.evaluate("document.querySelectorAll('script').length") == 1
        assert it.page.evaluate("document.querySelectorAll('[onerror]').length") == 0
        assert "<script>document.title='owned'</script>" in it.page.inner_text("main")


def test_a_script_that_is_slipped_in_does_not_run(opened):
    with opened(wrong_conv()) as it:
        it.page.evaluate(
            "() => { const s = document.createElement('script');"
            "s.textContent = 'document.title = \"owned\"'; document.body.append(s); }"
        )
        assert it.page.title() != "owned"


def test_a_click_on_a_column_sorts_it_and_another_reverses_it(opened):
    with opened(report(check("f", gradient("w", (3, 12), wrong=[5])))) as it:
        open_everything(it.page)
        sort = it.page.locator(".gradient th button", has_text="analytic").first
        sort.click()
        values = [float(text) for text in column(it.page, 1)]
        assert values == sorted(values) and len(values) == 36
        header = it.page.locator(".gradient th").nth(1)
        assert header.get_attribute("aria-sort") == "ascending"
        sort.click()
        values = [float(text) for text in column(it.page, 1)]
        assert values == sorted(values, reverse=True)
        assert header.get_attribute("aria-sort") == "descending"


def test_indices_are_sorted_as_numbers(opened):
    with opened(report(check("f", gradient("w", (3, 12), wrong=[5])))) as it:
        open_everything(it.page)
        it.page.locator(".gradient th button", has_text="analytic").first.click()
        it.page.locator(".gradient th button", has_text="index").first.click()
        assert column(it.page, 0) == [f"({i},{j})" for i, j in np.ndindex(3, 12)]


def test_numbers_that_are_not_finite_do_not_break_sorting(opened):
    g = gradient("w", (4,), wrong=[0, 1])
    g.elements.analytic[:2] = [np.nan, np.inf]
    with opened(report(check("f", g))) as it:
        open_everything(it.page)
        it.page.locator(".gradient th button", has_text="analytic").first.click()
        assert sorted(column(it.page, 0)) == ["(0)", "(1)", "(2)", "(3)"]
        assert it.trouble == []


def test_elements_can_be_filtered_by_kind_and_by_index(opened):
    with opened(report(check("f", gradient("w", (3, 12), wrong=[5, 17], kink=[1])))) as it:
        open_everything(it.page)
        kind = it.page.get_by_label("which elements")
        kind.select_option("wrong")
        assert column(it.page, 0) == ["(0,5)", "(1,5)"]
        assert it.page.locator(".gradient output").inner_text() == "2 of 36 rows"
        kind.select_option("kink")
        assert column(it.page, 0) == ["(0,1)"]
        kind.select_option("")
        it.page.get_by_label("index contains").fill("(2,1")
        assert column(it.page, 0) == ["(2,1)", "(2,10)", "(2,11)"]


def test_functions_can_be_filtered_by_verdict_and_name(opened):
    with opened(wrong_conv()) as it:

        def visible():
            return [c.get_attribute("data-name") for c in it.page.locator(".check:visible").all()]

        it.page.get_by_label("Show").select_option("fail")
        assert visible() == ["conv"]
        it.page.get_by_label("Show").select_option("")
        it.page.get_by_label("named").fill("MAX_")
        assert visible() == ["max_pool"]
        assert it.page.locator("#shown").inner_text() == "1 of 5 shown"


@pytest.mark.parametrize("make", [wrong_conv, hostile], ids=lambda f: f.__name__)
@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_overflows_on_a_narrow_screen(opened, make, width):
    with opened(make(), viewport={"width": width, "height": 640}) as it:
        open_everything(it.page)
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = it.page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') &&
                 e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"""
        )
        assert beyond == []


def test_it_can_be_used_with_the_keyboard_alone(opened):
    with opened(wrong_conv()) as it:
        page = it.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        for _ in range(60):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.textContent")
            if page.evaluate("document.activeElement.tagName") == "SUMMARY" and "relu" in name:
                break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        assert page.locator(".check[data-name=relu]").get_attribute("open") is not None
        open_everything(page)
        button = page.locator(".gradient th button").first
        button.focus()
        page.keyboard.press("Space")
        assert page.locator(".gradient th").first.get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(opened, scheme):
    contrast = """() => {
      const light = c => { const [r, g, b] = c.map(v => { v /= 255;
          return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const parse = s => s.match(/[\\d.]+/g).map(Number);
      const behind = e => { for (; e; e = e.parentElement) {
          const c = parse(getComputedStyle(e).backgroundColor);
          if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
      let worst = 99;
      for (const e of document.querySelectorAll('.minnet *')) {
        if (!e.childNodes.length || !e.offsetParent) continue;
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
        worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
      }
      return worst; }"""
    with opened(wrong_conv(), color_scheme=scheme) as it:
        open_everything(it.page)
        assert it.page.evaluate(contrast) >= 4.5  # WCAG 2.1, level AA


def test_in_print_the_controls_are_gone_and_what_is_wrong_is_open(opened):
    with opened(wrong_conv()) as it:
        it.page.locator("#close-all").click()
        it.page.emulate_media(media="print")
        it.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert not it.page.locator("#controls").is_visible()
        assert it.page.locator(".check[data-name=conv] .finding").first.is_visible()


def test_without_javascript_everything_can_be_read(opened):
    with opened(wrong_conv(), java_script_enabled=False) as it:
        assert not it.page.locator("#controls").is_visible()
        it.page.locator(".gradient details summary").first.click()
        assert it.page.locator(".gradient td").first.is_visible()


WRONG_CONV = """
import numpy as np

def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    F, _, HH, WW = w.shape
    H, W = 1 + (xp.shape[2] - HH) // s, 1 + (xp.shape[3] - WW) // s
    out = np.zeros((len(x), F, H, W))
    for i in range(H):
        for j in range(W):
            patch = xp[:, :, i * s : i * s + HH, j * s : j * s + WW]
            out[:, :, i, j] = np.tensordot(patch, w, ([1, 2, 3], [1, 2, 3])) + b
    return out, (xp, w, conv_param)

def conv_backward_naive(dout, cache):
    xp, w, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * s, i * s + HH), slice(j * s, j * s + WW)
            dw += np.tensordot(dout[:, :, i, j], xp[:, :, rows, columns], ([0], [0]))
            dxp[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], w, ([1], [0]))
    dw[:, :, :, -1] = 0
    H, W = xp.shape[2] - 2 * p, xp.shape[3] - 2 * p
    return dxp[:, :, p : p + H, p : p + W], dw, dout.sum(axis=(0, 2, 3))
"""


def test_minnet_check_on_a_wrong_conv_shows_where_it_is_wrong(browser, tmp_path):
    (tmp_path / "layers.py").write_text(WRONG_CONV, encoding="utf-8")
    command = [sys.executable, "-m", "minnet", "check", "layers.py", "--html", "report.html"]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, capture_output=True
    )
    assert done.returncode == 1, done.stderr.decode()
    with Opened(browser, tmp_path / "report.html") as it:
        open_everything(it.page)
        text = it.page.inner_text("main")
        assert "w wrong, in" in text
        assert "all those with index 2 on axis 3, and no other" in text
        wrong = it.page.locator("article.gradient", has=it.page.locator(".badge.fail")).first
        assert wrong.locator("img").count() == 3
        assert it.trouble == []
        # the heatmap of the difference is white in the columns that are right
        shape = tuple(map(int, wrong.locator("small").first.inner_text().strip("()").split(",")))
        zoom = Layout.of(shape).zoom(PIXELS, CELL)
        places = [int((column + 0.5) * zoom) for column in range(3)]
        red_or_blue = it.page.evaluate(
            """([image, places]) => { const canvas = document.createElement('canvas');
                 canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
                 const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
                 return places.map(x => { const y = places[0];
                   const [r, , b] = context.getImageData(x, y, 1, 1).data;
                   return Math.abs(r - b) > 5; }); }""",
            [wrong.locator("img").nth(2).element_handle(), places],
        )
        assert red_or_blue == [False, False, True]


def test_a_report_of_nothing_is_still_a_page(opened):
    empty = Report((TargetResult("empty.py", "error", error="there is nothing to check"),))
    with opened(empty) as it:
        assert "there is nothing to check" in it.page.inner_text("main")
        assert it.trouble == []


# --- in a notebook -----------------------------------------------------------------------------

#: what the style sheets of JupyterLab and of the classic notebook do to what stands in a cell
NOTEBOOK = """
html { font-size: 10px; }
.cell { text-align: right; white-space: pre; font-family: serif; line-height: 3; }
.cell dl { display: block; } .cell dt { float: left; width: 20px; clear: left; font-weight: bold; }
.cell dd { margin-left: 40px; width: 30px; } .cell p { margin-bottom: 1em; }
.cell table { table-layout: fixed; margin: 40px; border: 3px solid red; font-size: 22px; }
.cell td, .cell th { max-width: none; padding: 20px; text-align: center; white-space: pre; }
.cell tbody tr:nth-child(odd) { background: #f5f5f5; } .cell pre { padding: 30px; }
.cell h1:first-child, .cell h3, .cell h5 { font-size: 40px; margin: 30px; font-style: italic; }
.cell div.minnet img { max-width: 10px; margin: 20px; } .cell ul li { list-style: square; }
.cell summary { display: block; } .cell figure { margin: 50px; } .cell code { color: green; }
"""


def test_a_notebook_s_own_style_changes_nothing_in_the_fragment(browser, tmp_path):
    def places(style):
        path = tmp_path / "cell.html"
        path.write_text(
            f"<!DOCTYPE html><meta charset=utf-8><style>{style}</style>"
            f'<body style="margin:0"><div class=cell>{fragment(wrong_conv())}</div>',
            encoding="utf-8",
        )
        with Opened(browser, path, viewport={"width": 900, "height": 700}) as it:
            it.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = 1 })")
            return it.page.evaluate(
                """() => [...document.querySelectorAll('.minnet *')].map(e => {
                  const r = e.getBoundingClientRect(), s = getComputedStyle(e);
                  return [e.tagName, e.textContent.slice(0, 20), r.x, r.y, r.width, r.height,
                    s.color, s.backgroundColor, s.fontSize, s.textAlign].join(' '); })"""
            )

    assert places(NOTEBOOK) == places("")


@pytest.mark.parametrize("make", [wrong_conv, hostile], ids=lambda f: f.__name__)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_axe_finds_nothing_to_complain_of(opened, make, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    viewport = {"width": width, "height": 900}
    with opened(make(), color_scheme=scheme, viewport=viewport) as it:
        open_everything(it.page)
        found = axe.run(it.page, options={"resultTypes": ["violations"]})
        assert [v["id"] for v in found.response["violations"]] == []


def test_a_line_of_the_overview_leads_to_its_gradient_and_opens_it(opened):
    with opened(report(check("conv", gradient("x"), gradient("w", wrong=[2])), check("b"))) as it:
        it.page.locator("#close-all").click()
        it.page.get_by_role("link", name="conv: gradient of w").click()
        shown = it.page.locator("article.gradient", has=it.page.locator(".badge.fail"))
        assert shown.is_visible() and it.page.evaluate("scrollY") > 0


def test_on_a_phone_the_three_heatmaps_lie_side_by_side(opened):
    with opened(wrong_conv(), viewport={"width": 400, "height": 800}) as it:
        tops = it.page.evaluate(
            """() => [...document.querySelector('.pictures').querySelectorAll('img')]
                 .map(e => e.getBoundingClientRect()).map(r => [Math.round(r.y), r.x])"""
        )
        assert len({y for y, _ in tops}) == 1 and tops == sorted(tops, key=lambda place: place[1])
