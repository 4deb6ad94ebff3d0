// The step-through's numbers: what stands where, how it is written, and what made what.
"use strict";
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

function written(value, k) { // an element as it is shown
  if (terms[value.ids[k]] === "unset") return "–";
  const mine = numbers[value.ids[k]];
  if (value.kind === "b") return mine ? "True" : "False";
  return figure(mine);
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

const results = new Map(); // where a number stands in what forward or backward returns, by its id
for (const v of Object.keys(values)) {
  if (values[v].role !== "output" && !values[v].also.length && !values[v].of) continue;
  values[v].ids.forEach((id, k) => results.set(id, [Number(v), k]));
}

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
