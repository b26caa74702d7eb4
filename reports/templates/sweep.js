"use strict";
launchlab.ready(() => {
  const packed = launchlab.read("packed"), n = packed.n;
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const axes = packed.axes.map((axis) => ({ ...axis, at: axis.wide ? new Uint16Array(bytes(axis.at)) : new Uint8Array(bytes(axis.at)) }));
  const metrics = Object.fromEntries(Object.entries(packed.metrics).map(([name, text]) => [name, new Float32Array(bytes(text))]));
  const node = (id) => document.getElementById(id);
  const [x, y, metric, how] = ["x", "y", "metric", "how"].map(node);
  const many = axes.map((axis, i) => i).filter((i) => axes[i].levels.length > 1);
  const fixed = axes.map(() => -1);
  const score = metrics[packed.metric];
  let best = 0;
  for (let i = 0; i < n; i++) if (!(score[i] <= score[best]) && !Number.isNaN(score[i])) best = i;

  axes.forEach((axis, i) => { if (many.length < 2 || many.includes(i)) { x.append(new Option(axis.name, i)); y.append(new Option(axis.name, i)); } });
  for (const name of Object.keys(metrics)) metric.append(new Option(packed.labels[name], name));
  x.value = many[0] ?? 0; y.value = many[1] ?? many[0] ?? 0;

  const sliders = axes.map((axis, i) => {
    const row = document.createElement("label"), name = document.createElement("span"), shown = document.createElement("output"), input = document.createElement("input");
    row.className = "slider"; name.textContent = axis.name; shown.textContent = "free";
    Object.assign(input, { type: "range", min: 0, max: axis.levels.length, value: 0, step: 1 });
    input.addEventListener("input", () => { fixed[i] = Number(input.value) - 1; shown.textContent = fixed[i] < 0 ? "free" : axis.levels[fixed[i]]; input.setAttribute("aria-valuetext", shown.textContent); draw(); });
    row.append(name, input, shown);
    node("sliders").append(row);
    return { row, input, shown };
  });

  const pick = { median: (v) => { const s = Float32Array.from(v).sort(), h = s.length >> 1; return s.length % 2 ? s[h] : (s[h - 1] + s[h]) / 2; }, best: (v) => v.reduce((a, b) => Math.max(a, b)), worst: (v) => v.reduce((a, b) => Math.min(a, b)) };
  const cells = (a, b, values) => {
    const held = axes.map((_, i) => i).filter((i) => i !== a && i !== b && fixed[i] >= 0);
    const grid = axes[b].levels.map(() => axes[a].levels.map(() => []));
    for (let i = 0; i < n; i++) {
      if (Number.isNaN(values[i]) || held.some((k) => axes[k].at[i] !== fixed[k])) continue;
      grid[axes[b].at[i]][axes[a].at[i]].push(values[i]);
    }
    return grid;
  };
  const percent = new Set(["total_return", "max_drawdown", "cagr", "volatility"]);
  const tell = (name, value) => (percent.has(name) ? (100 * value).toFixed(2) + " %" : value.toPrecision(4)).replace("-", "−");
  const draw = () => {
    const a = Number(x.value), b = Number(y.value), name = metric.value;
    sliders.forEach(({ row }, i) => { row.hidden = i === a || i === b || axes[i].levels.length < 2; });
    const grid = cells(a, b, metrics[name]);
    const z = grid.map((line) => line.map((cell) => (cell.length ? pick[how.value](cell) : null)));
    const scale = percent.has(name) ? 100 : 1, inks = z.map((line) => line.map((v) => (v === null ? null : scale * v)));
    const flat = z.flat().filter((v) => v !== null);
    const low = Math.min(...flat), high = Math.max(...flat), signed = low < 0 && high > 0;
    const reach = Math.max(-low, high);
    const text = grid.map((line, j) => line.map((cell, i) => `${launchlab.escape(axes[a].name)} ${launchlab.escape(axes[a].levels[i])}, ${launchlab.escape(axes[b].name)} ${launchlab.escape(axes[b].levels[j])}<br>${z[j][i] === null ? "no point" : tell(name, z[j][i])}, ${cell.length} points`));
    const colors = signed ? [[0, "var:short"], [0.5, "var:card"], [1, "var:long"]] : [[0, "var:card"], [1, "var:strategy"]];
    const heat = { type: "heatmap", z: inks, x: axes[a].levels.map(launchlab.escape), y: axes[b].levels.map(launchlab.escape), text, hovertemplate: "%{text}<extra></extra>", colorscale: colors, zmin: scale * (signed ? -reach : low), zmax: scale * (signed ? reach : high), xgap: 1, ygap: 1, colorbar: { thickness: 12, outlinewidth: 0, ticksuffix: percent.has(name) ? " %" : "" } };
    const mark = { type: "scatter", mode: "markers", x: [launchlab.escape(axes[a].levels[axes[a].at[best]])], y: [launchlab.escape(axes[b].levels[axes[b].at[best]])], marker: { symbol: "circle-open", size: 18, color: "var:ink", line: { width: 2.5, color: "var:ink" } }, hoverinfo: "skip", showlegend: false };
    launchlab.draw(node("heat"), { data: [heat, mark], layout: { xaxis: { type: "category", title: { text: launchlab.escape(axes[a].name) }, showgrid: false }, yaxis: { type: "category", title: { text: launchlab.escape(axes[b].name), standoff: 12 }, showgrid: false } } });
    const used = grid.flat().reduce((sum, cell) => sum + cell.length, 0);
    node("told").textContent = `${used.toLocaleString("en")} of ${n.toLocaleString("en")} points on the map` + (flat.length ? `, from ${tell(name, low)} to ${tell(name, high)}.` : ".");
  };
  const plateau = () => {
    const data = many.map((k) => {
      const found = [];
      for (let i = 0; i < n; i++) if (axes.every((axis, j) => j === k || axis.at[i] === axis.at[best])) found.push(i);
      found.sort((i, j) => axes[k].at[i] - axes[k].at[j]);
      return { type: "scatter", mode: "lines+markers", name: launchlab.escape(axes[k].name), x: found.map((i) => axes[k].at[i] - axes[k].at[best]), y: found.map((i) => score[i]), text: found.map((i) => launchlab.escape(axes[k].levels[axes[k].at[i]])), hovertemplate: "%{text}: %{y:.3f}" };
    });
    const colors = ["strategy", "paper", "long", "violet", "short", "benchmark"];
    data.forEach((trace, i) => { trace.line = { color: "var:" + colors[i % colors.length], width: 1.6 }; });
    launchlab.draw(node("plateau"), { data, layout: { xaxis: { title: { text: "steps of the grid from the best point" }, dtick: 1 }, yaxis: { title: { text: launchlab.escape(packed.labels[packed.metric]) } }, hovermode: "closest", showlegend: true } });
  };
  for (const one of [x, y, metric, how]) one.addEventListener("change", () => {
    if (x.value === y.value && many.length > 1) { const other = one === x ? y : x; other.value = many.find((i) => i !== Number(one.value)); }
    draw();
  });
  node("controls").hidden = false;
  draw();
  launchlab.whenSeen(node("plateau"), plateau);
});
