// The household of an alarm in a dialog of the overview. It goes with the dialog, with the alarm,
// and with the page.
"use strict";
(() => {
  const dialog = document.getElementById("call");
  if (!dialog) return;
  const household = document.getElementById("household");
  let shown = null; // the number of the alarm

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== household) return;
    shown = event.detail.requestConfig.parameters.get("number");
    if (!dialog.open) dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    household.replaceChildren();
    shown = null;
  });
  document.addEventListener("callpoint:changed", () => {
    if (shown && !document.getElementById("alarm-" + shown)) dialog.close();
  });
  window.addEventListener("pagehide", () => household.replaceChildren());
})();
