// Tables that a click sorts, and heat maps.

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

// Unknown values stay at the end in both directions.
function sorted(rows, column, direction) {
  const missing = value => value === null || value === "";
  return [...rows].sort((a, b) => {
    const [left, right] = [a[column], b[column]];
    if (missing(left) || missing(right)) return missing(left) - missing(right);
    return direction * compare(left, right);
  });
}

function table(parent, { columns, rows }) {
  const body = element("tbody");
  const fill = order => body.replaceChildren(...order.map(row => element("tr", {}, ...row.map((value, i) =>
    element("td", { class: columns[i].unit }, written(value, columns[i].unit))))));
  const heads = columns.map((column, index) => {
    const head = element("th", { class: column.unit, scope: "col" });
    const sort = () => {
      const direction = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      fill(sorted(rows, index, direction));
    };
    head.append(element("button", { type: "button", onclick: sort }, column.title));
    return head;
  });
  fill(rows);
  parent.append(element("div", { class: "scroll tall" },
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body)));
}

// Viridis (S. van der Walt, N. Smith), at ninths: its lightness tells the order, in grey as well.
const scale = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137],
               [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];

function heatColour(share) {
  const place = Math.min(Math.max(share, 0), 1) * (scale.length - 1);
  const below = Math.min(Math.floor(place), scale.length - 2);
  const mix = scale[below].map((value, i) => Math.round(value + (scale[below + 1][i] - value) * (place - below)));
  const light = 0.299 * mix[0] + 0.587 * mix[1] + 0.114 * mix[2];
  return { background: `rgb(${mix})`, text: light > 140 ? "#111" : "#fff" };
}

// values[row][column], null where there is none. A higher value is lighter; `best` marks one.
function heat(parent, { title, rows, columns, rowTitle, columnTitle, values, write, best, hint }) {
  const all = values.flat().filter(known);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const bestValue = best === "high" ? high : best === "low" ? low : null;
  const line = (name, row, r) => element("tr", {}, element("th", { scope: "row" }, name), ...row.map((value, c) => {
    const cell = element("td", {}, known(value) ? write(value) : "–");
    if (!known(value)) return cell;
    const colour = heatColour(high > low ? (value - low) / (high - low) : 0.5);
    cell.style.background = colour.background;
    cell.style.color = colour.text;
    if (value === bestValue) cell.classList.add("best");
    if (hint) cell.title = hint(r, c);
    return cell;
  }));
  parent.append(element("div", {}, element("h3", {}, title), element("div", { class: "scroll" },
    element("table", { class: "heat" },
      element("thead", {},
        element("tr", {}, element("th"), element("th", { colspan: columns.length }, columnTitle)),
        element("tr", {}, element("th", { scope: "col" }, rowTitle),
          ...columns.map(name => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...values.map((row, r) => line(rows[r], row, r)))))));
}
