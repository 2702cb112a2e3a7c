"use strict";
// Language and filters. Without this script the page shows everything, in the language that it was made for.
for (const element of document.querySelectorAll(".js")) element.hidden = false;

const buttons = document.querySelectorAll("button[data-lang]");
for (const button of buttons) {
  button.addEventListener("click", () => {
    document.documentElement.lang = button.dataset.lang;
    for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
  });
}

for (const section of document.querySelectorAll("[data-clauses]")) {
  const form = section.querySelector("form");
  const items = [...section.querySelectorAll("li[data-outcome]")];
  // What the reader sees is searched: the report's words and the texts of the language that is shown.
  const text = (item) => item.dataset.search + " " + item.textContent.toLowerCase();
  const filter = () => {
    const chosen = (name) => new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));
    const outcomes = chosen("outcome"), levels = chosen("level");
    const words = form.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const keep = outcomes.has(item.dataset.outcome) && levels.has(item.dataset.level)
        && (words.length === 0 || words.every((word) => text(item).includes(word)));
      item.hidden = !keep;
      shown += keep ? 1 : 0;
    }
    form.elements.count.value = String(shown);
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of form.querySelectorAll("button[data-open]")) {
    button.addEventListener("click", () => {
      for (const item of items) if (!item.hidden) item.querySelector("details").open = button.dataset.open === "true";
    });
  }
  filter();
}

// A link to a clause shows it, whatever the filters say.
const reveal = () => {
  const item = document.getElementById(location.hash.slice(1));
  const details = item?.querySelector(":scope > details");
  if (!details) return;
  item.hidden = false;
  details.open = true;
  item.scrollIntoView();
  item.querySelector("summary").focus();
};
addEventListener("hashchange", reveal);
if (location.hash) reveal();

// On paper nothing can be opened.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => { for (const details of closed) details.open = false; });
