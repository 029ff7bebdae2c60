"use strict";
(() => {
  const source = document.getElementById("data");
  if (!source) return;
  const data = JSON.parse(source.textContent), n = data.periods.length;
  const get = (id) => document.getElementById(id);
  const slider = get("at"), picked = get("picked"), controls = get("controls"), span = get("range");
  const plots = Array.from(document.querySelectorAll(".chart svg"));
  let from = 0, width = n;

  const make = (tag, text, parent) => {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  };

  const pick = (at) => {
    const period = data.periods[at];
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${period.start}, index ${period.index}`);
    for (const plot of plots) {
      const cursor = plot.querySelector(".cursor");
      cursor.setAttribute("x", at);
      cursor.setAttribute("visibility", "visible");
    }
    picked.replaceChildren();
    make("h2", period.start + (period.rise ? " \u25c9 unusual rise" : ""), picked);
    make("p", `${period.documents} documents, ${period.sentences} sentences`, picked).className = "quiet";
    if (period.documents) {
      make("p", `Escalation index ${period.index}, usual ${period.usual}`, picked);
      const shares = make("p", "", picked);
      data.labels.forEach((label, number) => {
        const figures = make("span", "", shares);
        figures.className = label.css;
        const sign = make("span", label.sign, figures);
        sign.className = "sign";
        sign.setAttribute("aria-hidden", "true");
        figures.append(` ${label.title} ${period.numbers[number]}, ${period.shares[number]}`);
        if (number < data.labels.length - 1) shares.append(" \u00b7 ");
      });
      const told = make("ul", "", picked);
      for (const [name, text] of period.told) {
        const line = make("li", "", told);
        make("bdi", text, line);
        line.append(" ");
        make("span", name, line).className = "quiet";
      }
    }
  };

  const zoom = () => {
    const wanted = Number(span.value) || n;
    width = Math.min(wanted, n);
    from = Math.max(0, Math.min(Number(slider.value) - Math.floor(width / 2), n - width));
    for (const plot of plots) {
      plot.setAttribute("viewBox", `${from} 0 ${width} 100`);
      const ticks = plot.parentElement.querySelectorAll(".x span");
      ticks.forEach((tick, number) => {
        const at = ticks.length < 2 ? 0 : Math.round((number * (width - 1)) / (ticks.length - 1));
        tick.textContent = data.periods[from + at].start;
      });
    }
  };

  const choose = () => {
    const as = controls.querySelector("[name=as]:checked").value;
    document.documentElement.className = `js ${as}`;
    for (const box of controls.querySelectorAll("[name=label]")) {
      document.querySelector(`.panel[data-label="${box.value}"]`).hidden = !box.checked;
    }
  };

  for (const plot of plots) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect(), along = (event.clientX - box.left) / box.width;
      const at = from + Math.floor(along * width);
      if (at >= 0 && at < n && at !== Number(slider.value)) pick(at);
    });
  }
  for (const button of document.querySelectorAll(".pick")) {
    button.addEventListener("click", () => {
      pick(data.periods.findIndex((period) => period.start === button.dataset.start));
      zoom();
      picked.scrollIntoView({ block: "nearest" });
    });
  }
  slider.addEventListener("input", () => { pick(Number(slider.value)); zoom(); });
  span.addEventListener("change", zoom);
  controls.addEventListener("change", choose);
  controls.hidden = picked.hidden = false;
  choose();
  const rises = data.periods.findIndex((period) => period.rise);
  pick(rises < 0 ? n - 1 : rises);
})();
