// Leaving at once. Without JavaScript the same link works as a plain link.
(() => {
  "use strict";
  const link = document.querySelector("[data-leave]");
  if (!link) return;

  const leave = () => {
    document.documentElement.hidden = true;
    document.title = "";
    window.location.replace(link.href);
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });

  // Three presses of Esc within two seconds.
  let presses = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    presses = [...presses.slice(-2), event.timeStamp];
    if (presses.length === 3 && event.timeStamp - presses[0] < 2000) leave();
  });

  // Coming back with the browser's back button shows nothing that was typed.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
