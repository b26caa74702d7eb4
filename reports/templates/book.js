"use strict";
launchlab.ready(() => {
  const packed = launchlab.read("packed");
  const box = document.getElementById("explorer");
  if (!packed.launches.length) return;
  box.hidden = false;
  const choose = document.getElementById("launch"), codes = document.getElementById("codes"), plot = document.getElementById("launch-plot");
  const noon = (day) => day + " 12:00";
  const known = { exact: "announced", upper_bound: "announced, or before", date: "announced that day, time unknown" };
  const words = (reason) => reason.replace(/_/g, " ");
  const number = (value) => Number(value).toLocaleString("en", { maximumFractionDigits: 3 }).replace("-", "−");
  let code = "";

  packed.launches.forEach((launch, i) => choose.append(new Option(`${launch.id} · ${launch.company} · ${launch.product}`.slice(0, 90), i)));

  const steps = (bars, key, name, fill) => ({
    type: "scatter", mode: "lines", name, x: bars.t.map((t) => noon(packed.sessions[t])), y: bars[key], line: { color: "var:paper", width: 1, dash: "dot", shape: "hvh" },
    hovertemplate: "%{y}", showlegend: fill, legendgroup: "limits",
  });
  const candles = (bars) => ({
    type: "candlestick", name: "price", x: bars.t.map((t) => noon(packed.sessions[t])), open: bars.o, high: bars.h, low: bars.l, close: bars.c, showlegend: false,
    increasing: { line: { color: "var:soft", width: 1 }, fillcolor: "rgba(0,0,0,0)" }, decreasing: { line: { color: "var:soft", width: 1 }, fillcolor: "var:soft" },
  });
  const dots = (name, rows, symbol, color, say) => ({
    type: "scatter", mode: "markers", name, x: rows.map((row) => noon(row[0])), y: rows.map((row) => row[6]), text: rows.map((row) => launchlab.escape(say(row))),
    hovertemplate: "%{text}<extra></extra>", marker: { symbol, color, size: 12, line: { color: "var:paper-bg", width: 1 } },
  });
  const level = (bars, day) => { const at = bars.t.indexOf(packed.sessions.indexOf(day)); return at < 0 ? null : bars.o[at] ?? bars.c[at] ?? bars.u[at]; };
  const moments = (launch, range) => {
    const [day, clock] = launch.at.split(" ");
    // words stand on the side where there is room for them
    const side = (x) => (2 * Date.parse(x) > Date.parse(range[0]) + Date.parse(range[1]) ? "right" : "left");
    const [from, to] = launch.between.length ? launch.between : [day + " 00:00", day + " 23:59"];
    const exact = launch.precision !== "date" && clock && !launch.between.length;
    const line = { type: "line", yref: "paper", y0: 0, y1: 1 };
    const note = { yref: "paper", showarrow: false, font: { size: 11, color: "var:soft" }, bgcolor: "var:paper-bg" };
    const news = exact ? { ...line, x0: launch.at, x1: launch.at, line: { color: "var:ink", width: 1.4, dash: "dash" } }
      : { ...line, type: "rect", x0: from, x1: to, fillcolor: "var:rule", opacity: 0.6, line: { width: 0 }, layer: "below" };
    const first = { ...line, type: "rect", x0: launch.first + " 00:00", x1: launch.first + " 23:59", fillcolor: "var:strategy", opacity: 0.14, line: { width: 0 }, layer: "below" };
    const shapes = [news], notes = [{ ...note, x: exact ? launch.at : from, y: 1, xanchor: side(day), text: known[launch.precision] || "announced" }];
    if (launch.first) { shapes.push(first); notes.push({ ...note, x: launch.first + (side(launch.first) === "left" ? " 23:59" : " 00:00"), y: 0.04, xanchor: side(launch.first), text: "first tradable session" }); }
    return { shapes, annotations: notes };
  };
  const show = () => {
    const launch = packed.launches[choose.value], bars = packed.codes[code];
    const mine = launch.fills.filter((fill) => fill[2] === code);
    const fills = mine.map((fill) => [...fill, fill[4]]);
    const say = (fill) => `${fill[0]} ${fill[1]}: ${words(fill[5])}, ${fill[3] > 0 ? "bought" : "sold"} ${number(Math.abs(fill[3]))} at ${number(fill[4])}`;
    const sayBlocked = (row) => `${row[0]} ${row[1]}: wanted ${number(row[3])}, got ${number(row[4])}: ${words(row[5])}`;
    if (!bars) { Plotly.purge(plot); plot.textContent = `There are no bars of ${code} around this launch.`; }
    else {
      if (!plot.querySelector(".plot-container")) plot.textContent = "";
      const blocked = launch.blocks.filter((row) => row[2] === code).map((row) => [...row, level(bars, row[0])]);
      const data = [candles(bars)];
      if (bars.u.some((v) => v !== null)) data.push(steps(bars, "u", "price limits", true), steps(bars, "d", "lower limit", false));
      const entries = fills.filter((fill) => fill[5] === "entry"), exits = fills.filter((fill) => fill[5] !== "entry");
      const aim = (rows) => (rows.length && rows[0][3] < 0 ? "triangle-down" : "triangle-up");
      if (entries.length) data.push(dots("entry", entries, aim(entries), "var:strategy", say));
      if (exits.length) data.push(dots("exit", exits, aim(exits) + "-open", "var:strategy", say));
      if (blocked.length) data.push(dots("blocked", blocked, "x", "var:short", sayBlocked));
      const days = [launch.at.slice(0, 10), launch.first, ...launch.fills, ...launch.blocks].map((row) => (Array.isArray(row) ? row[0] : row)).filter(Boolean).sort();
      const shift = (day, by) => new Date(Date.parse(day + "T12:00Z") + by * 864e5).toISOString().slice(0, 10);
      const earliest = shift(packed.sessions[bars.t[Math.max(0, bars.c.findIndex((v) => v !== null))]], -2), latest = shift(packed.sessions[bars.t[bars.t.length - 1]], 2);
      const range = [shift(days[0], -28), shift(days[days.length - 1], 21)];
      if (range[0] < earliest) range[0] = earliest < days[0] ? earliest : shift(days[0], -1);
      if (range[1] > latest) range[1] = latest;
      const inside = bars.t.map((t, i) => [packed.sessions[t], i]).filter(([day]) => day >= range[0] && day <= range[1]).map(([, i]) => i);
      const met = inside.filter((i) => days.includes(packed.sessions[bars.t[i]]));
      const low = Math.min(...inside.map((i) => bars.l[i] ?? Infinity), ...met.map((i) => bars.d[i] ?? Infinity));
      const high = Math.max(...inside.map((i) => bars.h[i] ?? -Infinity), ...met.map((i) => bars.u[i] ?? -Infinity));
      const pad = (high - low) * 0.12 || 1;
      const layout = { ...moments(launch, range), xaxis: { type: "date", range, rangeslider: { visible: false }, hoverformat: "%a %d %b %Y" }, yaxis: { range: [low - pad, high + pad] }, hovermode: "x" };
      launchlab.draw(plot, { data, layout });
    }
    const when = launch.told + (launch.told.includes(":") ? " Hong Kong time" : ", time unknown");
    document.getElementById("facts").textContent = `${launch.company}: ${launch.product} (${launch.kind}), ${when}; first tradable session ${launch.first || "none"}.`;
    const rows = [...launch.fills.map((fill) => [fill[0], fill[1], fill[2], number(fill[3]), number(fill[4]), words(fill[5])]),
      ...launch.blocks.map((row) => [row[0], row[1], row[2], number(row[3]), "–", "blocked: " + words(row[5]) + (row[4] ? `, got ${number(row[4])}` : "")])];
    rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    document.querySelector("#orders tbody").replaceChildren(...rows.map((row) => {
      const line = document.createElement("tr");
      line.append(...row.map((text, i) => { const cell = document.createElement("td"); cell.textContent = text; if (i === 3 || i === 4) cell.className = "n"; return cell; }));
      return line;
    }));
  };
  const pickCode = (name) => {
    code = name;
    for (const button of codes.children) button.setAttribute("aria-pressed", button.textContent === name);
    show();
  };
  const pick = (i) => {
    choose.value = (i + packed.launches.length) % packed.launches.length;
    const launch = packed.launches[choose.value];
    codes.replaceChildren(...launch.codes.map((name) => {
      const button = document.createElement("button");
      button.type = "button"; button.textContent = name; button.addEventListener("click", () => pickCode(name));
      return button;
    }));
    const best = launch.codes.find((name) => launch.blocks.some((row) => row[2] === name)) || launch.codes.find((name) => launch.fills.some((fill) => fill[2] === name)) || launch.codes[0];
    if (best) pickCode(best);
  };
  choose.addEventListener("change", () => pick(Number(choose.value)));
  document.getElementById("previous").addEventListener("click", () => pick(Number(choose.value) - 1));
  document.getElementById("next").addEventListener("click", () => pick(Number(choose.value) + 1));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick]");
    if (!button) return;
    const at = packed.launches.findIndex((launch) => launch.id === button.dataset.pick);
    if (at >= 0) { pick(at); box.scrollIntoView(); choose.focus({ preventScroll: true }); }
  });
  const worth = (launch) => launch.fills.length && launch.fills.length + (launch.blocks.length ? 100 : 0) + (launch.precision === "date" ? 0 : 0.5);
  const most = packed.launches.reduce((best, launch, i) => (worth(launch) > worth(packed.launches[best]) ? i : best), 0);
  launchlab.whenSeen(plot, () => { if (!code) pick(most); });
});
