// One number: what made it, what it should be, where it goes.
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

function breakable(text) { // a line may end after a factor, not inside a number
  return text.split(/(?<=·)/).flatMap((part) => [part, make("wbr")]);
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
    found.push(...breakable(rest.slice(0, match.index)), go);
    rest = rest.slice(match.index + match[1].length);
  }
  return [...found, ...breakable(rest)];
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
    make("p", { className: "big" }, make("code", {}, nameOf(at)), ` = ${written(value, at[1])}`)];
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
    if (term[1]) name.append(" = ", ...breakable(term[1]));
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
  const last = new Map(); // of several contents of one array the last
  for (const one of goesInto(idOf(at))) {
    const { track } = values[one[0]];
    last.set(track < 0 ? String(one) : `${track}:${one[1]}`, one);
  }
  const list = [...last.values()].map((one) => results.get(idOf(one)) ?? one);
  if (!list.length) return [];
  const shown = list.slice(0, 12).flatMap((one) => [link(one), " "]);
  const more = list.length > 12 ? `and ${list.length - 12} more` : "";
  return [make("p", {}, `It goes into ${count(list.length, "number")}: `, ...shown, more)];
}
