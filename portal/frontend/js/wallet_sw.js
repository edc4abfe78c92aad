// The wallet's worker, for /w alone; the site's own is sw.js. The server writes WALLET before it: {version, shell, languages,
// files, built}. Kept is the shell, the same for everybody, in the languages it was read in, and what it looks like. Nothing that
// is on a card comes here: that the page keeps by itself.
const CACHE = `wallet-${WALLET.version}`;
const addressOf = (lang) => `${WALLET.shell}?lang=${lang}`;

async function keep(cache, address) {
  try {
    if (await cache.match(address)) return;
    const answer = await fetch(new Request(address, {credentials: 'omit', cache: 'no-cache'}));
    if (answer.ok) await cache.put(address, answer);
  } catch { /* asked for again with the next page */ }
}

const languageOf = (address) => {
  const lang = new URL(address).searchParams.get('lang');
  return WALLET.languages.includes(lang) ? lang : '';
};

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const open = await clients.matchAll({type: 'window', includeUncontrolled: true});
    const shown = open.filter((page) => new URL(page.url).pathname === WALLET.shell).map((page) => languageOf(page.url));
    const wanted = [...new Set([WALLET.languages[0], ...shown.filter(Boolean)])];
    await Promise.all([...WALLET.files, ...wanted.map(addressOf)].map((address) => keep(cache, address)));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('wallet-') && name !== CACHE) await caches.delete(name);
    await clients.claim();
  })());
});

// What is kept is shown at once, in a cellar as at home: a new version comes with a new worker.
async function shell(event) {
  const cache = await caches.open(CACHE);
  const lang = languageOf(event.request.url);
  const kept = await cache.match(addressOf(lang || WALLET.languages[0]));
  if (kept && lang) return kept;
  try {
    const answer = await fetch(event.request);
    if (lang) event.waitUntil(keep(cache, addressOf(lang)));
    return answer;
  } catch (fault) {
    const any = kept ?? (await Promise.all(WALLET.languages.map((code) => cache.match(addressOf(code))))).find(Boolean);
    if (any) return any;
    throw fault;
  }
}

async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  // The names of built files change with their bytes, so one that is kept is never old.
  if (answer.ok && answer.type === 'basic' && new URL(request.url).pathname.startsWith(WALLET.built)) {
    await cache.put(request, answer.clone());
  }
  return answer;
}

self.addEventListener('fetch', (event) => {
  const {request} = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === WALLET.shell) event.respondWith(shell(event));
  } else if (WALLET.files.includes(url.pathname) || url.pathname.startsWith(WALLET.built)) event.respondWith(file(request));
});
