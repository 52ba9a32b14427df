// Keeps a page live: takes each change from the server, counts ages up, and says when the page is
// no longer live. What a person has opened, typed or focused stays as it is.
"use strict";
(() => {
  const STALE_MS = 15000; // without a heartbeat the page says that it is not live
  const SILENT_MS = 11000; // two heartbeats are missing: the connection is made anew
  const AGAIN_MS = 1000;
  const body = document.body;

  // Requests that htmx makes carry the token of the session.
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]").content;
    if (token) event.detail.headers["X-CSRF-Token"] = token;
  });

  function say(text, urgent) {
    const said = document.getElementById("said");
    if (!said) return;
    said.textContent = text;
    said.hidden = !text;
    clearTimeout(say.timer);
    if (text && !urgent) say.timer = setTimeout(() => say(""), 8000);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const plain = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    say(plain && answer.responseText ? answer.responseText : body.dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => say(body.dataset.failed));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.detail.requestConfig.verb === "post") say("");
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // Ages count up from the server's clock.
  let ahead_ms = 0; // how far the server's clock is ahead of this one
  let behind_ms = null; // how far the site's time of day is ahead of UTC
  const filled = (text, count) => text.replace("#", String(count));
  function age(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const unit = body.dataset;
    if (seconds < 60) return filled(unit.seconds, seconds);
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) {
      return filled(unit.minutes, minutes) + " " + filled(unit.seconds, seconds % 60);
    }
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return filled(unit.hours, hours) + " " + filled(unit.minutes, minutes % 60);
    return filled(unit.days, Math.floor(hours / 24)) + " " + filled(unit.hours, hours % 24);
  }
  function short(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return minutes + ":" + two(seconds % 60);
    return Math.floor(minutes / 60) + ":" + two(minutes % 60) + ":" + two(seconds % 60);
  }
  document.addEventListener("callpoint:aged", (event) => countAges(event.detail));
  function countAges(root) {
    const now = Date.now() + ahead_ms;
    const clock = document.querySelector("[data-clock]");
    if (clock && behind_ms !== null) {
      const time = new Date(now + behind_ms).toISOString().slice(11, 19);
      if (clock.textContent !== time) clock.textContent = time;
    }
    for (const each of root.querySelectorAll("[data-since]")) {
      const ms = now - Number(each.dataset.since);
      const text = "short" in each.dataset ? short(ms) : age(ms);
      if (each.textContent !== text) each.textContent = text;
    }
  }

  // On a narrow screen a row of a table is a block, in which each cell says what it is.
  function nameCells(root) {
    for (const table of root.querySelectorAll("table.stack")) {
      const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent);
      for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, number) => (cell.dataset.label = heads[number] || ""));
      }
    }
  }
  nameCells(document);
  document.addEventListener("htmx:afterSettle", () => nameCells(document));

  // Between press and release nothing is replaced: the click would be lost.
  const PRESS_MS = 800; // a release outside of the window is never told
  const waiting = new Map();
  const lateRows = [];
  let pressed = 0; // the timer of the press, 0 when nothing is pressed
  function released() {
    clearTimeout(pressed);
    pressed = 0;
    const late = [...waiting];
    waiting.clear();
    for (const [section, html] of late) swap(section, html);
    for (const message of lateRows.splice(0)) takeRows(message);
  }
  document.addEventListener(
    "pointerdown",
    () => {
      clearTimeout(pressed);
      pressed = setTimeout(released, PRESS_MS);
    },
    true
  );
  for (const end of ["pointerup", "pointercancel"]) {
    // After the click that this release makes.
    document.addEventListener(end, () => setTimeout(released), true);
  }

  // A section is replaced as a whole; what a person was doing in it is put back.
  function swap(section, html) {
    const open = [...section.querySelectorAll("details[open][id]")].map((each) => each.id);
    const typed = [...section.querySelectorAll("input[id], select[id], textarea[id]")].map(
      (each) => [each.id, each.value, each.checked]
    );
    const focused = section.contains(document.activeElement) ? document.activeElement : null;
    const card = focused && focused.closest("[data-alarm]");
    const kept = [...section.querySelectorAll("[data-keep][id]")];
    for (const each of kept) each.remove();
    section.innerHTML = html;
    // What was fetched for this person alone is not fetched again.
    for (const each of kept) {
      const fresh = document.getElementById(each.id);
      if (fresh) fresh.replaceWith(each);
    }
    if (window.htmx) window.htmx.process(section);
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    for (const [id, value, checked] of typed) {
      const field = document.getElementById(id);
      if (!field) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = checked;
      else field.value = value;
    }
    countAges(section);
    nameCells(section);
    if (!focused) return;
    let next = focused.id && document.getElementById(focused.id);
    if (!next && card) {
      const same = section.querySelector('[data-alarm="' + card.dataset.alarm + '"]');
      next = same && (same.querySelector("button, summary, a") || same);
    }
    if (next) next.focus({ preventScroll: true });
  }

  function take(message) {
    const section = document.getElementById(message.id);
    if (!section || section.dataset.v === message.v) return;
    section.dataset.v = message.v;
    if (pressed) waiting.set(section, message.html);
    else swap(section, message.html);
    body.classList.toggle("stopped", document.querySelector("[data-stopped]") !== null);
    document.dispatchEvent(new CustomEvent("callpoint:changed", { detail: message.id }));
  }

  // A row of a long list comes alone. It stands by its order, among those of its list.
  function takeRow(message) {
    const list = document.getElementById(message.in);
    if (!list) return;
    const before = document.getElementById(message.id);
    if (before && before.dataset.v === message.v && before.parentElement === list) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = message.html;
    const row = fresh.content.firstElementChild;
    row.id = message.id;
    row.dataset.v = message.v;
    row.dataset.order = message.order;
    const inside = before && before.contains(document.activeElement) && document.activeElement;
    const focused = inside && inside.id;
    const next = before && before.nextElementSibling;
    if (before) before.remove();
    place(list, row, next && next.parentElement === list ? next : null);
    if (window.htmx) window.htmx.process(row);
    countAges(row);
    const same = focused && document.getElementById(focused);
    if (same) same.focus({ preventScroll: true });
  }

  // Most rows stay where they were, or come last: the middle is looked for only otherwise.
  function place(list, row, next) {
    const all = list.children;
    const order = (each) => each.dataset.order || "";
    const fits = (at) => {
      const earlier = at ? at.previousElementSibling : list.lastElementChild;
      return (!at || order(at) > order(row)) && (!earlier || order(earlier) < order(row));
    };
    let at = next;
    if (!fits(at)) {
      let low = 0;
      let high = all.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (order(all[middle]) < order(row)) low = middle + 1;
        else high = middle;
      }
      at = all[low] || null;
    }
    list.insertBefore(row, at);
  }

  function takeRows(message) {
    if (pressed) {
      lateRows.push(message);
      return;
    }
    const lists = new Set();
    const drop = (row) => {
      lists.add(row.parentElement);
      row.remove();
    };
    for (const id of message.gone) {
      const row = document.getElementById(id);
      if (row) drop(row);
    }
    if (message.whole) {
      const present = new Set(message.rows.map((each) => each.id));
      for (const row of document.querySelectorAll("[data-rows] > [data-order]")) {
        if (!present.has(row.id)) drop(row);
      }
    }
    for (const each of message.rows) {
      takeRow(each);
      lists.add(document.getElementById(each.in));
    }
    const sections = [...lists].map((list) => list && list.closest("section[id]"));
    for (const section of new Set(sections)) {
      if (!section) continue;
      document.dispatchEvent(new CustomEvent("callpoint:changed", { detail: section.id }));
    }
  }

  let source = null;
  let heard_ms = Date.now();
  let last = new Date().toTimeString().slice(0, 8);
  function connect() {
    if (source) source.close();
    source = new EventSource(body.dataset.live);
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.addEventListener("rows", (event) => takeRows(JSON.parse(event.data)));
    source.addEventListener("beat", (event) => {
      const beat = JSON.parse(event.data);
      heard_ms = Date.now();
      ahead_ms = beat.now - heard_ms;
      behind_ms = beat.offset;
      last = beat.time;
      look();
    });
    // Whoever signs in again comes back to this page.
    source.addEventListener("signed-out", () => location.reload());
    source.onerror = () => {
      source.close();
      clearTimeout(connect.timer);
      connect.timer = setTimeout(connect, AGAIN_MS);
    };
  }
  let connected_ms = 0;
  function look() {
    const silent_ms = Date.now() - heard_ms;
    const stale = silent_ms > STALE_MS;
    const banner = document.getElementById("not-live");
    if (banner.hidden === stale) {
      banner.textContent = stale ? banner.dataset.text.replace("#", last) : "";
      banner.hidden = !stale;
      body.classList.toggle("stale", stale);
    }
    if (silent_ms > SILENT_MS && Date.now() - connected_ms > SILENT_MS) {
      connected_ms = Date.now();
      connect();
    }
  }

  if (body.dataset.live) {
    body.classList.toggle("stopped", document.querySelector("[data-stopped]") !== null);
    connected_ms = Date.now();
    connect();
    countAges(document);
    setInterval(() => {
      countAges(document);
      look();
    }, 1000);
    // A page that is left must not hold its connection.
    window.addEventListener("pagehide", () => source.close());
    window.addEventListener("pageshow", (event) => event.persisted && connect());
  }
})();
