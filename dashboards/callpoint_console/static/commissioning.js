// The page of an alarm point under test: it beeps and shakes with each tick, reminds that the test
// still runs, and warns before its end. Written for the browsers of messengers (ES2017).
"use strict";
(() => {
  const REMIND_MS = 45000; // as control panels remind of a test
  const section = document.getElementById("point");
  const sound = document.getElementById("sound");
  const ticked = document.getElementById("ticked");
  if (!section) return;
  const Audio = window.AudioContext || window.webkitAudioContext;
  let audio = null;
  let done = state().done;
  let warned = state().warned;

  function state() {
    const job = document.getElementById("job");
    if (!job) return { done: 0, warned: false, runs: false, text: "" };
    return {
      done: Number(job.dataset.done),
      warned: "warned" in job.dataset,
      runs: "test" in job.dataset,
      text: job.dataset.ticked,
    };
  }
  function beep(starts, hz) {
    if (navigator.vibrate) navigator.vibrate(120);
    document.body.dataset.beeps = String(Number(document.body.dataset.beeps || 0) + 1);
    if (!audio || audio.state !== "running") return;
    for (const start of starts) {
      const at = audio.currentTime + 0.02 + start;
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = hz;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.5, at + 0.01);
      volume.gain.linearRampToValueAtTime(0, at + 0.16);
      tone.connect(volume);
      volume.connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    }
  }
  function show() {
    const silent = Boolean(Audio) && (!audio || audio.state !== "running");
    if (sound) sound.hidden = !silent || !state().runs;
  }
  // A browser plays nothing before a person has touched the page.
  document.addEventListener("click", () => {
    if (!Audio) return;
    if (!audio) {
      audio = new Audio();
      audio.onstatechange = show;
    }
    audio.resume().then(show);
  });
  document.addEventListener("callpoint:changed", (event) => {
    if (event.detail !== "point") return;
    const now = state();
    if (now.done > done) {
      beep([0, 0.2], 988);
      ticked.textContent = now.text;
    }
    if (now.warned && !warned) beep([0, 0.3, 0.6], 660);
    done = now.done;
    warned = now.warned;
    show();
  });
  setInterval(() => {
    if (state().runs) beep([0], 440);
  }, REMIND_MS);
  show();
})();
