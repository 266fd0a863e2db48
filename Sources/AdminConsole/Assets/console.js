// Live updates, the reader's own time, following and searching the log. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);

  // Times: the server writes UTC; the reader sees their own zone, and UTC when they point at it.

  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  // A moment as the server writes it, to the minute or the second.
  const utc = (text) => `${text.replace("T", " ").replace(/(\.\d+)?Z$/, "")} UTC`;
  const two = (number) => String(number).padStart(2, "0");

  function localize(tree) {
    for (const time of all("time[datetime]", tree)) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
      time.title = utc(time.dateTime);
      time.textContent = "clock" in time.dataset
        ? `${clock}:${two(moment.getSeconds())}`
        : `${moment.getDate()} ${months[moment.getMonth()]} ${moment.getFullYear()}, ${clock}`;
    }
    tick(tree);
  }

  function duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }

  function tick(tree = document) {
    for (const place of all("[data-since]", tree)) {
      place.title = `since ${utc(place.dataset.since)}`;
      place.textContent = duration((Date.now() - Date.parse(place.dataset.since)) / 1000);
    }
  }

  // A form that changes something is sent once, also one that has come to the page later; where its answer takes a while
  // it says so. Of each that is on its way: its button, and what that said.
  let sent = new Map();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    const button = event.submitter ?? one("button", form);
    sent.set(form, [button, button?.textContent]);
    form.setAttribute("aria-busy", "true");
    if (button && form.dataset.busy) button.textContent = form.dataset.busy;
  });

  // Whoever comes back to the page may send it again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const [form, [button, words]] of sent) {
      form.removeAttribute("aria-busy");
      if (button) button.textContent = words;
    }
    sent = new Map();
  });

  // What is live is asked for again as the server draws it, and put in place where it differs. A page that answers a
  // form says itself where it is found.
  function self() {
    const address = new URL(one("[data-self]")?.dataset.self ?? location.href, location.href);
    address.hash = "";
    return address;
  }

  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) return;
    // What is on its way stays as it says that it is.
    if (sent.has(old)) return;
    // What the reader has opened or closed stays so.
    for (const { name, value } of [...fresh.attributes]) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    morphChildren(old, fresh);
  }

  const key = (node) => node?.dataset?.key;

  // Those with a key stay themselves wherever they stand; of the others the first is still the first.
  function morphChildren(old, fresh) {
    const left = new Set(old.childNodes);
    const keyed = new Map([...left].filter(key).map((node) => [key(node), node]));
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = key(child) ? keyed.get(key(child)) : [...left].find((node) => !key(node));
      if (!same) {
        old.insertBefore(child, place);
        continue;
      }
      left.delete(same);
      if (same === place) place = same.nextSibling;
      else old.insertBefore(same, place);
      morph(same, child);
    }
    for (const extra of left) extra.remove();
  }

  // Whoever does nothing for an hour is signed out, also where an open page goes on asking.
  let used = false;
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => { used = true; }, { passive: true });
  }

  let asking = false;
  let askAgain = false;
  let polling = 0;

  async function refresh() {
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    try {
      const address = self();
      const headers = used ? {} : { "X-Pawl-Live": "1" };
      used = false;
      let answer;
      let text = "";
      try {
        answer = await fetch(address, { cache: "no-store", headers });
        if (answer.ok) text = await answer.text();
      } catch {
        retry();
        return;
      }
      if (answer.redirected && new URL(answer.url).pathname !== address.pathname) {
        location.replace(address);
        return;
      }
      if (answer.ok) {
        lost(false);
        mark(null);
        const page = new DOMParser().parseFromString(text, "text/html");
        localize(page);
        for (const fresh of all("[data-live]", page)) {
          const old = one(`[data-live="${fresh.dataset.live}"]`);
          if (old) morph(old, fresh);
        }
      } else if (answer.status === 429 || answer.status >= 500 || !answer.headers.has("Content-Security-Policy")) {
        // What says nothing of scripts is no page of ours: whoever stands before the console answers in its place.
        retry();
      } else {
        refused(address);
      }
    } finally {
      asking = false;
      if (askAgain) {
        askAgain = false;
        soon(300);
      }
      poll();
    }
  }

  // Most pages only ask when they hear of something. A tab that nobody sees asks when it is seen again.
  function retry() {
    lost(true);
    if (!document.hidden) soon(5000);
  }

  // Why a page is refused the server says on a page in its place. It is loaded once: where it comes as it was, and is
  // refused again, there is nothing more to hear.
  function refused(address) {
    if (mark() !== address.href && mark(address.href)) location.replace(address);
    else retry();
  }

  // The address that was loaded for its refusal, for as long as the tab lives; nothing where a browser keeps nothing.
  function mark(address) {
    const name = "pawl-refused";
    try {
      if (address === undefined) return sessionStorage.getItem(name);
      if (address === null) sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, address);
      return true;
    } catch {
      return null;
    }
  }

  // Of two wishes the earlier one counts.
  let waiting = 0;
  let waitsUntil = 0;
  function soon(milliseconds) {
    const at = Date.now() + milliseconds;
    if (waiting && waitsUntil <= at) return;
    clearTimeout(waiting);
    waitsUntil = at;
    waiting = setTimeout(() => {
      waiting = 0;
      refresh();
    }, milliseconds);
  }

  function poll() {
    clearTimeout(polling);
    const place = one("[data-poll]");
    if (place && !document.hidden) polling = setTimeout(refresh, 1000 * (Number(place.dataset.poll) || 1));
  }

  // The connection.

  const banner = one("[data-lost]");
  let losing = 0;
  function lost(is) {
    if (!banner) return;
    if (!is) {
      clearTimeout(losing);
      losing = 0;
      banner.hidden = true;
    } else if (!losing) {
      // A page that is being left loses its connection, too; nobody needs to hear of that.
      losing = setTimeout(() => { banner.hidden = false; }, 800);
    }
  }

  const ofRuns = ["created", "started", "taken", "declined", "progress", "effect-started", "effect-done", "effect-failed",
    "effect-refused", "abort-requested", "retry-requested", "restore-requested"];
  const ofNews = ["run-started", "run-progress", "run-waits", "run-ended", "backup", "check", "job"];

  const log = one("[data-log]");
  let last = log ? Number(log.lastElementChild?.dataset.id ?? 0) : 0;

  let stream = null;
  let isOver = false;

  function follow() {
    const place = one("[data-stream]");
    if (!place || stream || isOver || document.hidden) return;
    const address = new URL(place.dataset.stream, location.href);
    if (last) address.searchParams.set("after", last);
    const source = new EventSource(address);
    stream = source;
    source.onopen = () => {
      lost(false);
      soon(50);
    };
    source.onerror = () => {
      lost(true);
      if (source.readyState !== EventSource.CLOSED) return;
      // It was refused, not interrupted: the page itself says why, such as that nobody is signed in any more.
      stream = null;
      refresh();
      setTimeout(follow, 3000);
    };
    for (const kind of ofNews) source.addEventListener(kind, () => soon(150));
    for (const kind of ofRuns) source.addEventListener(kind, (message) => take(kind, JSON.parse(message.data)));
    source.addEventListener("end", () => {
      isOver = true;
      leave();
      soon(50);
    });
  }

  function leave() {
    stream?.close();
    stream = null;
  }

  // A browser keeps few connections to one place: a tab that nobody sees leaves its own to the others, and catches up when
  // it is seen again.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      leave();
      clearTimeout(polling);
    } else {
      follow();
      if (one("[data-live]")) soon(50);
    }
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });

  let drawnAt = 0;
  function take(kind, event) {
    if (event.id <= last) return;
    last = event.id;
    if (log) add(kind, event);
    if (kind === "progress") {
      const now = one("[data-now]");
      if (now) now.textContent = event.message;
      if (Date.now() - drawnAt < 3000) return;
    }
    drawnAt = Date.now();
    soon(150);
  }

  // The log.

  const following = one("[data-follow]");
  const search = one("[data-search]");
  const say = one("[data-say]");

  function add(kind, event) {
    const line = document.createElement("li");
    line.dataset.id = event.id;
    if (kind === "effect-failed" || kind === "effect-refused") line.className = "bad";
    if (kind === "declined" || kind.endsWith("-requested")) line.className = "warn";
    const time = document.createElement("time");
    time.dateTime = event.at;
    time.dataset.clock = "";
    const words = document.createElement("span");
    words.textContent = event.message;
    line.append(time, words);
    localize(line);
    log.append(line);
    while (log.childElementCount > 5000) log.firstElementChild.remove();
    if (search?.value) find();
    else if (following?.checked) log.scrollTop = log.scrollHeight;
    if (say && kind !== "progress" && kind !== "taken") say.textContent = event.message;
  }

  function find() {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    for (const line of log.children) {
      line.hidden = wanted !== "" && !line.textContent.toLowerCase().includes(wanted);
      if (!line.hidden) found += 1;
    }
    one("[data-found]").textContent = wanted === "" ? "" : `${found} of ${log.childElementCount} lines`;
    if (following?.checked) log.scrollTop = log.scrollHeight;
  }

  if (log) {
    log.scrollTop = log.scrollHeight;
    search?.addEventListener("input", find);
    following?.addEventListener("change", () => { if (following.checked) log.scrollTop = log.scrollHeight; });
    for (const kind of ["wheel", "touchmove", "keyup"]) {
      log.addEventListener(kind, () => {
        if (following) following.checked = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
      }, { passive: true });
    }
  }

  localize(document);
  setInterval(() => tick(), 1000);
  follow();
  poll();
})();
