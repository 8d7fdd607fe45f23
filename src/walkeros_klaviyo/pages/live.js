"use strict";
// Keeps a page as it is on the server, each second, and opens what is behind a link within it.

const EVERY = 1000;
const QUIET = 5000; // between two sentences to who cannot see the page
const main = document.querySelector("main");
const dialog = document.querySelector("dialog");
const news = document.getElementById("news");
const pause = document.getElementById("pause");
const filter = document.querySelector("form[data-filter]");
let mark = null;
let told = 0;
let asked = 0;

function address() {
  if (!filter) return location.pathname;
  const chosen = [...new FormData(filter)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(chosen).toString();
  return location.pathname + (query && "?" + query);
}

// Makes `old` like `fresh`; what is the same stays, with its focus, its place and what is opened.
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.nodeValue = fresh.nodeValue);
  if (old.matches("input, select") && old === document.activeElement) return;
  for (const { name } of [...old.attributes])
    if (name !== "open" && name !== "class" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const wanted = new Set([...fresh.children].map((one) => one.id));
  const known = new Map();
  for (const child of [...old.children])
    if (child.id && wanted.has(child.id)) known.set(child.id, child);
    else if (child.id) child.remove();
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? known.get(next.id) : at && !at.id && at.nodeName === next.nodeName && at;
    if (!same) {
      if (mark !== null && next.nodeName === "LI") next.classList.add("new");
      old.insertBefore(next, at);
      continue;
    }
    if (same !== at) old.insertBefore(same, at);
    at = same.nextSibling;
    morph(same, next);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

async function fetched(url, headers = {}) {
  // From the origin: a page whose address holds a password would not be asked for again.
  const answer = await fetch(new URL(url, location.origin), { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(answer.status);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { mark: answer.headers.get("etag"), main: found.querySelector("main") };
}

function tell(sentence, now = false) {
  if (news.textContent === sentence || (!now && Date.now() - told < QUIET)) return;
  told = Date.now();
  news.textContent = sentence;
}

async function refresh() {
  const number = ++asked;
  try {
    const found = await fetched(address(), mark ? { "If-None-Match": mark } : {});
    if (number !== asked) return; // a later question was asked meanwhile
    if (found) {
      const focused = document.activeElement?.id;
      morph(main, found.main);
      mark = found.mark;
      if (focused && document.activeElement === document.body)
        document.getElementById(focused)?.focus();
    }
    tell(main.dataset.news);
  } catch {
    if (number === asked) tell("It does not answer; trying again.", true);
  }
}

async function open(link) {
  try {
    const found = await fetched(link.getAttribute("href"));
    dialog.lastElementChild.replaceChildren(...found.main.childNodes);
    dialog.scrollTop = 0;
    if (!dialog.open) dialog.showModal();
  } catch {
    location.href = link.href;
  }
}

document.addEventListener("click", (click) => {
  const link = click.target.closest("a[data-opens]");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey) return;
  click.preventDefault();
  open(link);
});

document.addEventListener("submit", (submit) => {
  const question = submit.target.dataset.confirm;
  if (question && !confirm(question)) submit.preventDefault();
});

if ("news" in main.dataset) {
  const isOn = () => pause.getAttribute("aria-pressed") === "false" && !document.hidden;
  document.getElementById("live").hidden = false;
  tell(main.dataset.news, true);
  pause.addEventListener("click", () => pause.setAttribute("aria-pressed", isOn()));
  const choose = (event) => {
    event.preventDefault();
    mark = null;
    history.replaceState(null, "", address());
    refresh();
  };
  filter?.addEventListener("submit", choose);
  filter?.addEventListener("input", choose);
  (async function again() {
    if (isOn()) await refresh();
    setTimeout(again, EVERY);
  })();
}
