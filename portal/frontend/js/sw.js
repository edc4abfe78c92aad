// The service worker. The server writes SITE before it: {version, files, offline: {language: path}, built}.
// Kept: the built files, and the offline page in the municipality's first language and in those that were read. Not kept:
// anything somebody has read or looked for. A till keeps its own page besides, where it may work without network.
// Addresses without a language (/cms, /api, /w, /k …) are none of its business.
const CACHE = `frittfram-${SITE.version}`;
const LANGUAGES = Object.keys(SITE.offline);

const languageOf = (url) => new URL(url).pathname.split('/')[1];

/** Keep what the offline page needs in these languages. What cannot be had now is asked for again with the next page. */
async function keep(languages) {
  const cache = await caches.open(CACHE);
  const wanted = [...SITE.files, ...languages.map((lang) => SITE.offline[lang]).filter(Boolean)];
  await Promise.all(wanted.map(async (url) => {
    try {
      if (await cache.match(url)) return;
      const answer = await fetch(new Request(url, {credentials: 'omit'}));
      if (answer.ok) await cache.put(url, answer);
    } catch { /* one that fails does not stop the others */ }
  }));
}

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const open = await clients.matchAll({type: 'window', includeUncontrolled: true});
    await keep([...new Set([LANGUAGES[0], ...open.map((page) => languageOf(page.url))])]);
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('frittfram-') && name !== CACHE) await caches.delete(name);
  })());
});

async function page(event, lang) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keep([LANGUAGES[0], lang]));
    return answer;
  } catch (fault) {
    // A till that may work without network keeps its own page (js/till.js); it holds nothing but the page.
    const till = await caches.match(new URL(event.request.url).pathname, {cacheName: 'till'});
    if (till) return till;
    for (const code of [lang, LANGUAGES[0]]) {
      const kept = await caches.match(SITE.offline[code], {cacheName: CACHE});
      if (kept) return kept;
    }
    throw fault;
  }
}

async function built(request) {
  const kept = await caches.match(request, {cacheName: CACHE}) ?? await caches.match(request, {cacheName: 'till'});
  if (kept) return kept;
  const answer = await fetch(request);
  // Their names change with their bytes, so one that is kept is never old.
  if (answer.ok && answer.type === 'basic') {
    const copy = answer.clone();
    caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => {});
  }
  return answer;
}

self.addEventListener('fetch', (event) => {
  const {request} = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith(SITE.built)) return event.respondWith(built(request));
  if (request.mode !== 'navigate') return;
  const lang = languageOf(request.url);
  if (LANGUAGES.includes(lang)) event.respondWith(page(event, lang));
  else if (url.pathname === '/') event.respondWith(page(event, LANGUAGES[0]));
});
