// One step at a time: by slider, buttons, keys and pointer. Without script the page is a list.
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
  say(`${nameOf(at)} = ${written(values[at[0]], at[1])}. ${told(at)} ${some}${more}`);
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

// --- by itself ---------------------------------------------------------------------------
const SECONDS = { play: 1.5, slide: 0.7 }; // between two steps, time to read a line; between two numbers
const ON = { play: "Pause", slide: "Stop" };
const OFF = { play: by("play").textContent, slide: by("slide").textContent };
let running = null; // what goes by itself, and its clock

function run(what) {
  if (running) {
    clearInterval(running.clock);
    by(running.what).textContent = OFF[running.what];
  }
  const go = what === "play" ? playOn : slideOn;
  running = what ? { what, clock: setInterval(go, SECONDS[what] * 1000) } : null;
  if (what) by(what).textContent = ON[what];
}

function playOn() {
  if (here.step === steps.length - 1) run(null);
  else goTo(here.step + 1);
}

function slideOn() { // the next number of the same array: what feeds it slides along
  const cell = cellOf(here.passing ?? here.pin ?? here.example);
  const all = cell ? [...cell.closest(".planes").querySelectorAll("td[data-k]")] : [];
  const next = all[all.indexOf(cell) + 1];
  if (!next) { run(null); return; }
  here.passing = placeAt(next);
  refresh();
  reveal();
}

for (const what of ["play", "slide"]) {
  by(what).addEventListener("click", () => run(running?.what === what ? null : what));
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) by(what).hidden = true;
}
document.addEventListener("keydown", (event) => { if (event.key === "Escape") run(null); });

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
