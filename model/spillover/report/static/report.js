"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const get = (id) => document.getElementById(id);
  const form = get("filters"), card = get("card"), query = get("query"), least = get("least");
  const sentences = Array.from(document.querySelectorAll(".body .t"), (t) => {
    const mark = t.closest("mark"), box = mark || t;
    return { t, mark, box, number: box.id.slice(1), text: t.textContent.toLowerCase(),
      chips: mark ? Array.from(mark.querySelectorAll(".chip")) : [], matches: true };
  });
  const byNumber = new Map(sentences.map((each) => [each.number, each]));
  const chipsAt = new Map();
  for (const each of sentences) {
    for (const chip of each.chips) {
      chipsAt.set(chip, { label: Number(chip.dataset.l), p: Number(chip.lastChild.data) });
    }
    if (each.mark) each.mark.tabIndex = 0;
  }

  // Words are marked by ranges, which leave the document as it is; older browsers go without.
  const paint = (name, ranges) => {
    if (window.CSS && CSS.highlights) CSS.highlights.set(name, new Highlight(...ranges));
  };
  const range = (node, from, to) => {
    const found = document.createRange();
    found.setStart(node, from);
    found.setEnd(node, to);
    return found;
  };

  const filter = () => {
    const labels = new Set(Array.from(form.querySelectorAll("[name=label]:checked"), (box) => Number(box.value)));
    const from = Number(least.value), sought = query.value.trim().toLowerCase(), found = [];
    get("least-shown").value = from ? from.toFixed(2) : "any";
    let n = 0;
    for (const each of sentences) {
      let lit = !each.mark && labels.has(-1);
      for (const chip of each.chips) {
        const { label, p } = chipsAt.get(chip), on = labels.has(label) && p >= from;
        chip.classList.toggle("off", !on);
        lit = lit || on;
      }
      each.matches = lit && each.text.includes(sought);
      if (each.matches) n += 1;
      if (each.mark) each.mark.classList.toggle("off", !each.matches);
      each.box.classList.toggle("out", !each.matches);
      if (each.matches && sought) {
        // Lower case can change the length of a text; such a sentence is found, but not painted.
        const node = each.t.firstChild;
        if (node && node.length === each.text.length) {
          for (let at = each.text.indexOf(sought); at >= 0; at = each.text.indexOf(sought, at + sought.length)) {
            found.push(range(node, at, at + sought.length));
          }
        }
      }
    }
    paint("found", found);
    const only = get("only").checked;
    document.body.classList.toggle("only", only);
    for (const part of document.querySelectorAll(".body p, article")) {
      part.classList.toggle("out", only && !part.querySelector(".t:not(.out):not(mark .t), mark:not(.out)"));
    }
    get("status").value = `${n} of ${sentences.length} sentences match`;
  };

  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const signed = (value) => (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(2);
  let shown = null, leaving = 0;

  const show = (each) => {
    clearTimeout(leaving);
    if (shown === each) return;
    hide();
    shown = each;
    const telling = [], points = Array.from(each.t.textContent), starts = [0];
    for (const point of points) starts.push(starts[starts.length - 1] + point.length);
    card.replaceChildren();
    for (const chip of each.chips) {
      const { label, p } = chipsAt.get(chip), look = data.labels[label];
      const title = make("h3", "");
      const sign = make("span", look.sign, "sign");
      sign.setAttribute("aria-hidden", "true");
      title.append(sign, ` ${look.title} ${p.toFixed(2)}`);
      title.className = look.css;
      card.append(title);
      const why = (data.why[each.number] || {})[label];
      if (!why) continue;
      const table = document.createElement("table");
      const row = (name, value, css) => {
        const line = table.insertRow();
        line.className = css;
        line.append(make("td", name, "text"), make("td", signed(value / 100), value > 0 ? "for" : ""));
      };
      for (const [name, value, ...ends] of why.reasons) {
        const words = [];
        for (let at = 0; at < ends.length; at += 2) words.push(points.slice(ends[at], ends[at + 1]).join(""));
        const said = words.length ? ` \u201c${words.join(" \u2026 ")}\u201d` : "";
        row(data.names[name] + said, value, "");
      }
      row("all other terms", why.rest, "rest");
      row("before anything is read", data.intercepts[label], "rest");
      card.append(table);
      for (const [from, to] of why.words) telling.push(range(each.t.firstChild, starts[from], starts[to]));
    }
    if (data.few[each.number]) card.append(make("p", "Few of its words are known to the model.", "quiet"));
    card.hidden = false;
    paint("telling", telling);
    each.mark.setAttribute("aria-describedby", "card");
    place();
    // Once more when the browser has scrolled to what was focused.
    requestAnimationFrame(place);
  };
  const place = () => {
    if (!shown) return;
    const lines = shown.mark.getClientRects(), last = lines[lines.length - 1], height = card.offsetHeight;
    const room = window.innerHeight - height - 8, page = document.documentElement.clientWidth;
    const beside = shown.box.closest("p").getBoundingClientRect().right + 20;
    let left = beside, top = Math.min(lines[0].top, room);
    if (beside + card.offsetWidth + 4 > page) {
      left = Math.min(last.left, page - card.offsetWidth - 12);
      top = last.bottom + 6 < room ? last.bottom + 6 : lines[0].top - height - 6;
    }
    card.style.top = `${Math.max(6, top) + window.scrollY}px`;
    card.style.left = `${Math.max(6, left)}px`;
  };
  const hide = () => {
    clearTimeout(leaving);
    if (shown) shown.mark.removeAttribute("aria-describedby");
    shown = null;
    card.hidden = true;
    paint("telling", []);
  };
  const under = (event) => {
    const mark = event.target.closest && event.target.closest("mark:not(.off)");
    return mark ? byNumber.get(mark.id.slice(1)) : null;
  };

  document.addEventListener("pointerover", (event) => {
    const each = under(event);
    if (each) show(each);
    else if (event.target.closest("#card")) clearTimeout(leaving);
    else if (shown && document.activeElement !== shown.mark) {
      clearTimeout(leaving);
      leaving = setTimeout(hide, 250);
    }
  });
  document.addEventListener("focusin", (event) => {
    const each = under(event);
    if (each) show(each);
    else hide();
  });
  document.addEventListener("scroll", place, { passive: true });
  window.addEventListener("resize", place);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", (event) => {
    const bar = event.target.closest("rect[data-s]");
    if (bar) go(byNumber.get(bar.dataset.s));
    else if (!under(event) && !event.target.closest("#card, #filters")) hide();
  });

  const go = (each) => {
    each.mark.focus({ preventScroll: true });
    each.mark.scrollIntoView({ block: "center" });
  };
  // The focus stays on the button, so that it can be pressed again; the status says where one is.
  let last = null;
  const step = (by) => {
    const matching = sentences.filter((each) => each.matches), n = matching.length;
    if (!n) return;
    const now = matching.indexOf(last);
    const at = now < 0 ? (by > 0 ? 0 : n - 1) : (now + by + n) % n;
    last = matching[at];
    last.box.scrollIntoView({ block: "center" });
    if (last.mark) show(last);
    else hide();
    get("status").value = `${at + 1} of ${n}: ${last.t.textContent}`;
  };
  get("next").addEventListener("click", () => step(1));
  get("previous").addEventListener("click", () => step(-1));
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = get("hint").hidden = false;
  filter();
})();
