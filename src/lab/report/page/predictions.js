// What the best checkpoint takes for what.

function predictions() {
  const found = data.predictions;
  if (!found) {
    section("Mistakes", data.predictions_missing);
    return;
  }
  const node = section("Mistakes", `${found.checkpoint} on ${found.pictures} pictures of ${found.dataset}: ` +
    `${percent(found.accuracy)} right.`);
  if (found.classes.length <= 50) {
    const share = found.confusion.map(row => {
      const all = row.reduce((sum, value) => sum + value, 0);
      return row.map((value, c) => all ? value / all : null);
    });
    heat(node, { title: "Confusion: each class (row) and what it was taken for, %", rows: found.classes,
      columns: found.classes, rowTitle: "class", columnTitle: "taken for", values: share,
      write: value => value === 0 ? "·" : (100 * value).toFixed(1),
      hint: (r, c) => `${found.classes[r]} taken for ${found.classes[c]}: ${found.confusion[r][c]} pictures` });
  }
  const pairs = found.confusion.flatMap((row, r) => row.map((pictures, c) => [found.classes[r], found.classes[c], pictures])
    .filter(([, , pictures], c) => c !== r && pictures > 0));
  node.append(element("h3", {}, "Most frequent confusions"));
  table(node, { columns: [{ title: "class", unit: "text" }, { title: "taken for", unit: "text" }, { title: "pictures", unit: "count" }],
    rows: pairs.sort((a, b) => b[2] - a[2]).slice(0, 20) });
  if (!found.wrong.length) return;
  node.append(element("h3", {}, "Most confidently wrong"));
  node.append(element("div", { class: "pictures" }, ...found.wrong.map(picture => element("figure", {},
    element("img", { src: picture.image, loading: "lazy", alt: `test picture ${picture.index}` }),
    element("figcaption", {}, element("b", {}, found.classes[picture.predicted] + " " + percent(picture.confidence, 1)),
      element("span", {}, "is " + found.classes[picture.truth]))))));
}
