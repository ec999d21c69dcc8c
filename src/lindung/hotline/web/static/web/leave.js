// Leaving at once. Without JavaScript the same link works as a plain link.
(() => {
  "use strict";
  const link = document.querySelector("[data-leave]");
  if (!link) return;

  // Whoever presses Back after somebody left, or sent the form, sees nothing that was typed.
  const typed = document.querySelector("[data-typed]");
  const done = () => sessionStorage.setItem("done", "yes");
  typed?.addEventListener("submit", (event) => {
    if (!event.submitter?.name) done();
  });
  const clear = () => {
    if (!typed || !sessionStorage.getItem("done")) return;
    sessionStorage.removeItem("done");
    if (document.querySelector(".errors")) return;
    typed.querySelectorAll("textarea").forEach((field) => (field.value = ""));
    typed.querySelectorAll("input:checked").forEach((field) => (field.checked = false));
  };
  window.addEventListener("pageshow", clear);

  const leave = () => {
    done();
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
})();
