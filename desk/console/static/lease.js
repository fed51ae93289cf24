// Whose task it is and for how long: activity lets the claim run on, and its end says who has the task now.
const lease = document.getElementById("lease");
if (lease) {
  const { task, me, csrf } = lease.dataset;
  const at = "/api/v1/tasks/" + encodeURIComponent(task);
  let until = lease.dataset.until ? new Date(lease.dataset.until) : null;
  let active = false;
  let asking = false;

  const told = (text, facts = {}) => {
    const filled = text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
    if (lease.textContent !== filled) lease.textContent = filled;
  };
  const clock = (moment) => moment.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
  const look = async (renewing) => {
    if (asking) return;
    asking = true;
    try {
      const answer = renewing
        ? await fetch(at + "/renew", { method: "POST", headers: { "x-csrf-token": csrf, "idempotency-key": crypto.randomUUID() } })
        : await fetch(at);
      if (renewing && !answer.ok) return;
      const now = await answer.json();
      until = now.holder === me ? new Date(now.held_until) : null;
      lease.classList.toggle("over", !until);
      if (until) return;
      const live = now.holder && new Date(now.held_until) > new Date();
      told(live ? lease.dataset.taken : lease.dataset.over, { who: now.holder, until: live ? clock(new Date(now.held_until)) : "" });
    } catch {
      // away for a moment: the next look comes
    } finally {
      asking = false;
    }
  };
  const tick = () => {
    if (!until) return;
    const left = Math.floor((until - Date.now()) / 1000);
    if (left <= 0) {
      until = null;
      look(false);
      return;
    }
    lease.classList.toggle("soon", left < 120);
    told(lease.dataset.left, { left: Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0") });
  };
  ["keydown", "pointerdown", "wheel"].forEach((name) => addEventListener(name, () => (active = true), { passive: true }));
  setInterval(tick, 1000);
  setInterval(() => {
    if (until && active) look(true);
    else if (!until && lease.classList.contains("over")) look(false);
    active = false;
  }, 30000);
  tick();
}
