// A paper is looked at before it is sent: kind, size, pixels, sharpness and light. What cannot be taken is not sent;
// what looks hard to read is said, and may be sent all the same. A paper the desk refuses stays chosen, and so does one
// whose sender has to log in first: in another window, so that nothing is kept anywhere meanwhile.
const KINDS = /\.(pdf|png|jpe?g|webp)$/i;
const FEWEST_PIXELS = 400000;
const SHARP = 25; // variance of the edges of the picture at 800 pixels; print in focus has hundreds
const LIGHT = 70; // mean brightness of 255

const atLogin = (answer) => answer.redirected && new URL(answer.url).pathname === "/login";

// Where a form goes on a page made now, for whoever is logged in now; nothing when nobody is, or it is gone.
const addressNow = async (field) => {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || atLogin(answer)) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const same = page.getElementById(field.id);
  return same && same.form ? same.form.getAttribute("action") : null;
};

const drawn = async (file) => {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, 800 / Math.max(whole.width, whole.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(whole, 0, 0, canvas.width, canvas.height);
  return { canvas, pixels: whole.width * whole.height };
};

const measured = (canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const grey = new Float32Array(width * height);
  let light = 0;
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    light += grey[i];
  }
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const edge = 4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width];
      sum += edge;
      squares += edge * edge;
      count += 1;
    }
  }
  return { light: light / grey.length, sharpness: count ? squares / count - (sum / count) ** 2 : 0 };
};

const looked = async (file, most) => {
  if (!KINDS.test(file.name)) return { stop: "kind" };
  if (file.size === 0) return { stop: "empty" };
  if (file.size > most) return { stop: "size" };
  if (/\.pdf$/i.test(file.name)) return { good: "pdf" };
  let seen;
  try {
    seen = await drawn(file);
  } catch {
    return { doubt: "broken" }; // another program may open it: the desk says
  }
  const { light, sharpness } = measured(seen.canvas);
  if (seen.pixels < FEWEST_PIXELS) return { doubt: "small", ...seen };
  if (light < LIGHT) return { doubt: "dark", ...seen };
  if (sharpness < SHARP) return { doubt: "blurred", ...seen };
  return { good: "picture", ...seen };
};

document.querySelectorAll("form.upload").forEach((form) => {
  const words = JSON.parse(form.dataset.checks);
  const field = form.querySelector("input[name=file]");
  const camera = form.querySelector("[data-camera]");
  const told = form.querySelector(".told");
  const say = (text, kind) => {
    told.replaceChildren();
    if (!text) return;
    const line = document.createElement("p");
    line.textContent = text;
    line.className = kind;
    told.append(line);
  };
  const look = async () => {
    const file = field.files[0];
    field.setCustomValidity("");
    if (!file) return say("");
    const seen = await looked(file, Number(form.dataset.most));
    if (field.files[0] !== file) return;
    form.dataset.looked = seen.stop || seen.doubt || seen.good;
    say(words[form.dataset.looked], seen.stop ? "error" : seen.doubt ? "why" : "fine");
    if (seen.stop) field.setCustomValidity(words[seen.stop]);
    if (seen.canvas) {
      seen.canvas.setAttribute("aria-hidden", "true");
      told.prepend(seen.canvas);
    }
  };
  field.addEventListener("change", look);
  camera.closest("label").hidden = !matchMedia("(pointer: coarse)").matches;
  camera.addEventListener("change", () => {
    if (!camera.files.length) return;
    field.files = camera.files;
    look();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    say(words.sending, "hint");
    try {
      const send = () => fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
      let answer = await send();
      if (atLogin(answer) || answer.status === 403) {
        const address = await addressNow(field); // the page may be of a session that has ended
        if (address) {
          form.setAttribute("action", address);
          answer = await send();
        }
      }
      if (atLogin(answer)) {
        say(words.ended + " ", "error");
        const link = document.createElement("a");
        link.href = "/login?ended=1&next=" + encodeURIComponent(location.pathname);
        link.target = "_blank";
        link.textContent = words.log_in;
        told.lastChild.append(link);
        delete form.dataset.sending;
        return;
      }
      if (answer.ok) {
        location.assign(answer.url);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const why = page.querySelector(".upload.wrong .told") || page.querySelector("#refused") || page.querySelector("[role=alert]");
      say(why ? why.textContent.trim().replace(/\s+/g, " ") : words.away, "error");
    } catch {
      say(words.away, "error");
    }
    delete form.dataset.sending;
  });
});
