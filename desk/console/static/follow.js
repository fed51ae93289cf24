// A page that goes on by itself is followed until it has ended; nobody who writes in it is disturbed.
const followed = document.getElementById("followed");
const look = async () => {
  if (!followed.hasAttribute("data-follow")) return;
  try {
    const answer = document.hidden ? null : await fetch(location.href, { credentials: "same-origin", redirect: "error" });
    const page = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page && page.getElementById("followed");
    if (fresh && fresh.innerHTML !== followed.innerHTML) {
      const focused = followed.contains(document.activeElement) && document.activeElement.form;
      const action = focused ? focused.getAttribute("action") : null;
      followed.replaceChildren(...fresh.childNodes);
      if (!fresh.hasAttribute("data-follow")) {
        followed.removeAttribute("data-follow");
        const live = document.getElementById("live");
        live.textContent = live.dataset.changed;
      }
      const again = action && followed.querySelector(`form[action="${CSS.escape(action)}"] button`);
      if (again) again.focus();
    }
  } catch {
    // away for a moment
  }
  setTimeout(look, 1000);
};
setTimeout(look, 500);
