// What the pages gain from scripts; all of them work without.
// A form is sent once: a second click while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter && event.submitter.formTarget) return; // opens beside the page, which goes on
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "yes";
  form.querySelectorAll("button[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  });
});

// What was done is said once, not again when the page is reloaded.
if (/[?&](done|legible|entered|none)=/.test(location.search)) {
  const left = new URLSearchParams(location.search);
  ["done", "legible", "entered", "none"].forEach((name) => left.delete(name));
  const query = left.toString();
  history.replaceState(null, "", location.pathname + (query ? "?" + query : "") + location.hash);
}

const refusal = document.getElementById("refused");
if (refusal) refusal.focus();

// The queue follows its changes: told by server-sent events, or looked at now and then.
const queue = document.getElementById("queue");
if (queue) {
  let source = null;
  let timer = null;
  let busy = false;

  // who writes in the list, or has a part of it open, is not disturbed: not by what was asked for before, either
  const used = () =>
    queue.querySelector("details[open], input[name=case]:checked") ||
    (queue.contains(document.activeElement) && document.activeElement.matches("input, select"));
  const refresh = async () => {
    if (busy) {
      soon();
      return;
    }
    if (used()) return;
    busy = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("queue");
      if (!fresh || fresh.innerHTML === queue.innerHTML || used()) return;
      const focused = queue.contains(document.activeElement) ? document.activeElement : null;
      const where = focused && (focused.getAttribute("href") || (focused.form && focused.form.getAttribute("action")));
      queue.replaceChildren(...fresh.childNodes);
      if (where) {
        const again = [...queue.querySelectorAll("a[href], form[action]")].find(
          (one) => (one.getAttribute("href") || one.getAttribute("action")) === where);
        if (again) (again.matches("form") ? again.querySelector("button") : again).focus();
      }
      const live = document.getElementById("live");
      live.textContent = live.dataset.changed;
    } catch {
      // away for a moment: the next look comes
    } finally {
      busy = false;
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 300);
  };
  const listen = () => {
    if (source || document.hidden) return;
    source = new EventSource(queue.dataset.live);
    ["task", "gone", "ready"].forEach((name) => source.addEventListener(name, soon));
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && source) {
      source.close();
      source = null;
    } else {
      listen();
    }
  });
  window.addEventListener("pagehide", () => source && source.close());
  listen();
  setInterval(() => document.hidden || refresh(), 30000);
}

// A case that changed under the reader says so, and what happened; nothing typed is touched.
const stale = document.getElementById("stale");
if (stale) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/api/v1/cases/" + encodeURIComponent(stale.dataset.case), { credentials: "same-origin" });
      if (!answer.ok) return;
      const now = await answer.json();
      if (String(now.version) !== stale.dataset.version || now.status !== stale.dataset.status) {
        clearInterval(looking);
        const news = await fetch(stale.dataset.since, { credentials: "same-origin" });
        if (news.ok) {
          const page = new DOMParser().parseFromString(await news.text(), "text/html");
          stale.querySelector("[data-told]").replaceChildren(...page.body.childNodes);
        }
        stale.hidden = false;
      }
    } catch {
      // away for a moment
    }
  };
  const looking = setInterval(look, 10000);
}
