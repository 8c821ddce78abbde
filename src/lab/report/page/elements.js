// What every part of the page uses: its data, elements and written figures.

const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const palette = ["#3b82c4", "#e08a1e", "#2f9e6e", "#c2537f", "#7b62c9", "#8a7a1f", "#2aa0b5", "#c0483b"];

const known = value => typeof value === "number" && Number.isFinite(value);

// Text goes in as text nodes only: names of folders and classes are not markup.
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

function section(title, note) {
  const node = element("section", {}, element("h2", {}, title));
  if (note) node.append(element("p", { class: "quiet" }, note));
  main.append(node);
  return node;
}

const percent = (value, digits = 2) => known(value) ? (100 * value).toFixed(digits) + " %" : "–";
const seconds = value => known(value) ? (value >= 100 ? value.toFixed(0) : value.toFixed(2)) + " s" : "–";
const signed = (value, digits) => (value > 0 ? "+" : "") + value.toFixed(digits);

function written(value, unit) {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "count": return value.toFixed(0);
    case "fraction": return percent(value);
    case "points": return signed(100 * value, 2);
    case "seconds": return value.toFixed(2);
    case "number": return String(Number(value.toPrecision(4)));
    default: return String(value);
  }
}

const ofRun = cell => cell.run === null ? null : data.runs[cell.run];
const accuracyOf = cell => ofRun(cell)?.accuracy.mean ?? null;
const secondsOf = cell => ofRun(cell)?.finished ? ofRun(cell).seconds.train : null;
const byAccuracy = (a, b) => (b.accuracy.mean ?? -1) - (a.accuracy.mean ?? -1);

const tableOf = key => data.tables.find(candidate => candidate.key === key);

function choice(parent, label, options, onchange) {
  const select = element("select", { onchange: () => onchange(select.value) },
    ...options.map(([value, text]) => element("option", { value }, text)));
  parent.append(element("label", {}, label, select));
  return select;
}
