// The service worker. The server writes SITE before it: {version, files, offline: {language: path}, built}.
// Kept: the built files and the offline page in each language. Not kept: anything somebody has read or looked for.
// Addresses without a language (/cms, /api, /w, /k …) are none of its business.
const CACHE = `frittfram-${SITE.version}`;
const LANGUAGES = Object.keys(SITE.offline);

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...SITE.files, ...Object.values(SITE.offline)].map((url) => new Request(url, {credentials: 'omit'})));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('frittfram-') && name !== CACHE) await caches.delete(name);
  })());
});

async function page(request, lang) {
  try {
    return await fetch(request);
  } catch (fault) {
    const kept = await caches.match(SITE.offline[lang], {cacheName: CACHE});
    if (kept) return kept;
    throw fault;
  }
}

async function built(request) {
  const kept = await caches.match(request, {cacheName: CACHE});
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
  const lang = url.pathname.split('/')[1];
  if (LANGUAGES.includes(lang)) event.respondWith(page(request, lang));
  else if (url.pathname === '/') event.respondWith(page(request, LANGUAGES[0]));
});
