// The sounds of a page: by the most urgent alarm that nobody has acknowledged, and only that.
// A browser plays nothing before a person has pressed a button, and a page must not pretend.
"use strict";
(() => {
  // Ten and three pulses, as medical devices have them for their high and medium priority.
  const BURSTS = {
    1: { starts: [0, 0.25, 0.5, 0.95, 1.2, 1.9, 2.15, 2.4, 2.85, 3.1], hz: 880, every_ms: 6000 },
    2: { starts: [0, 0.4, 0.8], hz: 660, every_ms: 15000 },
    3: { starts: [0], hz: 440, every_ms: Infinity },
  };
  const PULSE_S = 0.16;
  const button = document.querySelector("[data-sound]");
  if (!button) return;
  const banner = document.getElementById("sound-off");
  let audio = null;
  let wake = null;

  const running = () => audio !== null && audio.state === "running";

  function play(burst) {
    if (!running()) return;
    for (const start of burst.starts) {
      const at = audio.currentTime + 0.02 + start;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = burst.hz;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.5, at + 0.01);
      volume.gain.setValueAtTime(0.5, at + PULSE_S - 0.02);
      volume.gain.linearRampToValueAtTime(0, at + PULSE_S);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + PULSE_S);
    }
    document.body.dataset.played = String(Number(document.body.dataset.played || 0) + 1);
  }

  function show() {
    const on = running();
    const text = on ? button.dataset.on : button.dataset.off;
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-pressed", String(on));
    if (banner) banner.hidden = on;
  }

  async function keepAwake() {
    try {
      wake = await navigator.wakeLock.request("screen");
    } catch {
      wake = null; // not every browser has it, and none gives it to a page in the background
    }
  }

  button.addEventListener("click", async () => {
    if (running() && !("shift" in button.dataset)) {
      await audio.suspend();
    } else {
      audio = audio || new AudioContext();
      audio.onstatechange = show;
      await audio.resume();
      play(BURSTS[3]); // a test tone: a person hears that it works
      await keepAwake();
    }
    show();
  });
  document.addEventListener("visibilitychange", () => {
    if (wake && wake.released && document.visibilityState === "visible") keepAwake();
  });

  let known = new Set();
  let faults = Infinity;
  let played = { level: 9, at_ms: -Infinity };
  function listen() {
    const open = [...document.querySelectorAll("[data-alarm][data-new='1']")];
    const level = Math.min(9, ...open.map((each) => Number(each.dataset.level)));
    const fresh = open.some(
      (each) => Number(each.dataset.level) === level && !known.has(each.dataset.alarm)
    );
    known = new Set(open.map((each) => each.dataset.alarm));
    const counted = document.querySelector("[data-faults]");
    const now_faults = counted ? Number(counted.dataset.faults) : 0;
    if (now_faults > faults && counted) play(BURSTS[3]);
    faults = now_faults;
    const burst = level < 3 ? BURSTS[level] : null;
    if (!burst) {
      played = { level: 9, at_ms: -Infinity };
    } else if (fresh || level < played.level || Date.now() - played.at_ms >= burst.every_ms) {
      played = { level, at_ms: Date.now() };
      play(burst);
    }
    show();
  }
  document.addEventListener("callpoint:changed", listen);
  setInterval(listen, 500);
  listen();
})();
