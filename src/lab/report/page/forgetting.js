// Loss and accuracy on training pictures by when they were last seen, at a few epochs of the training.
function forgetting() {
  const found = data.forgetting;
  if (!found) return;
  const last = found.epochs.length - 1;
  const few = [...new Set([0, 1, 2, 3].map(third => Math.round(third * last / 3)))].map(i => found.epochs[i]);
  const node = section("Forgetting", `The network of ${found.run} at the end of an epoch on training pictures, ` +
    "by how long ago it saw them. Dashed: on the test pictures, which it never sees.");
  const controls = element("div", { class: "controls" });
  node.append(controls);
  let metric = "loss";
  const redraw = chart(node, () => {
    const datasets = few.flatMap((epoch, i) => {
      const name = "epoch " + written(epoch.epoch, "number");
      const colour = { borderColor: palette[i], backgroundColor: palette[i], showLine: true };
      return [
        { ...colour, label: name, borderWidth: 2, pointRadius: 3,
          data: epoch[metric].map((y, bin) => ({ x: (bin + 0.5) / epoch[metric].length, y })) },
        { ...colour, label: name + ", test", borderWidth: 1.5, pointRadius: 0, borderDash: [6, 5],
          data: [0, 1].map(x => ({ x, y: epoch.unseen[metric] })) }];
    });
    const write = value => metric === "loss" ? value.toPrecision(4) : percent(value);
    return { type: "scatter", data: { datasets }, options: {
      interaction: { mode: "nearest", intersect: false },
      scales: { x: axis("epochs since the pictures were seen", { min: 0, max: 1 }),
                y: axis(metric, metric === "loss" ? {} : { ticks: { callback: value => percent(value, 0) } }) },
      plugins: {
        legend: { position: "bottom", labels: { filter: (item, all) => !all.datasets[item.datasetIndex].borderDash } },
        tooltip: { callbacks: { label: context => `${context.dataset.label}: ${write(context.raw.y)}` } } } } };
  }, { label: "loss by how long ago pictures were seen" });
  choice(controls, "Show", [["loss", "loss"], ["accuracy", "accuracy"]], value => { metric = value; redraw(); });
  const classes = tableOf("forgetting-by-class");
  node.append(element("h3", {}, classes.title));
  table(node, classes);
}
