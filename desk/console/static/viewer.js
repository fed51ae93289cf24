// Papers on the screen: nearer and farther, turned, page by page, with or without what the machine read, and the paper
// before it.
const viewer = document.getElementById("viewer");
const stage = viewer && viewer.querySelector(".stage");
if (stage) {
  let zoom = 1;
  let turned = 0;
  const leaves = () => stage.querySelectorAll(".leaf");
  const draw = () => leaves().forEach((leaf) => {
    leaf.style.width = 100 * zoom + "%";
    leaf.style.rotate = turned + "deg";
    const sideways = turned % 180 !== 0;
    const over = sideways ? Math.max(0, (leaf.offsetWidth - leaf.offsetHeight) / 2) : 0;
    leaf.style.margin = over + "px 0";
  });
  const shown = () => [...stage.querySelectorAll(".sheet")].filter((sheet) => sheet.getClientRects().length);
  const page = (step) => {
    const top = stage.getBoundingClientRect().top;
    const sheets = shown();
    const now = sheets.findIndex((sheet) => sheet.getBoundingClientRect().bottom > top + 5);
    const next = sheets[Math.min(Math.max(now + step, 0), sheets.length - 1)];
    if (next) stage.scrollTop += next.getBoundingClientRect().top - top;
  };
  const toggle = (button, name) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    viewer.classList.toggle(name, on);
  };
  const deeds = {
    in: () => (zoom = Math.min(zoom * 1.25, 5)),
    out: () => (zoom = Math.max(zoom / 1.25, 0.2)),
    fit: () => ((zoom = 1), (turned = 0)),
    turn: () => (turned = (turned + 90) % 360),
    back: () => page(-1),
    on: () => page(1),
    boxes: (button) => toggle(button, "with-boxes"),
    former: (button) => toggle(button, "with-former"),
  };
  viewer.classList.add("with-boxes");
  viewer.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => {
    deeds[button.dataset.view](button);
    draw();
  }));
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    deeds[event.deltaY < 0 ? "in" : "out"]();
    draw();
  }, { passive: false });

  document.querySelectorAll("[data-box]").forEach((line) => {
    const box = document.getElementById(line.dataset.box);
    if (!box) return;
    const mark = (on) => () => {
      box.classList.toggle("here", on);
      if (on) box.scrollIntoView({ block: "nearest", inline: "nearest" });
    };
    line.addEventListener("mouseenter", mark(true));
    line.addEventListener("mouseleave", mark(false));
    line.addEventListener("focus", mark(true));
    line.addEventListener("blur", mark(false));
  });
}
