/**
 * "Exit this page": the page goes blank at once, and its place in the history is taken by another.
 *
 * The link works without this script. Pressing Shift three times within five seconds does the same.
 */

const WITHIN_MS = 5000;
const PRESSES = 3;

const link = document.getElementById("exit");
let presses = [];

function leave(event) {
  event?.preventDefault();
  document.body.hidden = true; // before anything else: the other page may take its time
  document.title = "";
  document.body.replaceChildren();
  location.replace(link.href);
}

link.addEventListener("click", leave);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Shift") {
    presses = [];
    return;
  }
  if (event.repeat) return;
  const now = performance.now();
  presses = [...presses.filter((time) => now - time < WITHIN_MS), now];
  if (presses.length >= PRESSES) leave();
});
