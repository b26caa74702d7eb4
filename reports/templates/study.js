"use strict";
(() => {
  const box = document.getElementById("cards");
  if (!box) return;
  const list = box.querySelector(".cards"), cards = [...list.children];
  const of = (name) => box.querySelector(`[data-${name}]`);
  const words = cards.map((card) => card.textContent.toLowerCase());
  const filter = () => {
    const find = of("find").value.trim().toLowerCase();
    const chosen = [...box.querySelectorAll("[data-by]")].filter((node) => node.value);
    cards.forEach((card, i) => { card.hidden = !(words[i].includes(find) && chosen.every((node) => card.dataset[node.dataset.by] === node.value)); });
    const shown = cards.filter((card) => !card.hidden).length;
    of("count").textContent = shown === cards.length ? `${shown} launches` : `${shown} of ${cards.length} launches`;
  };
  const order = () => {
    const key = of("order").value.replace("-", ""), sign = of("order").value === key ? 1 : -1;
    const level = (card) => card.dataset[key];
    const sorted = key === "announced" ? cards : [...cards].sort((a, b) => (level(a) === "") - (level(b) === "") || sign * (level(a) - level(b)));
    list.append(...sorted);
  };
  const signed = (value) => (value > 0 ? "+" : "") + value.toFixed(1).replace("-", "−") + " %";
  const scale = () => cards.forEach((card) => {
    const picture = card.querySelector(".mini svg"), edges = card.querySelectorAll(".mini i");
    picture.dataset.own ??= picture.getAttribute("viewBox");
    const view = of("same").checked ? list.dataset.shared : picture.dataset.own;
    const [, top, , height] = view.split(" ").map(Number);
    picture.setAttribute("viewBox", view);
    edges[0].textContent = signed(-top); edges[1].textContent = signed(-top - height);
  });
  box.addEventListener("input", (event) => {
    if (event.target.matches("[data-order]")) order(); else if (event.target.matches("[data-same]")) scale(); else filter();
  });

  launchlab.ready(() => {
    const packed = launchlab.read("packed"), large = document.getElementById("large"), plot = document.getElementById("large-plot");
    const trace = (trail, i) => {
      const color = "var:" + packed.inks[i % packed.inks.length], locked = new Set(trail.limit);
      return { type: "scatter", mode: "lines+markers", name: trail.code, x: packed.offsets, y: trail.car, connectgaps: true, line: { color, width: 2 },
        marker: { size: packed.offsets.map((_, k) => (locked.has(k) ? 10 : 4)) },
        text: trail.t.map((t, k) => `${t < 0 ? "" : packed.days[t]}${locked.has(k) ? ", closed at a limit" : ""}`), hovertemplate: "%{y:+.2f} %, %{text}" };
    };
    const show = (card, id) => {
      const trails = packed.launches[id], news = [...new Set(trails.map((trail) => trail.news + 0.5))];
      document.getElementById("large-title").textContent = card.querySelector("h3").textContent + ", " + card.querySelector(".facts").textContent;
      large.showModal();
      const shapes = news.map((x) => ({ type: "line", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, line: { color: "var:ink", width: 1.3, dash: "dash" } }));
      launchlab.draw(plot, { data: trails.map(trace), layout: { shapes, hovermode: "x unified", showlegend: true, xaxis: { title: { text: "sessions from day 0" }, zeroline: false }, yaxis: { ticksuffix: " %" } } });
    };
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-enlarge]");
      if (button) show(button.closest(".card"), button.dataset.enlarge);
    });
  });
})();
