// The code and the arrays of a step, and what lights up in them.
// --- the code ----------------------------------------------------------------------------
const HANGING = 2; // what is too long goes on further to the right

function drawCode(step) {
  const pane = by("code");
  pane.replaceChildren();
  const shown = step.listing ?? steps[1]?.listing;
  if (step.listing === undefined) pane.append(make("p", { className: "aside" }, "No line has run yet."));
  if (shown === undefined) return;
  const listing = listings[shown];
  const runs = {};
  steps.forEach((other, s) => {
    if (other.listing === shown) (runs[other.line] ??= []).push(s);
  });
  const lines = make("div", { className: "lines" });
  let now = null;
  listing.lines.forEach((text, i) => {
    const number = listing.first + i;
    const [from, to] = listing.folded;
    if (number >= from && number < to) {
      if (number === from) lines.append(make("div", {}, make("span", { className: "rest" }, "…")));
      return;
    }
    const ran = runs[number];
    const go = make("button", { type: "button", tabIndex: -1, className: ran ? "ran" : "" }, String(number));
    if (ran) {
      go.title = `line ${number} ran ${count(ran.length, "time")} here: go to the next`;
      go.addEventListener("click", () => goTo(ran.find((s) => s > here.step) ?? ran[0]));
    } else go.disabled = true;
    const bare = text.trimStart();
    const written = make("span", {}, bare);
    written.style.paddingLeft = `${text.length - bare.length + HANGING}ch`;
    written.style.textIndent = `-${HANGING}ch`;
    const row = make("div", {}, go, written);
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
  const mine = numbers[value.ids[k]];
  if (here.mode === "mine" || !value.expected) return written(value, k);
  if (here.mode === "measured") return figure(value.expected[k]);
  const off = mine - value.expected[k];
  const within = value.bar ? Math.abs(off) <= value.bar[k] : !value.off.includes(k);
  return within ? "≈ 0" : figure(off);
}

function drawArray(v, fresh) {
  const value = values[v];
  const also = value.also.length ? `, that is ${value.also.join(" and ")}` : "";
  const what = ROLES[value.role] ?? value.role;
  const role = (what && `, ${what}`) + also;
  const section = make("div", { className: "array" },
    make("h3", {}, make("code", {}, value.name), " ", make("small", {}, `${shapeOf(value)}${role}`)));
  if (value.shape.some((size, a) => size !== value.sizes[a])) {
    const part = value.sizes.map((size) => `0:${size}`);
    section.append(make("p", { className: "aside" }, `A part of it is shown here: ${value.name}[${part}]`));
  }
  if (value.expected) section.append(make("p", { className: "aside" }, beside(value)));
  else if (value.misshapen) section.append(make("p", { className: "aside" }, value.misshapen));
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
  const title = !step.phase ? "Handed over" : made.length ? "This line computes" : "This line computes nothing new";
  const side = (numbers) => make("div", { className: "side" },
    ...numbers.map((v) => drawArray(v, made.includes(v))));
  pane.replaceChildren(
    make("h2", {}, title), side(made.length ? made : kept), ...(step.handed ? [make("p", { className: "aside" }, step.handed)] : []),
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
