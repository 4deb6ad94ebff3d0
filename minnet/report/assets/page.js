// Sorting and filtering for the report. Without this script the page shows everything.
"use strict";
(() => {
  const page = document.querySelector(".minnet");
  page.classList.add("js");
  const checks = [...page.querySelectorAll(".check")];

  // --- the list of functions ---------------------------------------------------------------
  const byVerdict = document.getElementById("by-verdict");
  const byName = document.getElementById("by-name");
  const shown = document.getElementById("shown");

  function filterChecks() {
    const name = byName.value.trim().toLowerCase();
    let count = 0;
    for (const check of checks) {
      const fits =
        (!byVerdict.value || check.dataset.verdict === byVerdict.value) &&
        check.dataset.name.toLowerCase().includes(name);
      check.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${checks.length} shown`;
  }

  if (byName) {
    byVerdict.addEventListener("change", filterChecks);
    byName.addEventListener("input", filterChecks);
    document.getElementById("controls").addEventListener("submit", (e) => e.preventDefault());
    const setAll = (open) => checks.forEach((check) => { check.open = open; });
    document.getElementById("open-all").addEventListener("click", () => setAll(true));
    document.getElementById("close-all").addEventListener("click", () => setAll(false));
  }

  // --- the tables of elements: made sortable when their details are first opened --------------
  function enhance(table) {
    if (table.dataset.ready) return;
    table.dataset.ready = "yes";
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if (!header.textContent) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => sort(table, header, column));
    });
    addFilter(table);
  }

  function keyOf(cell) {
    const text = cell.textContent;
    if (text.startsWith("(")) return text.slice(1, -1).split(",").map(Number);
    const number = Number(text);
    return [Number.isNaN(number) ? text : number];
  }

  function compare(a, b) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      if (a[i] === b[i]) continue;
      if (typeof a[i] !== typeof b[i]) return typeof a[i] === "number" ? -1 : 1;
      return a[i] < b[i] ? -1 : 1;
    }
    return a.length - b.length;
  }

  function sort(table, header, column) {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
    keyed.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.append(...keyed.map((pair) => pair[1]));
  }

  function addFilter(table) {
    const bar = document.createElement("div");
    bar.className = "controls";
    const select = document.createElement("select");
    const kinds = [["", "all elements"], ["wrong", "wrong"], ["kink", "at a kink"], ["right", "right"]];
    for (const [value, text] of kinds) select.add(new Option(text, value));
    select.setAttribute("aria-label", "which elements");
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "index, e.g. (0,1";
    input.setAttribute("aria-label", "index contains");
    const count = document.createElement("output");
    count.setAttribute("aria-live", "polite");
    bar.append(select, input, count);
    table.closest(".scroll").before(bar);
    const filter = () => {
      const wanted = input.value.replaceAll(" ", "");
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const kind = row.className || "right";
        const fits = (!select.value || kind === select.value) &&
          row.cells[0].textContent.includes(wanted);
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = `${shown} of ${table.tBodies[0].rows.length} rows`;
    };
    select.addEventListener("change", filter);
    input.addEventListener("input", filter);
    filter();
  }

  for (const details of page.querySelectorAll(".gradient details")) {
    details.addEventListener("toggle", () => details.querySelectorAll("table").forEach(enhance));
  }

  // a link of the overview opens what it leads to
  function reveal() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  // what is wrong is printed in full
  window.addEventListener("beforeprint", () => {
    for (const check of checks) if (check.dataset.verdict !== "pass") check.open = true;
  });
})();
