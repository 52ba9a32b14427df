// The operator's page: which alarm is chosen, its card, and the keys.
"use strict";
(() => {
  const card = document.getElementById("card");
  const queue = document.getElementById("queue");
  const rows = () => [...queue.querySelectorAll("[data-alarm]")];
  const row_of = (number) => queue.querySelector('[data-alarm="' + number + '"]');
  // Of several sites, a row says where its card is.
  function card_at(number, row) {
    const there = row && row.querySelector("[data-card-at]");
    return there ? there.dataset.cardAt : document.body.dataset.at + "/operator/alarm/" + number;
  }
  let chosen = null; // the number of the alarm whose card is shown
  let shown = ""; // how its row looked when the card was fetched
  let wanted = 0;

  function mark() {
    for (const row of rows()) {
      const button = row.querySelector("[data-choose]");
      if (row.dataset.alarm === chosen) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  async function fetchCard() {
    const number = chosen;
    const row = number && row_of(number);
    shown = row ? row.outerHTML.replace(/ aria-current="true"/, "").replace(/(data-since="\d+">)[^<]*/g, "$1") : "";
    const request = ++wanted;
    if (!number) {
      card.innerHTML = '<p class="nothing"></p>';
      card.firstChild.textContent = card.dataset.none;
      document.getElementById("context").innerHTML = "";
      return;
    }
    const inside = card.contains(document.activeElement) || document.activeElement === document.body;
    const keep = document.activeElement && document.activeElement.id;
    const typed = [...card.querySelectorAll("input[id]")].map((f) => [f.id, f.value, f.checked]);
    const open = [...card.querySelectorAll("details[open]")].map((each) => each.id);
    let html;
    try {
      const answer = await fetch(card_at(number, row), { headers: { "HX-Request": "true" } });
      html = await answer.text();
      if (!answer.ok && answer.status !== 404) return;
    } catch {
      return; // the page says by itself that it is not live
    }
    if (request !== wanted) return; // another one was chosen meanwhile
    const parts = document.createElement("template");
    parts.innerHTML = html;
    const context = parts.content.querySelector("#context");
    if (context) {
      context.remove();
      document.getElementById("context").innerHTML = context.innerHTML;
    }
    card.innerHTML = "";
    card.append(parts.content);
    window.htmx.process(card);
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    for (const [id, value, checked] of typed) {
      const field = document.getElementById(id);
      if (!field) continue;
      if (field.type === "radio") field.checked = checked;
      else field.value = value;
    }
    document.dispatchEvent(new CustomEvent("callpoint:aged", { detail: document.body }));
    if (inside) {
      const same = keep && document.getElementById(keep);
      const next = same && card.contains(same) ? same : card.querySelector("[data-focus]");
      if (next) next.focus({ preventScroll: true });
    }
  }

  function choose(number, focus) {
    chosen = number;
    const here = location.pathname + location.search;
    history.replaceState(null, "", number ? "#alarm-" + encodeURIComponent(number) : here);
    mark();
    const row = number && row_of(number);
    if (row) row.scrollIntoView({ block: "nearest" });
    if (focus) document.activeElement.blur();
    fetchCard();
  }

  const top = () => rows().find((row) => row.dataset.new === "1") || rows()[0];

  function follow() {
    const row = chosen && row_of(chosen);
    if (chosen && !row) {
      const next = top();
      choose(next ? next.dataset.alarm : null, true);
    } else if (!chosen && rows().length) {
      choose(top().dataset.alarm, false);
    } else {
      mark();
      const now = row
        ? row.outerHTML.replace(/ aria-current="true"/, "").replace(/(data-since="\d+">)[^<]*/g, "$1")
        : "";
      if (now !== shown) fetchCard();
    }
    below();
  }

  // How many rows are below the visible part of the queue.
  const more = document.getElementById("below");
  function below() {
    const end = queue.getBoundingClientRect().bottom;
    const hidden = rows().filter((row) => row.getBoundingClientRect().top > end - 8).length;
    more.textContent = hidden ? queue.dataset.more.replace("#", hidden) : "";
    more.hidden = !hidden;
  }
  queue.addEventListener("scroll", below);
  window.addEventListener("resize", below);

  queue.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) choose(button.dataset.choose, true);
  });
  document.addEventListener("callpoint:changed", (event) => event.detail === "queue" && follow());

  function press(selector) {
    const button = card.querySelector(selector);
    if (button) button.click();
    return Boolean(button);
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    const target = event.target;
    const closing = card.querySelector("details.close[open]");
    if (event.key === "Escape") {
      if (closing) closing.open = false;
      document.activeElement.blur();
      return;
    }
    if (closing && /^[1-6]$/.test(event.key) && target.type !== "text") {
      const cause = closing.querySelectorAll("input[name=cause]")[Number(event.key) - 1];
      cause.checked = true;
      cause.focus();
      event.preventDefault();
      return;
    }
    const typing = target.matches("input, select, textarea");
    if (typing) return;
    const elsewhere = target.matches("a, button, summary") && !card.contains(target);
    if (event.key === "Home") {
      const first = top();
      if (first) choose(first.dataset.alarm, true);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const all = rows();
      const at = all.findIndex((row) => row.dataset.alarm === chosen);
      const next = all[at + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) choose(next.dataset.alarm, true);
    } else if (event.key === " " && (!elsewhere || target.matches("[data-choose]"))) {
      if (!press("#acknowledge")) return event.preventDefault();
    } else if (event.key === "Enter" && !elsewhere && !target.matches("summary, button:not([data-step])")) {
      if (!press("[data-step]")) return;
    } else if (event.key === "c" || event.key === "C") {
      const details = card.querySelector("details.close");
      if (!details) return;
      details.open = true;
      details.querySelector("input[name=cause]").focus();
    } else {
      return;
    }
    event.preventDefault();
  });

  const asked = /^#alarm-([\w.~%-]+)$/.exec(location.hash);
  const wished = asked && decodeURIComponent(asked[1]);
  if (wished && row_of(wished)) choose(wished, false);
  else follow();
})();
