// A shop's walkerOS collector: posts visitors' events to an endpoint, and prints what it sent.
//
//   node collector.mjs URL single|batch|browser TOKEN
//
// Printed is one JSON line: the ids of the events under a granted consent, and those without.
import { startFlow } from "@walkeros/collector";
import { destinationAPI } from "@walkeros/server-destination-api";
import { sendServer } from "@walkeros/server-core";

const [url, how, token] = process.argv.slice(2);
const sent = { granted: [], denied: [], answers: {} };
const headers = token ? { authorization: `Bearer ${token}` } : {};

// What the collector hands to a destination, noted as it goes.
const noted = (event) =>
  (event.consent?.marketing ? sent.granted : sent.denied).push(event.id);

// From 4.5 on the package's own destination posts a bare array, as this one does.
const batching = {
  ...destinationAPI,
  async pushBatch(batch, { config }) {
    batch.events.forEach(noted);
    await sendServer(config.settings.url, JSON.stringify(batch.events), { headers });
  },
};
const single = {
  ...destinationAPI,
  push(event, context) {
    noted(event);
    return destinationAPI.push(event, context);
  },
};

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function server(code, config) {
  const { elb } = await startFlow({
    destinations: { klaviyo: { code, config: { settings: { url, headers }, ...config } } },
  });
  await elb("walker user", { id: "u1" });
  const visit = async (name, from, count) => {
    for (let at = from; at < from + count; at++)
      await elb({ name, data: { id: `P${at}`, total: at + 0.5, currency: "EUR" } });
  };
  await visit("page view", 0, 10); // nobody was asked yet
  await elb("walker consent", { marketing: true });
  await visit("product view", 10, 20);
  await visit("order complete", 30, 20);
  await elb("walker consent", { marketing: false });
  await visit("page view", 50, 10);
  await elb("walker consent", { marketing: true, analytics: true });
  await visit("cart add", 60, 20);
  await wait(how === "batch" ? 500 : 0);
  await elb("walker shutdown").catch(() => undefined);
}

async function browser() {
  const { JSDOM } = await import("jsdom");
  const { sourceBrowser } = await import("@walkeros/web-source-browser");
  const { window } = new JSDOM(
    `<body data-elbglobals="language:de">
       <div data-elb="product" data-elb-product="id:P1;price:12.5" data-elbaction="load:view">
         <button data-elbaction="click:add">Buy</button>
       </div>
     </body>`,
    { url: "http://shop.example/p/1", pretendToBeVisual: true },
  );
  for (const name of ["window", "document", "Element", "HTMLElement", "AbortController"])
    globalThis[name] = name === "window" ? window : window[name];
  globalThis.IntersectionObserver = window.IntersectionObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  let open = 0;
  const page = {
    type: "page",
    config: {},
    push(event) {
      noted(event);
      // As a page sends it: another origin, JSON, and a header that asks for a preflight.
      const request = new window.XMLHttpRequest();
      open += 1;
      request.onloadend = () => {
        open -= 1;
        sent.answers[request.status] = (sent.answers[request.status] ?? 0) + 1;
      };
      request.open("POST", url);
      request.setRequestHeader("content-type", "application/json; charset=utf-8");
      request.setRequestHeader("traceparent", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`);
      request.send(JSON.stringify(event));
    },
  };
  const { elb } = await startFlow({
    sources: {
      browser: { code: sourceBrowser, config: { settings: { pageview: true } }, env: { window, document: window.document } },
    },
    destinations: { page: { code: page } },
  });
  await elb("walker user", { device: "d1" });
  window.document.querySelector("button").click();
  await wait(50);
  await elb("walker consent", { marketing: true });
  for (let at = 0; at < 5; at++) {
    window.document.querySelector("button").click();
    await wait(10);
  }
  for (let tries = 0; (open || tries < 10) && tries < 200; tries++) await wait(25);
  window.close();
}

if (how === "browser") await browser();
else if (how === "batch") await server(batching, { batch: { wait: 50, size: 7 } });
else await server(single, {});
console.log(JSON.stringify(sent));
process.exit(0);
