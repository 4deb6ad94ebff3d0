"""The page of the step-through in a real browser, skipped where there is none."""

import html
from functools import cache

import pytest
from test_page_in_browser import Opened, browser  # noqa: F401

from minnet.steps.choose import choose
from minnet.steps.page import fragment, page
from minnet.steps.walk import walk_of
from minnet.tracing.terms import figure

WRONG_BATCHNORM = """
import numpy as np

def batchnorm_forward(x, gamma, beta, bn_param):
    mean = x.mean(axis=0)
    xmu = x - mean
    var = np.mean(xmu**2, axis=0)
    std = np.sqrt(var + bn_param.get("eps", 1e-5))
    xhat = xmu / std
    return gamma * xhat + beta, (xmu, std, xhat, gamma)

def batchnorm_backward(dout, cache):
    xmu, std, xhat, gamma = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    dvar = np.sum(dxhat * xmu * -0.5 * std**-2, axis=0)
    dmean = -np.sum(dxhat / std, axis=0)
    dx = dxhat / std + dvar * 2 * xmu / N + dmean / N
    return dx, dgamma, dbeta
"""

HOSTILE_LINEAR = """
import numpy as np

class Layer:
    def __init__(self, D=3, M=2, rng=None):
        self.W = np.random.default_rng(0).normal(size=(3, 2))
    def forward(self, x):
        self.x = x  # </script><img src=x onerror="document.title='owned'"><script>
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
"""


@cache
def walk(name):
    return walk_of(choose(name))


@pytest.fixture
def opened(browser, tmp_path):  # noqa: F811
    """Return a function that opens the page of a layer, or of code, at an address."""

    def open_page(name, address="", **options):
        if "\n" in name:
            (tmp_path / "layers.py").write_text(name, encoding="utf-8")
            found = walk_of(choose(str(tmp_path / "layers.py")))
        else:
            found = walk(name)
        path = tmp_path / "step.html"
        path.write_text(page(found), encoding="utf-8")
        it = Opened(browser, path, **options)
        if address:
            it.page.goto(path.as_uri() + address)
            it.page.reload()
        return it

    return open_page


def lit(page, kind="from"):
    """Return the names of the numbers that are lit, as they are read aloud."""
    return {
        text.split(" ")[0]
        for text in page.locator(f"#arrays td.{kind}").evaluate_all(
            "cells => cells.map(cell => cell.getAttribute('aria-label'))"
        )
    }


def cell(page, name):
    return page.locator(f'#arrays td[aria-label^="{name} "]').first


@pytest.mark.parametrize("name", ["dense", "conv", "maxpool", "lstm", "demo", WRONG_BATCHNORM])
def test_it_opens_without_a_complaint_and_without_the_network(opened, name):
    with opened(name) as it:
        for _ in range(5):
            it.page.locator("#next").click(force=True)
        assert it.trouble == []
        assert {url.split(":")[0] for url in it.requests} == {"file"}


@pytest.mark.parametrize("by", ["hover", "focus"])
def test_pointing_and_going_to_a_number_light_the_same(opened, by):
    with opened("dense", "#at=out[0,0]") as it:
        page = it.page
        target = cell(page, "out[1,2]")
        target.hover() if by == "hover" else target.focus()
        assert lit(page) == {"x[1,0]", "x[1,1]", "x[1,2]", "W[0,2]", "W[1,2]", "W[2,2]", "b[2]"}
        assert "out[1,2]" in page.locator("#number").inner_text()


def test_a_click_pins_a_number_and_another_lets_go(opened):
    with opened("dense", "#step=3") as it:
        page = it.page
        cell(page, "out[1,2]").click()
        page.mouse.move(2, 2)
        page.locator("#caption").focus()
        assert "at=out[1,2]" in page.url
        assert "out[1,2]" in page.locator("#number .big").inner_text()
        cell(page, "out[1,2]").click()
        assert "at=" not in page.url


def test_the_terms_add_up_to_the_number(opened):
    dense = walk("dense")
    terms = dense.terms(dense.place("out[1,2]"))
    with opened("dense", "#at=out[1,2]") as it:
        rows = it.page.locator("#number table").first.locator("tbody tr")
        shown = [rows.nth(i).inner_text() for i in range(rows.count())]
        assert len(shown) == len(terms.terms) == 4
        for text, term in zip(shown, terms.terms, strict=True):
            assert term.symbols in text.replace("\n", "") and figure(term.value) in text
        assert shown[-1].split()[-1] == figure(terms.value)


def test_the_window_of_a_convolution_slides_with_the_output(opened):
    conv = walk("conv")
    out = conv.trace.find("out@1").name
    with opened("conv", f"#at={out}[0,0]") as it:
        page = it.page
        cell(page, f"{out}[0,0]").focus()
        first = {name for name in lit(page) if name.startswith("padded")}
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        second = {name for name in lit(page) if name.startswith("padded")}
        assert len(first) == len(second) == 27 and first != second

        # stride 2: two columns to the right
        def moved(name):
            c, i, j, n = name[len("padded[") : -1].split(",")
            return f"padded[{c},{i},{int(j) + 2},{n}]"

        assert {moved(name) for name in first} == second


def test_the_winner_of_a_max_pool_is_marked(opened):
    pool = walk("maxpool")
    value = pool.trace.aliases["out"]
    with opened("maxpool", f"#at={value.name}[0,0,0,0]") as it:
        text = it.page.locator("#number tr.won").inner_text()
        assert "the largest" in text and figure(value.data[0, 0, 0, 0]) in text


def test_the_keyboard_alone_is_enough(opened):
    with opened("dense", "#step=3") as it:
        page = it.page
        names = []
        for _ in range(40):
            page.keyboard.press("Tab")
            names.append(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
            if names[-1].startswith("out["):
                break
        assert names[-1].startswith("out[0,0]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        said = page.locator("#said").inner_text()
        assert said.startswith("out[1,1] = ") and "sum of 4 terms" in said
        page.keyboard.press("Enter")
        assert "at=out[1,1]" in page.url
        page.keyboard.press("t")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
            "dout[1,1]"
        )
        page.keyboard.press("Backspace")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
            "out[1,1]"
        )
        page.keyboard.press("n")
        assert "Step 4" in page.locator("#caption").inner_text()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"


def test_one_number_of_each_array_is_in_the_tab_order(opened):
    with opened("conv", "#step=16") as it:
        counts = it.page.locator("#arrays .planes").evaluate_all(
            "rooms => rooms.map(room => room.querySelectorAll('td[tabindex=\"0\"]').length)"
        )
        assert counts and set(counts) == {1}
        assert it.page.locator("#arrays table[role=grid]").count() > 4


def test_the_slider_goes_through_the_steps(opened):
    with opened("dense") as it:
        page = it.page
        page.locator("#slider").focus()
        page.keyboard.press("Home")
        assert "Handed over" in page.locator("#caption").inner_text()
        page.keyboard.press("End")
        count = len(walk("dense").trace.operations)
        assert f"Step {count} of {count}" in page.locator("#caption").inner_text()
        assert "backward" in page.locator("#slider").get_attribute("aria-valuetext")
        assert page.locator(".lines .now").count() == 1


def test_a_deep_link_opens_a_step_and_a_number(opened):
    dense = walk("dense")
    maker = dense.maker(dense.trace.find("dW"))
    with opened("dense", f"#step={maker.number + 1}&at=dW[2,1]") as it:
        assert f"Step {maker.number + 1} of" in it.page.locator("#caption").inner_text()
        assert "dW[2,1]" in it.page.locator("#number .big").inner_text()
        it.page.evaluate("location.hash = '#at=x[0,1]'")
        it.page.wait_for_function(
            "() => document.querySelector('#number .big').innerText.includes('x[0')"
        )
        assert "Handed over" in it.page.locator("#caption").inner_text()


def test_mine_measured_and_difference(opened):
    with opened(WRONG_BATCHNORM) as it:
        page = it.page
        assert "← first wrong line" in page.evaluate(
            "getComputedStyle(document.querySelector('.lines .bad > span'), '::after').content"
        )
        assert page.locator(".lines .now").inner_text().strip().endswith("axis=0)")
        first = page.locator("#arrays td[data-k]").first
        mine = first.inner_text()
        page.get_by_label("measured", exact=True).check()
        right = first.inner_text()
        page.get_by_label("difference").check()
        difference = first.inner_text()
        assert all(text.startswith("✗ ") for text in (mine, right, difference))
        numbers = [float(t.removeprefix("✗ ").replace("−", "-")) for t in (mine, right, difference)]
        assert numbers[0] - numbers[1] == pytest.approx(numbers[2], rel=0.01)
        assert "by the chain rule along forward" in page.locator("#arrays").inner_text()


def test_the_button_goes_to_the_first_wrong_line(opened):
    with opened(WRONG_BATCHNORM) as it:
        page = it.page
        page.locator("#slider").focus()
        page.keyboard.press("Home")
        page.locator("#wrong").click()
        assert "dvar =" in page.locator("#caption").inner_text()
        assert page.evaluate("document.activeElement.classList.contains('off')")
    with opened("dense") as it:
        assert not it.page.locator("#wrong").is_visible()


def test_it_plays_and_pauses(opened):
    with opened("dense") as it:
        page = it.page
        page.locator("#slider").focus()
        page.keyboard.press("Home")
        page.locator("#play").click()
        page.wait_for_function("() => document.getElementById('slider').value >= 1", timeout=4000)
        page.locator("#play").click()
        assert page.locator("#play").inner_text() == "Play steps"
        at = page.locator("#slider").input_value()
        page.wait_for_timeout(1800)
        assert page.locator("#slider").input_value() == at


def test_nothing_moves_by_itself_where_less_motion_is_wished(opened):
    with opened("dense", reduced_motion="reduce") as it:
        assert not it.page.locator("#play").is_visible()
        assert it.page.locator("#next").is_visible()


@pytest.mark.parametrize("name", ["conv", "lstm", WRONG_BATCHNORM])
@pytest.mark.parametrize("width", [360, 400, 900])
def test_nothing_overflows_on_a_narrow_screen(opened, name, width):
    with opened(name, viewport={"width": width, "height": 800}) as it:
        for _ in range(3):
            assert it.page.evaluate("document.documentElement.scrollWidth") <= width
            it.page.locator("#next").click(force=True)
        it.page.locator("#as-list").click()
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_every_step_can_be_read(opened):
    with opened("dense", java_script_enabled=False) as it:
        page = it.page
        assert not page.locator("#live").is_visible()
        for operation in walk("dense").trace.operations:
            assert operation.text in page.inner_text("#list")
        assert page.locator("#list td").first.is_visible()
        assert "the sum of 4 terms" in page.inner_text("#list")


def test_on_paper_it_is_the_list(opened):
    with opened("dense") as it:
        assert not it.page.locator("#list").is_visible()
        it.page.emulate_media(media="print")
        assert it.page.locator("#list").is_visible()
        assert not it.page.locator("#live").is_visible()


CONTRAST = """() => {
  const light = c => { const [r, g, b] = c.map(v => { v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const parse = s => s.match(/[\\d.]+/g).map(Number);
  const behind = e => { for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  let worst = [99, ''];
  for (const e of document.querySelectorAll('.minnet *')) {
    if (!e.offsetParent) continue;
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, e.outerHTML];
  }
  return worst; }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["conv", WRONG_BATCHNORM])
def test_text_stands_out_from_its_background(opened, name, scheme):
    with opened(name, color_scheme=scheme, reduced_motion="reduce") as it:
        it.page.locator("#next").click()
        ratio, element = it.page.evaluate(CONTRAST)
        assert ratio >= 4.5, element  # WCAG 2.1, level AA


def test_what_is_lit_is_told_by_form_and_not_by_colour_alone(opened):
    with opened("dense", "#at=out[0,0]") as it:
        cell(it.page, "out[0,0]").focus()
        look = "cell => { const s = getComputedStyle(cell); return [s.boxShadow, s.fontWeight]; }"
        shadow, weight = it.page.locator("#arrays td.from").first.evaluate(look)
        plain = it.page.locator("#arrays td[data-k]:not(.from):not(.here)").first.evaluate(look)
        assert shadow != "none" and weight == "700" and plain == ["none", "400"]


def test_the_user_s_code_stays_text(opened):
    with opened(HOSTILE_LINEAR) as it:
        page = it.page
        assert "onerror" in page.locator("#code").inner_text()
        page.locator("#as-list").click()
        assert page.evaluate("document.querySelectorAll('[onerror], img').length") == 0
        assert page.evaluate("document.querySelectorAll('script').length") == 2
        assert it.trouble == [] and "owned" not in page.title()


def test_in_a_notebook_the_style_around_it_does_not_reach_it(browser, tmp_path):  # noqa: F811
    path = tmp_path / "notebook.html"
    around = "<style>* { font-size: 99px !important; display: inline !important }</style>"
    path.write_text(f"<!DOCTYPE html>{around}{fragment(walk('dense'))}", encoding="utf-8")
    assert html.escape("<script") in path.read_text(encoding="utf-8")
    with Opened(browser, path) as it:
        frame = it.page.frame_locator("iframe")
        frame.locator("#next").click()
        assert "Step 2 of" in frame.locator("#caption").inner_text()
        size = frame.locator("#arrays td[data-k]").first.evaluate(
            "e => getComputedStyle(e).fontSize"
        )
        assert float(size.removesuffix("px")) < 20
        assert it.trouble == []
