// Everything by keyboard: single keys press what carries `data-key`, J and K walk along `data-item`, digits choose one
// of them, N decides and goes on, ? shows the keys, Ctrl-K asks for a command. Keys can be switched off in the help.
const OFF = "thaw-keys-off";
const helpBox = document.getElementById("help");
const palette = document.getElementById("palette");
const seen = (one) => one.getClientRects().length > 0 && !one.closest("[hidden]");
const items = () => [...document.querySelectorAll("[data-item]")].filter(seen);
const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]):not([type=submit]), textarea, select, [contenteditable]");

// --- walking ---------------------------------------------------------------------------------------------------------
const walk = (step) => {
  const all = items();
  if (!all.length) return;
  const focused = all.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
  const current = focused >= 0 ? focused : all.findIndex((one) => one.getAttribute("aria-current") === "true");
  const next = all[Math.min(Math.max(current + step, 0), all.length - 1)];
  if (next.closest(".exhibits") && focused < 0 && current >= 0) next.click();
  else next.focus();
};

// --- deciding --------------------------------------------------------------------------------------------------------
// A verdict that needs a reason asks for it first: the key leads to the field, and presses the button once it is filled.
const lacking = (button) => {
  const fields = (button.dataset.needs || "").split(",").filter(Boolean).map((name) => document.querySelector(name));
  return fields.length && fields.every((field) => !field.value.trim()) ? fields[0] : null;
};
const press = (button) => {
  const field = lacking(button);
  if (field) {
    field.focus();
    field.setAttribute("aria-invalid", "true");
    field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  } else {
    button.focus();
    button.click();
  }
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-needs]");
  if (button && lacking(button)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    press(button);
  }
}, true);

const decide = () => {
  const open = document.querySelector(".decision[open]");
  if (open && open.contains(document.activeElement)) {
    const empty = [...open.querySelectorAll("[required]")].find((field) => !field.value.trim());
    if (empty) empty.focus();
    else open.querySelector("[data-next]").click();
    return;
  }
  const asked = document.querySelector("#do-request_supplement [name=items]:checked");
  const wanted = open || (asked && asked.closest(".decision")) || document.querySelector(".decision");
  if (!wanted) {
    const next = document.getElementById("next-task");
    if (next) next.click();
    return;
  }
  wanted.open = true;
  const empty = [...wanted.querySelectorAll("[required]")].find((field) => !field.value.trim());
  (empty || wanted.querySelector("[data-next]")).focus();
  wanted.scrollIntoView({ block: "nearest" });
};

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form");
    const button = form && form.querySelector("[data-next], button.main[type=submit]");
    if (button) {
      event.preventDefault();
      button.click();
    }
    return;
  }
  if (event.key === "Escape" && typing(event.target)) {
    event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || localStorage.getItem(OFF)) return;
  const key = event.key.toLowerCase();
  const chosen = /^[1-9]$/.test(key) && items()[Number(key) - 1];
  const inRow = document.activeElement.closest("tr, li, form") || document;
  const button = [...inRow.querySelectorAll(`[data-key="${CSS.escape(key)}"]`), ...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(seen);
  if (key === "?") helpBox.showModal();
  else if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (chosen) chosen.matches("a, button") ? chosen.click() : chosen.focus();
  else if (key === "n") decide();
  else if (button) press(button);
  else return;
  event.preventDefault();
});

// --- asking again ----------------------------------------------------------------------------------------------------
// The paper on the screen goes into the one request to the merchant, with the reason that was chosen for it.
const ask = document.getElementById("ask-again");
const request = document.querySelector(".decision#do-request_supplement");
const count = () => {
  const badge = document.getElementById("asked-count");
  const chosen = request.querySelectorAll("[name=items]:checked").length;
  badge.textContent = chosen;
  badge.hidden = !chosen;
};
if (request) {
  request.addEventListener("change", count);
  document.addEventListener("drafts", count);
  count();
}
if (ask) {
  ask.hidden = false;
  ask.addEventListener("click", () => {
    const verdict = document.getElementById("verdict-form");
    const type = verdict.dataset.docType;
    const box = request.querySelector(`[name=items][value="${CSS.escape(type)}"]`);
    if (!box) return;
    box.checked = true;
    request.querySelector(`[name="items.code.${CSS.escape(type)}"]`).value = verdict.elements.code.value;
    request.querySelector(`[name="items.reason.${CSS.escape(type)}"]`).value = verdict.elements.reason.value;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    request.open = true;
    request.querySelector("summary").focus();
  });
}

// --- what would follow -----------------------------------------------------------------------------------------------
document.querySelectorAll(".decision").forEach((decision) => {
  const foreseen = decision.querySelector("[data-hx-post]");
  let timer = null;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => foreseen.dispatchEvent(new Event("foresee")), 350);
  };
  decision.addEventListener("input", look);
  decision.addEventListener("change", look);
  decision.addEventListener("toggle", () => decision.open && look());
});

// --- the palette -----------------------------------------------------------------------------------------------------
const text = document.getElementById("palette-text");
const list = document.getElementById("palette-list");
const fixed = [...list.children];
let marked = 0;

const options = () => {
  const wanted = text.value.trim().toLowerCase();
  const offered = [...document.querySelectorAll("main [data-key], main [data-command], main .decision > summary")];
  // what each row of a list offers is only found by its name
  const here = offered.filter((one) => seen(one) && (wanted || !one.closest("tr"))).map((one) => {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.textContent = one.getAttribute("aria-label") || one.textContent.replace(/^\s*[A-Z]\s+/, "").trim();
    option.run = () => (one.matches("summary") ? (one.click(), one.focus()) : press(one));
    return option;
  });
  const found = [...here, ...fixed].filter((one) => one.textContent.toLowerCase().includes(wanted));
  if (wanted) {
    const find = document.createElement("li");
    find.setAttribute("role", "option");
    find.textContent = list.dataset.find.replace("{q}", text.value.trim());
    find.dataset.go = list.dataset.findUrl + encodeURIComponent(text.value.trim());
    found.push(find);
  }
  return found;
};
const show = () => {
  const found = options();
  marked = Math.min(Math.max(marked, 0), found.length - 1);
  found.forEach((one, index) => {
    one.id = "option-" + index;
    one.setAttribute("aria-selected", index === marked ? "true" : "false");
  });
  list.replaceChildren(...found);
  if (found[marked]) {
    text.setAttribute("aria-activedescendant", found[marked].id);
    found[marked].scrollIntoView({ block: "nearest" });
  }
};
const openPalette = () => {
  if (palette.open) return;
  text.value = "";
  marked = 0;
  show();
  palette.showModal();
  text.focus();
};
const run = (option) => {
  palette.close();
  if (option.run) option.run();
  else if (option.dataset.open) document.getElementById(option.dataset.open).showModal();
  else location.assign(option.dataset.go);
};
text.addEventListener("input", () => {
  marked = 0;
  show();
});
text.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    marked += step;
    show();
  } else if (event.key === "Enter" && list.children[marked]) {
    run(list.children[marked]);
  } else {
    return;
  }
  event.preventDefault();
});
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) run(option);
});

const off = document.getElementById("keys-off");
off.checked = Boolean(localStorage.getItem(OFF));
off.addEventListener("change", () => (off.checked ? localStorage.setItem(OFF, "yes") : localStorage.removeItem(OFF)));
document.querySelector("[data-help]").addEventListener("click", () => helpBox.showModal());
helpBox.querySelector("[data-close]").addEventListener("click", () => helpBox.close());
