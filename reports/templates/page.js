"use strict";
const launchlab = (() => {
  const root = document.documentElement;
  root.classList.add("js");
  const read = (id) => { const node = document.getElementById(id); return node ? JSON.parse(node.textContent) : null; };
  const escape = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  const colors = () => getComputedStyle(root);
  const paint = (value, style) => {
    if (typeof value === "string") return value.startsWith("var:") ? style.getPropertyValue("--" + value.slice(4)).trim() : value;
    if (Array.isArray(value)) return value.map((item) => paint(item, style));
    if (value && typeof value === "object" && !ArrayBuffer.isView(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, paint(item, style)]));
    }
    return value;
  };
  const axis = (own) => ({ gridcolor: "var:rule", zerolinecolor: "var:faint", linecolor: "var:rule", automargin: true, ...own });
  const layout = (own) => {
    const phone = window.innerWidth < 560;
    const base = {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: "var:ink" }, autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 8, r: 8, t: 34, b: 8 },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, hoverlabel: { bgcolor: "var:paper-bg", font: { color: "var:ink" } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "var:faint", activecolor: "var:accent" }, dragmode: phone ? false : "zoom", ...own,
    };
    for (const key of Object.keys(base)) if (/^[xy]axis/.test(key)) base[key] = axis(base[key]);
    base.xaxis = axis(base.xaxis); base.yaxis = axis(base.yaxis);
    return base;
  };
  const settings = { responsive: true, displaylogo: false, displayModeBar: window.innerWidth < 560 ? false : "hover", modeBarButtonsToRemove: ["select2d", "lasso2d", "toImage"] };
  const drawn = new Map();
  const draw = (node, figure) => {
    drawn.set(node, figure);
    const painted = paint({ data: figure.data, layout: layout(figure.layout || {}) }, colors());
    return Plotly.react(node, painted.data, painted.layout, settings);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn.forEach((figure, node) => draw(node, figure)));

  // The still pictures are only text until they are needed: on paper, or where the chart library is missing.
  const stills = () => document.querySelectorAll("noscript").forEach((node) => {
    const box = document.createElement("div");
    box.className = "static"; box.innerHTML = node.textContent;
    node.replaceWith(box);
  });
  addEventListener("beforeprint", stills);
  matchMedia("print").addEventListener("change", (event) => { if (event.matches) stills(); });

  // What stands on the screen is drawn at once, the rest when it is scrolled to.
  const waiting = new Map();
  const near = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => { if (isIntersecting) run(target); }), { rootMargin: "300px" });
  const run = (node) => { const task = waiting.get(node); waiting.delete(node); near.unobserve(node); if (task) task(); };
  const whenSeen = (node, task) => {
    waiting.set(node, task);
    if (node.getBoundingClientRect().top < window.innerHeight) run(node); else near.observe(node);
  };
  const charts = () => document.querySelectorAll("[data-figure]").forEach((node) => {
    const text = node.nextElementSibling;
    if (drawn.has(node) || waiting.has(node) || !text?.nextElementSibling) return; // not read to its end yet
    whenSeen(node, () => draw(node, JSON.parse(text.textContent)).then(() => performance.mark("chart " + node.dataset.figure)));
  });

  const value = (cell) => (cell.dataset.v === undefined ? cell.textContent : cell.dataset.v);
  const order = (numeric, sign) => (a, b) => {
    if (a[0] === "" || b[0] === "") return (a[0] === "") - (b[0] === "") || a[2] - b[2];
    const step = numeric ? Number(a[0]) - Number(b[0]) : a[0].localeCompare(b[0], undefined, { numeric: true });
    return sign * step || a[2] - b[2];
  };
  const sort = (table, column, header) => {
    const up = header.getAttribute("aria-sort") === (header.classList.contains("n") ? "descending" : "ascending");
    const rising = header.classList.contains("n") ? up : !up;
    table.querySelectorAll("th[aria-sort]").forEach((node) => node.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, i) => [value(row.cells[column]), row, i]);
    rows.sort(order(header.classList.contains("n"), rising ? 1 : -1));
    body.append(...rows.map((row) => row[1]));
  };
  const filter = (box) => {
    const find = box.querySelector("[data-find]").value.trim().toLowerCase();
    const chosen = [...box.querySelectorAll("[data-choose]")].filter((node) => node.value);
    let shown = 0;
    for (const row of box.querySelector("tbody").rows) {
      const fits = row.textContent.toLowerCase().includes(find) && chosen.every((node) => row.cells[node.dataset.choose].textContent === node.value);
      row.hidden = !fits;
      shown += fits;
    }
    const all = box.querySelector("tbody").rows.length;
    box.querySelector("[data-count]").textContent = shown === all ? `${all} rows` : `${shown} of ${all} rows`;
  };
  const tables = () => {
    document.querySelectorAll("[data-table]").forEach((table) => table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("[data-sort]");
      if (button) sort(table, Number(button.dataset.sort), button.closest("th"));
    }));
    document.querySelectorAll(".table").forEach((box) => { if (box.querySelector("[data-find]")) box.addEventListener("input", () => filter(box)); });
  };
  const copies = () => document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try { await navigator.clipboard.writeText(source.textContent); button.textContent = "Copied"; }
    catch { getSelection().selectAllChildren(source); button.textContent = "Selected: press Ctrl+C"; }
  }));

  // The library comes while the page is still being read: the first chart need not wait for the last table.
  let whole = false, here = false;
  const tasks = [];
  const go = () => {
    if (typeof Plotly === "undefined") { root.classList.remove("js"); stills(); return; }
    charts();
    tasks.splice(0).forEach((task) => task());
  };
  const arrived = () => { here = true; if (whole) go(); else if (typeof Plotly !== "undefined") charts(); };
  const ready = (task) => tasks.push(task);
  document.addEventListener("DOMContentLoaded", () => { whole = true; tables(); copies(); if (here) go(); });
  return { arrived, ready, whenSeen, read, escape, draw, paint, colors };
})();
