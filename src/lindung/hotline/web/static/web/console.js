// Keys for people who work in the queue all day. Everything here can also be done without them.
(() => {
  "use strict";
  const root = document.documentElement;
  const keys = document.getElementById("keys");
  const rows = [...document.querySelectorAll("[data-row]")];
  let at = -1;

  if (localStorage.getItem("theme") === "light") root.dataset.theme = "light";
  document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
    root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light";
    localStorage.setItem("theme", root.dataset.theme);
  });
  document.querySelector("[data-keys]")?.addEventListener("click", () => keys.showModal());
  document.querySelectorAll(".script-only").forEach((part) => (part.hidden = false));

  const move = (step) => {
    if (!rows.length) return;
    rows[at]?.removeAttribute("data-current");
    at = Math.min(Math.max(at + step, 0), rows.length - 1);
    rows[at].setAttribute("data-current", "");
    rows[at].scrollIntoView({ block: "nearest" });
    rows[at].querySelector("[data-open]")?.focus();
  };
  const jump = (id) => {
    const form = document.getElementById(id);
    form?.scrollIntoView({ block: "start" });
    form?.querySelector("select, textarea, input:not([type=hidden])")?.focus();
  };
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    o: () => rows[at]?.querySelector("[data-open]")?.click(),
    "/": () => document.querySelector("[data-search]")?.focus(),
    a: () => jump("assess"),
    c: () => jump("confirm"),
    "?": () => keys.showModal(),
  };

  // WCAG 2.1.4: who speaks to the computer, or whose hand shakes, can switch single keys off.
  const off = () => localStorage.getItem("keys") === "off";
  const keySwitch = document.querySelector("[data-keys-switch]");
  const showSwitch = () => keySwitch?.setAttribute("aria-pressed", String(off()));
  keySwitch?.addEventListener("click", () => {
    localStorage.setItem("keys", off() ? "on" : "off");
    showSwitch();
  });
  showSwitch();

  document.addEventListener("keydown", (event) => {
    if (off()) return;
    const typing = event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
})();
