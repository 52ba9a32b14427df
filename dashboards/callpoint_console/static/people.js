// The people of the alarm whose card is shown. The household comes only when a person asks for it,
// and goes when another card is shown or the alarm is closed.
"use strict";
(() => {
  const AGAIN_MS = 10000;
  const card = document.getElementById("card");
  const queue = document.getElementById("queue");
  const people = document.getElementById("people"); // a district shows the household only
  const household = document.getElementById("household");
  const button = document.getElementById("show-household");
  let shown = null; // the number of the alarm whose people are shown
  let shown_at = ""; // before the addresses of its site
  let wanted = 0;

  function forget() {
    household.replaceChildren();
    button.setAttribute("aria-expanded", "false");
  }

  async function fetchPeople() {
    const number = shown;
    const request = ++wanted;
    if (!number || !people) return;
    try {
      const answer = await fetch(shown_at + "/operator/alarm/" + number + "/people", {
        headers: { "HX-Request": "true" },
        cache: "no-store",
      });
      const html = await answer.text();
      if (request === wanted && answer.ok) people.innerHTML = html;
    } catch {
      // the page says by itself that it is not live
    }
  }

  function follow() {
    const article = card.querySelector("[data-card]");
    const number = article ? article.dataset.card : null;
    const number_at = article ? article.dataset.at : "";
    if (number !== shown || number_at !== shown_at) {
      shown = number;
      shown_at = number_at;
      forget();
      if (people) people.replaceChildren();
      button.hidden = !number;
    }
    fetchPeople();
  }

  async function toggle() {
    const number = shown;
    const at = shown_at;
    if (!number) return;
    if (household.hasChildNodes()) return forget();
    let text, plain;
    try {
      const answer = await fetch(shown_at + "/operator/alarm/" + number + "/household", {
        method: "POST",
        headers: {
          "HX-Request": "true",
          "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content,
        },
        cache: "no-store",
      });
      if (answer.headers.get("HX-Redirect")) return location.reload();
      text = await answer.text();
      plain = !answer.ok;
    } catch {
      text = document.body.dataset.failed;
      plain = true;
    }
    if (number !== shown || at !== shown_at) return; // another card is shown by now
    if (plain) household.textContent = text;
    else household.innerHTML = text;
    button.setAttribute("aria-expanded", "true");
  }

  new MutationObserver(follow).observe(card, { childList: true });
  document.addEventListener("callpoint:changed", (event) => {
    const open = shown && queue.querySelector("[data-choose][aria-current]");
    if (event.detail === "queue" && !open) forget();
  });
  button.addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.key.toLowerCase() !== "h" || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    toggle();
  });
  window.addEventListener("pagehide", forget);
  setInterval(fetchPeople, AGAIN_MS);
  follow();
})();
