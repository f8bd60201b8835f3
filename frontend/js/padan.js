// What the pages may do when JavaScript is there. Everything here smooths a
// page that already works without it; no page may depend on it.

import "bootstrap/js/src/collapse.js";
import "bootstrap/js/src/dropdown.js";
import "bootstrap/js/src/modal.js";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

// Menus made of details close on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  for (const menu of all("details.menu[open]")) {
    menu.open = false;
    if (menu.contains(document.activeElement)) {
      menu.querySelector("summary").focus();
    }
  }
});

// A message can be put away. The button is hidden until we are here to serve it.
const readyToasts = (root) => {
  for (const button of all("[data-toast-close][hidden]", root)) {
    button.hidden = false;
  }
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-toast-close]");
  if (button) {
    button.closest("[data-toast]").remove();
  }
});

// Selection in a table: "all" and the number chosen.
const countSelection = (scope) => {
  const boxes = all("[data-select-row]", scope);
  const chosen = boxes.filter((box) => box.checked).length;
  const every = scope.querySelector("[data-select-all]");
  if (every) {
    every.checked = chosen > 0 && chosen === boxes.length;
    every.indeterminate = chosen > 0 && chosen < boxes.length;
  }
  for (const output of all("[data-select-count]", scope)) {
    output.textContent = String(chosen);
  }
};
const readyTables = (root) => {
  const scopes = all("[data-select-scope]", root);
  if (root.matches && root.matches("[data-select-scope]")) {
    scopes.push(root);
  }
  for (const scope of scopes) {
    for (const hidden of all("[data-select-all-cell][hidden], [data-select-counter][hidden]", scope)) {
      hidden.hidden = false;
    }
    countSelection(scope);
  }
};
document.addEventListener("change", (event) => {
  const scope = event.target.closest("[data-select-scope]");
  if (!scope) {
    return;
  }
  if (event.target.matches("[data-select-all]")) {
    for (const box of all("[data-select-row]", scope)) {
      box.checked = event.target.checked;
    }
  }
  if (event.target.matches("[data-select-all], [data-select-row]")) {
    countSelection(scope);
  }
});

// Without script a filter stands open; on a phone it would push the list away.
const foldFilters = (root) => {
  if (window.matchMedia("(max-width: 575.98px)").matches) {
    for (const fold of all("details[data-fold-on-phone]", root)) {
      fold.open = false;
    }
  }
};

// After a refused form the reader starts at the list of what to correct.
const focusSummary = (root) => {
  const summary = root.querySelector("[data-error-summary]");
  if (summary) {
    summary.focus();
  }
};

// A lost connection or a broken answer must not look like a page that ignores the click.
const showTrouble = (event) => {
  if (event.target.matches('[hx-trigger^="every"]')) {
    return; // it asks again by itself
  }
  const template = document.getElementById("trouble");
  const toasts = document.getElementById("toasts");
  if (template && toasts && !toasts.querySelector("[data-trouble]")) {
    toasts.append(template.content.cloneNode(true));
    readyToasts(toasts);
  }
};
document.addEventListener("htmx:sendError", showTrouble);
document.addEventListener("htmx:responseError", showTrouble);
document.addEventListener("htmx:timeout", showTrouble);

// Whoever was signed out meanwhile gets the sign-in page, not a piece of it inside a list.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = event.detail.xhr.responseURL;
  if (answered && new URL(answered).pathname === document.body.dataset.signIn) {
    event.preventDefault();
    window.location.reload();
  }
});

const ready = (root) => {
  readyToasts(root);
  readyTables(root);
};
document.addEventListener("htmx:afterSettle", (event) => {
  ready(event.target);
  focusSummary(event.target);
});
// The script is deferred: the page is parsed when this line runs.
ready(document);
foldFilters(document);
focusSummary(document);
