// What is typed stays in this tab until it is sent: also when the claim runs out, the session ends or the page is left.
const PREFIX = "draft:";
const kept = (form) => PREFIX + form.dataset.draft;
const plain = (field) => field.name && field.type !== "hidden" && !field.matches("button");

document.querySelectorAll("form[data-draft]").forEach((form) => {
  const save = () => {
    const typed = [...form.elements].filter(plain).map((field) =>
      [field.name, field.value, /checkbox|radio/.test(field.type) ? field.checked : null]);
    sessionStorage.setItem(kept(form), JSON.stringify(typed));
  };
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  const draft = JSON.parse(sessionStorage.getItem(kept(form)) || "null");
  if (!draft || document.getElementById("refused")) return;
  draft.forEach(([name, value, checked]) => {
    const fields = [...form.elements].filter((field) => field.name === name && plain(field));
    if (checked === null) fields.forEach((field) => (field.value = value));
    else fields.filter((field) => field.value === value).forEach((field) => (field.checked = checked));
  });
});
document.dispatchEvent(new Event("drafts"));

// Done is done: what was sent and taken is no draft any more. (A refused form comes back with what was typed.)
if (document.querySelector(".notice.good")) {
  const sent = sessionStorage.getItem("draft-sent");
  if (sent) sessionStorage.removeItem(sent);
}
sessionStorage.removeItem("draft-sent");
document.addEventListener("submit", (event) => {
  if (event.target.dataset.draft) sessionStorage.setItem("draft-sent", kept(event.target));
  if (event.target.getAttribute("action") === "/logout") {
    Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
  }
});
