// One step at a time, and one number: what it is made of. Without this script the page is a list.
"use strict";
(() => {
  const page = document.querySelector(".minnet");
  const by = (id) => document.getElementById(id);
  const data = JSON.parse(by("data").textContent);
  const { values, steps, listings, numbers, terms } = data;
  const operations = Number(by("live").dataset.count);
  page.classList.add("js");

  // where the reader is: a step; the number pinned, looked at in passing, or else shown as example
  const here = { step: 0, pin: null, passing: null, example: null, mode: "mine", long: false, trail: [] };

  // --- small things ------------------------------------------------------------------------
  function make(name, properties = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(properties)) {
      if (key in node) node[key] = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  function figure(x) { // as Python's .4g, with a real minus
    if (x === null) return "–";
    if (typeof x === "string") return x.replace("-", "−");
    if (x === 0) return "0";
    if (here.long) return String(x).replace("-", "−");
    const size = Number(Math.abs(x).toPrecision(4));
    let text = size >= 1e4 || size < 1e-4 ? x.toExponential(3) : x.toPrecision(4);
    text = text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
    return text.replace(/e([+-])(\d)$/, "e$10$2").replaceAll("-", "−");
  }

  const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
  const indexOf = (value, k) => {
    const index = [];
    for (let a = value.sizes.length - 1; a >= 0; a--) {
      index.unshift(k % value.sizes[a]);
      k = Math.floor(k / value.sizes[a]);
    }
    return index;
  };
  const nameOf = ([v, k]) => {
    const value = values[v];
    return value.shape.length ? `${value.name}[${indexOf(value, k)}]` : value.name;
  };
  const shapeOf = ({ shape }) => (shape.length ? `(${shape}${shape.length === 1 ? "," : ""})` : "a number");
  const idOf = ([v, k]) => values[v].ids[k];
  const madeOf = (at) => (typeof terms[idOf(at)] === "string" ? [] : terms[idOf(at)].slice(1));
  const howOf = (at) => (typeof terms[idOf(at)] === "string" ? terms[idOf(at)] : terms[idOf(at)][0]);
  const feedsOf = (term) => {
    const found = [];
    for (let i = 3; i < term.length; i += 2) found.push([term[i], term[i + 1]]);
    return found;
  };
  const isSame = (a, b) => a && b && a[0] === b[0] && a[1] === b[1];

  function placeOf(name) { // out[0,1] -> [value, position]
    const called = Object.keys(values).flatMap((v) => [values[v].name, ...values[v].also].map((one) => [v, one]));
    for (const [v, one] of called) {
      const value = values[v];
      if (!name.startsWith(one)) continue;
      const rest = name.slice(one.length).replaceAll(" ", "");
      if (!value.shape.length && !rest) return [Number(v), 0];
      if (!/^\[-?\d+(,-?\d+)*\]$/.test(rest)) continue;
      const index = rest.slice(1, -1).split(",").map(Number);
      if (index.length !== value.sizes.length) continue;
      const fits = index.every((i, a) => i >= 0 && i < value.sizes[a]);
      if (fits) return [Number(v), index.reduce((k, i, a) => k * value.sizes[a] + i, 0)];
    }
    return null;
  }

  const makers = {}; // the step that a value is first seen at
  steps.forEach((step, s) => step.out.forEach((v) => { makers[v] ??= s; }));

  let consumers = null; // what each number goes into: [value, position], by its id
  function goesInto(id) {
    if (consumers === null) {
      consumers = new Map();
      const seen = new Set();
      for (const v of Object.keys(values)) {
        values[v].ids.forEach((made, k) => {
          if (seen.has(made) || typeof terms[made] === "string") return;
          seen.add(made);
          const from = new Set();
          for (const term of terms[made].slice(1)) feedsOf(term).forEach((at) => from.add(idOf(at)));
          for (const one of from) {
            if (!consumers.has(one)) consumers.set(one, []);
            consumers.get(one).push([Number(v), k]);
          }
        });
      }
    }
    return consumers.get(id) ?? [];
  }

  // --- the code ----------------------------------------------------------------------------
  const HANGING = 2; // what is too long goes on further to the right

  function drawCode(step) {
    const pane = by("code");
    pane.replaceChildren();
    if (step.listing === undefined) {
      pane.append(make("p", { className: "aside" }, "No line has run yet: these numbers are given."));
      return;
    }
    const listing = listings[step.listing];
    const runs = {};
    steps.forEach((other, s) => {
      if (other.listing === step.listing) (runs[other.line] ??= []).push(s);
    });
    const lines = make("div", { className: "lines" });
    let now = null;
    listing.lines.forEach((text, i) => {
      const number = listing.first + i;
      const ran = runs[number];
      const go = make("button", { type: "button", tabIndex: -1, className: ran ? "ran" : "" }, String(number));
      if (ran) {
        go.title = `line ${number} ran ${count(ran.length, "time")} here: go to the next`;
        go.addEventListener("click", () => goTo(ran.find((s) => s > here.step) ?? ran[0]));
      } else go.disabled = true;
      const bare = text.trimStart();
      const shown = make("span", {}, bare);
      shown.style.paddingLeft = `${text.length - bare.length + HANGING}ch`;
      shown.style.textIndent = `-${HANGING}ch`;
      const row = make("div", {}, go, shown);
      row.classList.toggle("bad", number === listing.wrong);
      if (number === step.line) {
        row.classList.add("now");
        row.setAttribute("aria-current", "step");
        now = row;
      }
      lines.append(row);
    });
    pane.append(make("p", { className: "aside" }, `${listing.file}: ${listing.name}`), lines);
    if (now) {
      const [box, line] = [pane.getBoundingClientRect(), now.getBoundingClientRect()];
      pane.scrollTop += line.top - box.top - (pane.clientHeight - line.height) / 2;
    }
  }

  // --- the arrays --------------------------------------------------------------------------
  function planes(value) { // [label, [[position, ...] of a row, ...]]
    const { sizes, axes: [rows, columns] } = value;
    const stride = sizes.map((_, a) => sizes.slice(a + 1).reduce((n, s) => n * s, 1));
    const along = (axis) => (axis < 0 ? [0] : [...Array(sizes[axis]).keys()].map((i) => i * stride[axis]));
    let starts = [[0, sizes.map(() => ":")]];
    sizes.forEach((size, axis) => {
      if (axis === rows || axis === columns) return;
      starts = starts.flatMap(([start, label]) => [...Array(size).keys()].map((i) => [
        start + i * stride[axis], label.map((text, a) => (a === axis ? String(i) : text))]));
    });
    return starts.map(([start, label]) => [
      sizes.length > 2 ? `${value.name}[${label}]` : value.name,
      along(rows).map((r) => along(columns).map((c) => start + r + c))]);
  }

  function shownNumber(value, k) {
    if (terms[value.ids[k]] === "unset") return "–";
    const mine = numbers[value.ids[k]];
    if (here.mode === "mine" || !value.expected) return figure(mine);
    if (here.mode === "measured") return figure(value.expected[k]);
    const off = mine - value.expected[k];
    const within = value.bar ? Math.abs(off) <= value.bar[k] : !value.off.includes(k);
    return within ? "≈ 0" : figure(off);
  }

  function drawArray(v, fresh) {
    const value = values[v];
    const also = value.also.length ? `, that is ${value.also.join(" and ")}` : "";
    const role = (ROLES[value.role] ?? value.role) + also;
    const section = make("div", { className: "array" },
      make("h3", {}, make("code", {}, value.name), " ", make("small", {}, `${shapeOf(value)} ${role}`)));
    if (value.shape.some((size, a) => size !== value.sizes[a])) {
      const part = value.sizes.map((size) => `0:${size}`);
      section.append(make("p", { className: "aside" }, `A part of it is shown here: ${value.name}[${part}]`));
    }
    if (value.expected) section.append(make("p", { className: "aside" }, beside(value)));
    else if (here.mode !== "mine") section.append(make("p", { className: "aside" }, "As computed: there is nothing to compare it with."));
    const room = make("div", { className: "planes" });
    const before = !fresh || value.before === null ? null : values[value.before];
    const isNew = value.ids.map((id, k) => Boolean(before) && before.ids[k] !== id);
    const someNew = isNew.includes(false);
    const wrong = new Set(value.off);
    for (const [label, rows] of planes(value)) {
      const table = make("table", { role: "grid", "aria-label": label });
      if (value.sizes.length > 2) table.append(make("caption", {}, label));
      const wide = rows[0]?.length > 1;
      if (wide || rows.length > 1) {
        const head = rows[0].map((_, c) => make("th", { scope: "col" }, String(c)));
        table.append(make("thead", {}, make("tr", {}, make("td", { className: "corner" }), ...head)));
      }
      const body = make("tbody");
      rows.forEach((row, r) => {
        const line = make("tr");
        if (rows.length > 1) line.append(make("th", { scope: "row" }, String(r)));
        else if (wide) line.append(make("td", { className: "corner" }));
        for (const k of row) {
          const text = shownNumber(value, k);
          const cell = make("td", { tabIndex: -1 }, (wrong.has(k) ? "✗ " : "") + text);
          cell.dataset.v = v;
          cell.dataset.k = k;
          cell.setAttribute("aria-label", `${nameOf([v, k])} ${text}${wrong.has(k) ? ", wrong" : ""}`);
          if (wrong.has(k)) cell.classList.add("off");
          if (someNew && isNew[k]) cell.classList.add("new");
          line.append(cell);
        }
        body.append(line);
      });
      table.append(body);
      room.append(table);
    }
    const first = room.querySelector("td[data-k]");
    if (first) first.tabIndex = 0;
    section.append(room);
    return section;
  }

  const ROLES = { intermediate: "", gradient: "", upstream: "the gradient that backward is given" };

  function beside(value) { // what a gradient is of, whether it is right, and how that is known
    const how = value.bar ? "measured ± error bar" : "by the chain rule along forward";
    const all = value.ids.length;
    const verdict = value.off.length ? `✗ ${value.off.length} of ${all} wrong` : VERDICTS[value.verdict] ?? "not certain";
    const shown = { mine: "", measured: " Shown here: what it should be.", difference: " Shown here: mine − what it should be." }[here.mode];
    return `Gradient of ${value.of}: ${verdict} (${how}).${shown}`;
  }

  const VERDICTS = { "": "right", pass: "right", fail: "no one number is off by more than its error bar" };

  function drawArrays(step) {
    const pane = by("arrays");
    const [made, kept] = [step.out.filter((v) => makers[v] === here.step), step.out.filter((v) => makers[v] !== here.step)];
    const from = [...kept, ...step.from];
    const title = !step.phase ? "Handed over" : made.length ? "This line computes" : "This line makes no new number: it hands on";
    const side = (numbers) => make("div", { className: "side" },
      ...numbers.map((v) => drawArray(v, made.includes(v))));
    pane.replaceChildren(
      make("h2", {}, title), side(made.length ? made : kept),
      ...(made.length && from.length ? [make("h2", {}, "It is made from, or reads"), side(from)] : []), key());
  }

  function key() {
    const entries = [["here", "1", "this number"], ["from", "1", "what it is made of"],
      ["same", "1", "the same number"], ["into", "1", "what it goes into"]];
    const items = entries.map(([kind, text, words]) => make("span", {},
      make("span", { className: `sample ${kind}`, "aria-hidden": "true" }, text), " ", words));
    return make("p", { className: "key" }, ...items);
  }

  function light() {
    const at = here.passing ?? here.pin ?? here.example;
    const id = at === null ? -1 : idOf(at);
    const from = new Set();
    const won = new Set();
    if (at !== null) {
      const best = /^(max|min)imum$/.test(howOf(at)) ? numbers[id] : null;
      for (const term of madeOf(at)) {
        for (const feed of feedsOf(term)) {
          from.add(idOf(feed));
          if (best !== null && !won.size && term[2] === best) won.add(idOf(feed));
        }
      }
    }
    const into = new Set(at === null ? [] : goesInto(id).map(idOf));
    for (const cell of by("arrays").querySelectorAll("td[data-k]")) {
      const place = [Number(cell.dataset.v), Number(cell.dataset.k)];
      const mine = idOf(place);
      const current = isSame(place, at);
      cell.classList.toggle("here", Boolean(current));
      cell.classList.toggle("pinned", Boolean(isSame(place, here.pin)));
      cell.classList.toggle("from", !current && from.has(mine));
      cell.classList.toggle("won", !current && won.has(mine));
      cell.classList.toggle("same", !current && mine === id);
      cell.classList.toggle("into", !current && into.has(mine) && !from.has(mine));
    }
  }

  // --- one number --------------------------------------------------------------------------
  const HOW = {
    handed: "It is handed over.",
    given: "It is taken over as it is.",
    made: "It is made of no other number: the line itself sets it, or it was there before.",
    unset: "Nothing has been written there yet.",
    unknown: "Not taken apart: how this number was made was not followed.",
    elsewhere: "Its terms are left out here, to keep the page small: minnet step … --at shows them.",
  };

  function told(at) { // how a number is made, in words
    const n = madeOf(at).length;
    const words = {
      sum: n === 1 ? "It is:" : `The sum of ${n} terms:`, product: `The product of ${n} numbers:`,
      maximum: `The largest of ${n}:`, minimum: `The smallest of ${n}:`,
    };
    return words[howOf(at)] ?? HOW[howOf(at)];
  }

  function linked(symbols, feeds) { // the names of elements in a text as buttons
    const names = new Map(feeds.map((feed) => [nameOf(feed), feed]));
    const found = [];
    let rest = symbols;
    const escaped = [...names.keys()].sort((a, b) => b.length - a.length)
      .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const pattern = escaped.length ? new RegExp(`(?<![\\w.@\\]])(${escaped.join("|")})(?![\\w@[])`) : null;
    for (let match; pattern && (match = pattern.exec(rest));) {
      const feed = names.get(match[1]);
      const go = make("button", { type: "button", className: "to" }, match[1]);
      go.addEventListener("click", () => visit(feed));
      found.push(rest.slice(0, match.index), go);
      rest = rest.slice(match.index + match[1].length);
    }
    return [...found, rest];
  }

  const HINT = "Point at a number, or go to one with Tab and the arrow keys: what made it is shown here. "
    + "A click or Enter pins it, so that it stays.";

  function drawNumber() {
    const pane = by("number");
    const at = here.passing ?? here.pin ?? here.example;
    if (at === null) {
      pane.replaceChildren(make("h2", {}, "One number"),
        make("p", {}, HINT));
      return;
    }
    const value = values[at[0]];
    const mine = numbers[idOf(at)];
    const items = [make("h2", {}, "One number"),
      make("p", { className: "big" }, make("code", {}, nameOf(at)), ` = ${terms[idOf(at)] === "unset" ? "–" : figure(mine)}`)];
    const home = elsewhere(idOf(at), at);
    if (home) items.push(make("p", {}, "The same number as ", link(home)));
    items.push(make("p", {}, home && howOf(at) === "made" ? HOW.made : told(at)));
    if (madeOf(at).length) items.push(termTable(at));
    if (value.expected) items.push(comparison(value, at[1], mine));
    items.push(acts(at), ...into(at));
    if (!here.pin) items.push(make("p", { className: "aside" }, HINT));
    pane.replaceChildren(...items);
    pane.scrollTop = 0;
  }

  function elsewhere(id, at) { // where else the number stands: what is shown now comes first
    const base = (v) => values[v].name.split("@")[0];
    const order = [...steps[here.step].from, ...Object.keys(values).map(Number)];
    for (const v of order) {
      const k = values[v].ids.indexOf(id);
      if (k < 0 || v > at[0]) continue;
      return v === at[0] || (base(v) === base(at[0]) && k === at[1]) ? null : [v, k];
    }
    return null;
  }

  function link(at) {
    const go = make("button", { type: "button", className: "to" }, nameOf(at));
    go.addEventListener("click", () => visit(at));
    return go;
  }

  function termTable(at) {
    const how = howOf(at);
    const list = madeOf(at);
    const extreme = /imum$/.test(how);
    const sofar = list.length > 1 && !extreme;
    const heads = ["term", "value", ...(sofar ? [how === "sum" ? "sum so far" : "product so far"] : [])];
    const body = make("tbody");
    let total = how === "product" ? 1 : 0;
    let won = false;
    for (const term of list) {
      total = how === "product" ? total * term[2] : total + term[2];
      const equal = extreme && term[2] === numbers[idOf(at)];
      const name = make("td", {}, ...linked(term[0], feedsOf(term)));
      if (term[1]) name.append(` = ${term[1]}`);
      if (equal) name.append(won ? " (a tie)" : ` ★ the ${how === "maximum" ? "largest" : "smallest"}`);
      const row = make("tr", { className: equal && !won ? "won" : "" }, name, make("td", {}, figure(term[2])));
      if (sofar) row.append(make("td", {}, figure(total)));
      won ||= equal;
      body.append(row);
    }
    const head = make("thead", {}, make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text))));
    return make("table", { "aria-label": `what made ${nameOf(at)}` }, head, body);
  }

  function comparison(value, k, mine) {
    const right = value.expected[k];
    const bar = value.bar ? ` ± ${value.bar[k].toExponential(0).replace("-", "−")}` : "";
    const how = value.bar ? "measured" : "by the chain rule";
    const wrong = value.off.includes(k);
    const rows = [["mine", figure(mine)], [how, figure(right) + bar],
      ["difference", typeof right === "number" && typeof mine === "number" ? figure(mine - right) : "–"]];
    const body = make("tbody", {}, ...rows.map(([name, text]) =>
      make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, text))));
    const table = make("table", { "aria-label": "mine and right" }, body);
    return make("div", {}, make("p", {}, wrong ? "✗ It is not the gradient that it should be:" : "Beside what it should be:"), table);
  }

  function acts(at) {
    const row = make("p", { className: "acts" });
    const value = values[at[0]];
    const twin = value.twin === null || !values[value.twin] ? null : [value.twin, at[1]];
    if (twin && twin[1] < values[twin[0]].ids.length) {
      const go = make("button", { type: "button", id: "twin" }, `Twin: ${nameOf(twin)} (t)`);
      go.addEventListener("click", () => visit(twin));
      row.append(go);
    }
    if (here.trail.length) {
      const back = make("button", { type: "button" }, `Back to ${nameOf(here.trail.at(-1).pin)}`);
      back.addEventListener("click", goBack);
      row.append(back);
    }
    return row;
  }

  function into(at) {
    const list = goesInto(idOf(at));
    if (!list.length) return [];
    const shown = list.slice(0, 12).flatMap((one) => [link(one), " "]);
    const more = list.length > 12 ? `and ${list.length - 12} more` : "";
    return [make("p", {}, `It goes into ${count(list.length, "number")}: `, ...shown, more)];
  }

  // --- going about -------------------------------------------------------------------------
  function caption(step) {
    if (!step.phase) return "Handed over: what forward and backward are given";
    const loop = Object.entries(step.loop).map(([name, i]) => `, ${name} = ${i}`).join("");
    const left = step.left ? ` (${count(step.left, "step")} of loops before it left out)` : "";
    return `Step ${step.number} of ${operations}: ${step.phase}, line ${step.line}${loop}${left}`;
  }

  function say(text) { by("said").textContent = text; }

  function draw() {
    const step = steps[here.step];
    by("caption").replaceChildren(caption(step), make("br"), make("code", {}, step.text));
    by("slider").value = here.step;
    by("slider").setAttribute("aria-valuetext", `${caption(step)}: ${step.text}`);
    by("previous").disabled = here.step === 0;
    by("next").disabled = here.step === steps.length - 1;
    drawCode(step);
    drawArrays(step);
    refresh();
    address();
  }

  function refresh() { light(); drawNumber(); }

  function address() {
    const at = here.pin ? `&at=${nameOf(here.pin).replaceAll(" ", "%20")}` : "";
    try { history.replaceState(null, "", `#step=${steps[here.step].number}${at}`); } catch { /* in a frame */ }
  }

  function goTo(step, pin = null) {
    here.step = Math.min(Math.max(step, 0), steps.length - 1);
    here.passing = null;
    const keep = pin ?? here.pin;
    const visible = [...steps[here.step].out, ...steps[here.step].from];
    here.pin = keep && visible.includes(keep[0]) ? keep : null;
    here.example = exampleOf(steps[here.step]);
    draw();
  }

  function exampleOf(step) { // the number of most terms that are not 0, of those that are new
    let best = null;
    let most = -Infinity;
    for (const v of step.phase ? step.out : []) {
      const old = makers[v] === here.step ? 0 : 1e6; // what is new comes first
      const before = values[v].before === null ? null : values[values[v].before];
      values[v].ids.forEach((id, k) => {
        const list = before && before.ids[k] === id ? [] : madeOf([v, k]);
        const weight = list.reduce((sum, term) => sum + (term[2] ? 9 : 1), -old);
        if (weight > most) [best, most] = [[v, k], weight];
      });
    }
    return best;
  }

  function cellOf(at) {
    return at && by("arrays").querySelector(`td[data-v="${at[0]}"][data-k="${at[1]}"]`);
  }

  function focusOn(at) {
    const cell = cellOf(at);
    if (!cell) return;
    for (const other of cell.closest(".planes").querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    reveal();
  }

  function reveal() { // what lights up, in arrays that are longer than their room
    for (const room of by("arrays").querySelectorAll(".planes")) {
      const lit = room.querySelector(".here, .from, .same");
      if (!lit || room.scrollHeight <= room.clientHeight) continue;
      const [box, cell] = [room.getBoundingClientRect(), lit.getBoundingClientRect()];
      if (cell.top < box.top || cell.bottom > box.bottom) room.scrollTop += cell.top - box.top - 24;
    }
  }

  function visit(at) { // another number: the step that made it
    if (here.pin || here.passing) here.trail.push({ step: here.step, pin: here.pin ?? here.passing });
    goTo(makers[at[0]] ?? here.step, at);
    focusOn(at);
  }

  function goBack() {
    const last = here.trail.pop();
    if (!last) return;
    goTo(last.step, last.pin);
    focusOn(last.pin);
  }

  function pin(at) {
    here.pin = isSame(at, here.pin) ? null : at;
    refresh();
    address();
  }

  function describe(at) {
    const list = madeOf(at);
    const some = list.slice(0, 4).map((term) => `${term[0]}: ${figure(term[2])}`).join("; ");
    const more = list.length > 4 ? `; and ${list.length - 4} more` : "";
    say(`${nameOf(at)} = ${figure(numbers[idOf(at)])}. ${told(at)} ${some}${more}`);
  }

  function toFirstWrong(focus = true) {
    const step = steps[data.wrong];
    const worst = step.out.map((v) => [v, values[v].off?.[0]]).find(([, k]) => k !== undefined);
    goTo(data.wrong, worst ?? null);
    if (focus && worst) focusOn(worst);
    else if (focus) by("caption").focus();
  }

  // --- keys, pointer, buttons --------------------------------------------------------------
  const placeAt = (node) => {
    const cell = node.closest?.("td[data-k]");
    return cell ? [Number(cell.dataset.v), Number(cell.dataset.k)] : null;
  };

  const arrays = by("arrays");
  arrays.addEventListener("mouseover", (event) => {
    const at = placeAt(event.target);
    if (!at || isSame(at, here.passing)) return;
    here.passing = at;
    refresh();
  });
  arrays.addEventListener("mouseleave", () => { here.passing = placeAt(document.activeElement); refresh(); });
  arrays.addEventListener("focusin", (event) => {
    const at = placeAt(event.target);
    if (!at) return;
    here.passing = at;
    refresh();
    describe(at);
  });
  arrays.addEventListener("click", (event) => {
    const at = placeAt(event.target);
    if (!at) return;
    focusOn(at);
    pin(at);
  });

  function neighbour(cell, key) {
    const row = [...cell.parentElement.querySelectorAll("td[data-k]")];
    const rows = [...cell.closest("tbody").rows];
    const tables = [...cell.closest(".planes").querySelectorAll("table")];
    const [c, r, t] = [row.indexOf(cell), rows.indexOf(cell.parentElement), tables.indexOf(cell.closest("table"))];
    const pick = (table, i, j) => {
      const line = tables[table]?.tBodies[0].rows[i]?.querySelectorAll("td[data-k]");
      return line?.[j < 0 ? line.length - 1 : j];
    };
    switch (key) {
      case "ArrowRight": return row[c + 1] ?? pick(t + 1, r, 0);
      case "ArrowLeft": return row[c - 1] ?? pick(t - 1, r, -1);
      case "ArrowDown": return pick(t, r + 1, c);
      case "ArrowUp": return r > 0 ? pick(t, r - 1, c) : undefined;
      case "PageDown": return pick(t + 1, r, c);
      case "PageUp": return t > 0 ? pick(t - 1, r, c) : undefined;
      case "Home": return row[0];
      case "End": return row.at(-1);
      default: return undefined;
    }
  }

  function move(event, cell) {
    const next = neighbour(cell, event.key);
    if (next) focusOn(placeAt(next));
    event.preventDefault();
  }

  const MOVES = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"];
  arrays.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td[data-k]");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = placeAt(cell);
    if (MOVES.includes(event.key)) move(event, cell);
    else if (event.key === "Enter" || event.key === " ") { pin(at); describe(at); event.preventDefault(); }
    else if (event.key === "Backspace") { goBack(); event.preventDefault(); }
    else if ("tfb".includes(event.key)) by("twin")?.click();
    else if (event.key === "w" && data.wrong !== null) toFirstWrong();
    else if (event.key === "n" || event.key === "p") turn(event.key === "n" ? 1 : -1, at);
  });

  function turn(by, at) { // a step on or back, with the focus on a number again
    goTo(here.step + by, here.pin ?? at);
    const first = steps[here.step].out[0];
    focusOn(here.pin ?? (first === undefined ? null : [first, 0]));
  }

  by("previous").addEventListener("click", () => goTo(here.step - 1));
  by("next").addEventListener("click", () => goTo(here.step + 1));
  by("slider").addEventListener("input", (event) => goTo(Number(event.target.value)));
  by("modes").addEventListener("change", (event) => { here.mode = event.target.value; draw(); });
  by("digits").addEventListener("change", (event) => { here.long = event.target.checked; draw(); });
  by("as-list").addEventListener("click", (event) => {
    const on = page.classList.toggle("listed");
    event.currentTarget.setAttribute("aria-pressed", String(on));
    if (on) by("list").scrollIntoView();
  });
  if (data.wrong !== null) {
    by("wrong").hidden = false;
    by("wrong").addEventListener("click", () => toFirstWrong());
  }

  const SECONDS = 1.5; // between two steps: time to read a line
  let playing = null;
  function play(on) {
    clearInterval(playing);
    playing = on ? setInterval(() => {
      if (here.step === steps.length - 1) play(false);
      else goTo(here.step + 1);
    }, SECONDS * 1000) : null;
    by("play").textContent = on ? "Pause" : "Play";
    by("play").setAttribute("aria-pressed", String(on));
  }
  by("play").addEventListener("click", () => play(playing === null));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) by("play").hidden = true;

  function fromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
    const at = wanted.has("at") ? placeOf(wanted.get("at")) : null;
    const step = steps.findIndex((one) => one.number === Number(wanted.get("step")));
    if (wanted.has("step") && step >= 0) goTo(step, at);
    else if (at) goTo(makers[at[0]] ?? 0, at);
    else return false;
    if (at && !here.pin) goTo(makers[at[0]] ?? 0, at);
    return true;
  }
  window.addEventListener("hashchange", fromAddress);
  if (!fromAddress()) {
    if (data.start) goTo(makers[data.start[0]] ?? 0, data.start);
    else if (data.wrong !== null) toFirstWrong(false);
    else goTo(Math.min(1, steps.length - 1));
  }
})();
