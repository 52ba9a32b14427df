// Places a device on a storey plan: by a click, by the arrow keys, or by its two number fields.
"use strict";
(() => {
  const STEP = 1; // percent for each key; with Shift five times as much
  const plan = document.getElementById("placing-plan");
  const device = document.getElementById("placed-device");
  const fields = [document.getElementById("placed-x"), document.getElementById("placed-y")];
  if (!plan || !device || !device.options.length) return;

  function marker() {
    const markers = plan.querySelector(".markers");
    const found = [...markers.children].find((each) => each.dataset.marker === device.value);
    if (found) return found;
    let preview = markers.querySelector(".preview");
    if (!preview) {
      const space = "http://www.w3.org/2000/svg";
      preview = document.createElementNS(space, "svg");
      preview.setAttribute("overflow", "visible");
      preview.setAttribute("class", "preview");
      const sign = document.createElementNS(space, "circle");
      sign.setAttribute("r", "12");
      preview.append(sign);
      markers.append(preview);
    }
    return preview;
  }
  function show() {
    const preview = plan.querySelector(".preview");
    if (preview) preview.remove();
    for (const each of plan.querySelectorAll(".chosen")) each.classList.remove("chosen");
    const shown = marker();
    shown.classList.add("chosen");
    shown.setAttribute("x", fields[0].value + "%");
    shown.setAttribute("y", fields[1].value + "%");
  }
  function move(x, y) {
    [x, y].forEach((value, index) => {
      fields[index].value = String(Math.round(Math.min(100, Math.max(0, value)) * 100) / 100);
    });
    show();
  }
  function choose() {
    const option = device.selectedOptions[0];
    move(Number(option.dataset.x || 50), Number(option.dataset.y || 50));
  }

  device.addEventListener("change", choose);
  for (const field of fields) field.addEventListener("input", show);
  plan.addEventListener("click", (event) => {
    const box = plan.querySelector(".storey").getBoundingClientRect();
    move(
      ((event.clientX - box.left) / box.width) * 100,
      ((event.clientY - box.top) / box.height) * 100
    );
  });
  plan.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 5 * STEP : STEP;
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    move(Number(fields[0].value) + way[0] * step, Number(fields[1].value) + way[1] * step);
  });
  choose();
})();
