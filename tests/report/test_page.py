"""The page of a report, as text: complete, escaped and small.

What it does in a browser is tested in tests/browser.
"""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from reports import HOSTILE, check, gradient, hostile, large, report, wrong_conv

from minnet.drawing.raster import DIVERGING
from minnet.report.markup import Markup, escape, tag
from minnet.report.page import fragment, page
from minnet.report.results import Finding


class Outline(HTMLParser):
    """Collects the tags, their attributes and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def all(self, name):
        return [attributes for found, attributes in self.tags if found == name]


def test_the_page_needs_no_other_file():
    outline = Outline(page(wrong_conv()))
    for name, attributes in outline.tags:
        assert name not in ("link", "iframe", "object", "embed", "base")
        for key in ("src", "href"):
            if key in attributes:
                assert attributes[key].startswith(("data:image/png;base64,", "#"))
    assert "http" not in page(wrong_conv()).replace("http-equiv", "")


def test_the_page_says_what_is_wrong_in_words():
    text = " ".join("".join(Outline(page(wrong_conv())).text).split())
    for part in (
        "dw is wrong in the last column of each filter only",
        "layers.py:412",
        "dw[f] += patch[:, :, :-1]",
        "Hint: does the loop stop one too early?",
        "minnet explain region",
        "18 of 54 measured elements are wrong: all those with index 2 on axis 3",
        "backward changes dout",
        "not implemented yet",
        "helper: no backward of this name",
    ):
        assert part in text, part


def test_what_is_wrong_is_open_and_what_is_right_is_closed():
    checks = [a for a in Outline(page(wrong_conv())).all("details") if a.get("class") == "check"]
    is_open = {a["data-name"]: "open" in a for a in checks}
    assert is_open == {
        "conv": True, "relu": False, "batchnorm": False, "max_pool": True, "softmax": True
    }  # fmt: skip


def test_what_stopped_a_case_is_said_once_in_it_and_no_figure_is_made_up():
    crash = Finding("crash", "backward raised IndexError")
    stopped = [gradient(n, (2,), verdict="error", diagnosis=(crash,)) for n in ("x", "w")]
    bare = [replace(g, digits=0, elements=None, elements_checked=0) for g in stopped]
    written = page(report(check("conv", *bare, findings=(crash,))))
    assert written.count("backward raised IndexError") == 1
    assert "digits that agree" not in written


def test_in_which_cases_and_what_is_wrong_there_are_told_together():
    when = Finding("wrong_case", "dw is wrong in every case with pad 0")
    what = Finding("shape", "The gradient of w has another shape")
    written = page(report(check("conv", gradient(wrong=[1], diagnosis=(when, what)))))
    text = " ".join("".join(Outline(written).text).split())
    assert "There: The gradient of w has another shape shape" in text
    other = page(report(check("conv", gradient(wrong=[1], diagnosis=(what, when)))))
    assert "When: dw is wrong in every case with pad 0" in " ".join(Outline(other).text)


def test_every_string_of_the_users_stays_text():
    for written in (page(hostile()), fragment(hostile()), hostile().elements()._repr_html_()):
        outline = Outline(written)
        assert [a for a in outline.all("script") if a] == []
        assert len(outline.all("script")) <= 1  # our own
        assert not any("onerror" in attributes for _, attributes in outline.tags)
        for image in outline.all("img"):
            assert image["src"].startswith("data:image/png;base64,")
        assert HOSTILE in "".join(outline.text)


def test_the_security_policy_lets_only_our_own_script_run():
    written = page(wrong_conv())
    (policy,) = [a["content"] for a in Outline(written).all("meta") if a.get("http-equiv")]
    assert "default-src 'none'" in policy and "script-src 'sha256-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1]


def test_every_picture_has_a_text_and_every_input_a_label():
    outline = Outline(page(wrong_conv()))
    assert outline.all("img") and all(a["alt"] for a in outline.all("img"))
    assert outline.all("html")[0]["lang"] == "en"
    written = page(wrong_conv())
    assert re.search(r"<label>Show <select", written) and re.search(r"<label>named <input", written)


def test_the_table_of_elements_marks_the_wrong_ones_and_kinks():
    outline = Outline(page(wrong_conv()))
    classes = [a.get("class") for a in outline.all("tr")]
    assert classes.count("wrong") == 18 and classes.count("kink") == 2


def test_a_report_of_200_gradients_takes_less_than_3_megabytes(tmp_path):
    found = large(200)
    found.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 3_000_000


def test_a_gradient_of_a_million_elements_does_not_swell_the_page():
    g = gradient("w", (100, 100), wrong=[9017])
    big = type(g)(**{**vars(g), "shape": (1000, 1000)})
    written = page(report(check("dense", big)))
    assert len(written) < 200_000 and "(90,17)" in written
    assert "and 9500 more, not shown here" in written


def test_a_fragment_for_a_notebook_has_no_script_and_styles_only_itself():
    written = wrong_conv()._repr_html_()
    assert "<script" not in written and written.startswith('<div class="minnet notebook">')
    css = re.sub(r"/\*.*?\*/", "", written.split("<style>")[1].split("</style>")[0], flags=re.S)
    for selector in re.findall(r"([^{}]+)\{", css):
        if not selector.strip().startswith("@"):
            assert all(".minnet" in part for part in selector.split(",")), selector


def test_the_element_table_is_shown_in_a_notebook():
    written = wrong_conv().elements("conv.w")._repr_html_()
    assert written.count("<tr") == 55


def test_the_overview_has_a_line_for_each_gradient_that_is_not_right_linked_to_it():
    written = page(wrong_conv())
    overview = written.split('aria-label="overview"')[1].split("</nav>")[0]
    outline = Outline("<nav " + overview)
    lines = [" ".join(line.split()) for line in "".join(outline.text).split("  ") if line.strip()]
    said = " ".join(lines)
    assert "wrong conv: gradient of w region, line 412" in said
    assert "not certain softmax: gradient of x" in said and "right relu" in said
    assert said.index("max_pool") < said.index("conv:") < said.index("softmax")  # the worst first
    targets = {a.get("id") for a in Outline(written).all("article")}
    links = [a["href"].removeprefix("#") for a in outline.all("a")]
    assert len(links) == 2 and set(links) <= targets


def test_wrong_gradients_come_before_right_ones_and_each_diagnosis_is_told_once():
    what = Finding("region", "dw is wrong in its last column")
    found = [gradient("x"), gradient("w", wrong=[1], diagnosis=(what,))]
    written = page(report(check("conv", *found)))
    assert written.count(what.message) == 1
    names = re.findall(r"</span> gradient of <code>(.)</code>", written)
    assert names == ["w", "x"]


def test_what_a_code_means_is_folded_in_once_and_in_text_of_the_manual():
    what = [Finding("overwritten", f"d{name} keeps only some") for name in "ab"]
    checks = [check(f.message, gradient("w", wrong=[1], diagnosis=(f,))) for f in what]
    written = page(report(*checks))
    assert written.count('class="explained"') == 1
    assert "What this means (overwritten" in written and "```" not in written


def test_the_key_of_the_heatmaps_has_their_colours():
    css = page(wrong_conv()).split(".minnet .key i")[1].split("}")[0]
    shades = [bytes.fromhex(code) for code in re.findall(r"#([0-9a-f]{6})", css)]
    assert [tuple(shade) for shade in shades] == [tuple(map(int, c)) for c in DIVERGING]


# --- what the page is made of ------------------------------------------------------------------


def test_only_markup_passes_unescaped():
    assert tag("b", "<i>") == "<b>&lt;i&gt;</b>"
    assert tag("b", Markup("<i>")) == "<b><i></b>"
    assert tag("a", title='"><script>') == '<a title="&quot;&gt;&lt;script&gt;"></a>'
    assert escape("a\x00\x1b b") == "a\\x00\\x1b b"


def test_the_json_and_the_page_tell_of_the_same_gradients():
    found = wrong_conv()
    data = json.loads(found.to_json())
    count = sum(len(case["gradients"]) for c in data["targets"][0]["checks"] for case in c["cases"])
    assert page(found).count('<article class="gradient"') == count == 4
