// What the telephone remembers, at this site's address and nowhere else: the secret, the language, own names of cards, and how
// the cards were when they were last asked for. A browser that keeps nothing still works as long as the page is open.
const OWN = 'wallet';
const KNOWN = 'wallet-known';
const beside = new Map();
const ofOthers = new Map();

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    return beside.get(key) ?? null;
  }
}

function write(key, value) {
  beside.set(key, value);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch { /* for as long as the page is open */ }
}

export const own = () => read(OWN) ?? {};
export const remember = (facts) => write(OWN, {...own(), ...facts});
/** How the cards of a secret were when they were last asked for: {at, offset, html, cards}. Those of another one's link are not
 * kept beyond the page. */
export function known(secret) {
  const kept = read(KNOWN);
  return kept?.secret === secret ? kept : ofOthers.get(secret) ?? null;
}
export function keepKnown(secret, facts) {
  if (secret === own().secret) write(KNOWN, facts && {secret, ...facts});
  else ofOthers.set(secret, facts);
}

export function forget() {
  const {lang} = own();
  write(KNOWN, null);
  write(OWN, lang ? {lang} : null);
}

/** The texts of a page, by their names. */
export function textsOf(page) {
  const texts = Object.fromEntries([...page.querySelectorAll('[data-text]')].map((one) => [one.dataset.text, one.textContent.trim()]));
  return (name) => texts[name] ?? '';
}

/** The language chosen here before. False where the page is left for that of another language. */
export function startLanguages() {
  for (const link of document.querySelectorAll('[data-language]')) {
    link.addEventListener('click', (event) => {
      remember({lang: link.dataset.language});
      event.preventDefault();
      location.assign(link.getAttribute('href') + location.hash);
    });
  }
  const {lang} = own();
  const link = lang && document.querySelector(`[data-language="${CSS.escape(lang)}"]:not([aria-current])`);
  if (!link || new URLSearchParams(location.search).has('lang')) return true;
  location.replace(link.getAttribute('href') + location.hash);
  return false;
}
