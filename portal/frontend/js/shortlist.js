// A list of things to try stands in the address (`?l=a12-p3`); words of one's own about them behind its `#` (`#w=…`), which no
// server is sent. The server writes the list into the links of a page; here links made by script get it, and the words go along.
const WORDS = /^w=([\w-]+)$/;
const REF = /^[aops][1-9]\d{0,11}$/;
const PAGE = /^\/[a-z]{2}\/(?!(?:desk|till|embed)\/)(?:.*\/)?$/;

const decode = (text) => new TextDecoder().decode(Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0)));
const encode = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

/** One line without invisible signs, as the server has it (words.py). */
export function clean(text, longest = 200) {
  return [...text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]|(?![\u200c\u200d])\p{Cf}/gu, ' ').replace(/\s+/gu, ' ').trim()].slice(0, longest).join('');
}

/** The words a fragment holds; none where it makes no sense. */
export function read(hash) {
  const found = hash.replace(/^#/, '').split('&').map((part) => WORDS.exec(part)).find(Boolean);
  const words = new Map();
  if (!found || found[1].length > 30000) return words;
  try {
    const said = JSON.parse(decode(found[1]));
    for (const [ref, value] of Object.entries(said)) {
      const text = REF.test(ref) && typeof value === 'string' ? clean(value) : '';
      if (text) words.set(ref, text);
    }
  } catch { /* not ours */ }
  return words;
}

export const write = (words) => (words.size ? `w=${encode(JSON.stringify(Object.fromEntries(words)))}` : '');

const anchorIn = (hash) => hash.replace(/^#/, '').split('&').find((part) => part && !part.includes('=')) ?? '';
const together = (anchor, behind) => (anchor || behind ? `#${[anchor, behind].filter(Boolean).join('&')}` : '');

export function startShortlist() {
  const list = new URLSearchParams(location.search).get('l') ?? '';
  const page = document.querySelector('[data-shortlist]');
  const words = read(location.hash);
  startHandOver();
  if (!list) return;
  const onList = new Set(list.split('-'));
  const kept = () => write(new Map([...words].filter(([ref]) => onList.has(ref))));

  // Where a link to a part of the page was followed, the words come back into the address.
  const restore = () => {
    const hash = together(anchorIn(location.hash), kept());
    if (location.hash !== hash) history.replaceState(history.state, '', location.pathname + location.search + hash);
  };
  const anchor = anchorIn(location.hash);
  if (anchor && words.size) document.getElementById(anchor)?.scrollIntoView();
  addEventListener('hashchange', restore);
  document.addEventListener('results-changed', restore);

  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href], area[href]');
    if (!link || link.getAttribute('href').startsWith('#')) return;
    let url;
    try { url = new URL(link.href, location.href); } catch { return; }
    if (url.origin !== location.origin || !PAGE.test(url.pathname)) return;
    if (!url.searchParams.has('l')) url.searchParams.set('l', list);
    const left = new Set((url.searchParams.get('l') ?? '').split('-'));
    const behind = write(new Map([...words].filter(([ref]) => left.has(ref))));
    url.hash = together(anchorIn(url.hash), behind);
    if (link.href !== url.href) link.href = url.href;
  }, {capture: true});

  if (page) startPage(page, words, kept);
}

/** The list's own page: fields for words, and the address and the code that follow them. */
function startPage(page, words, kept) {
  const address = page.querySelector('[data-address]');
  const share = page.querySelector('[data-list-share]');
  const code = page.querySelector('[data-code]');
  const whole = page.querySelector('[data-code-whole]');
  const short = page.querySelector('[data-code-short]');
  const longest = Number(page.dataset.longest);
  let drawn = 0;

  const draw = async () => {
    const behind = kept();
    const tooLong = Boolean(behind) && `${address?.dataset.address ?? ''}#${behind}`.length > Number(page.dataset.longestInQr);
    whole.hidden = tooLong;
    short.hidden = !tooLong;
    const mine = ++drawn;
    if (!behind || tooLong) {
      code.src = page.dataset.qr;
      return;
    }
    try {
      const answer = await fetch(page.dataset.qr, {method: 'POST', body: new URLSearchParams({words: behind}), credentials: 'omit'});
      if (!answer.ok) throw new Error(String(answer.status));
      const picture = `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
      if (mine === drawn) code.src = picture;
    } catch {
      if (mine !== drawn) return;
      code.src = page.dataset.qr;
      whole.hidden = true;
      short.hidden = false;
    }
  };
  const follow = () => {
    const behind = kept();
    const hash = together('', behind);
    if (location.hash !== hash) history.replaceState(history.state, '', location.pathname + location.search + hash);
    if (address) {
      // What the server wrote may hold words already (sent without script).
      address.dataset.address = address.dataset.address.split('#')[0];
      address.value = address.dataset.address + hash;
      share?.setAttribute('data-share', address.value);
    }
  };
  const say = (ref) => {
    const line = page.querySelector(`[data-said="${ref}"]`);
    if (!line) return;
    line.textContent = words.get(ref) ?? '';
    line.hidden = !words.has(ref);
  };

  for (const field of page.querySelectorAll('[data-word]')) {
    const ref = field.dataset.word;
    if (words.has(ref)) field.value = words.get(ref);
    else if (field.value) words.set(ref, clean(field.value, longest));
    say(ref);
    let waiting;
    field.addEventListener('input', () => {
      const text = clean(field.value, longest);
      if (text) words.set(ref, text);
      else words.delete(ref);
      say(ref);
      clearTimeout(waiting);
      waiting = setTimeout(() => { follow(); draw(); }, 400);
    });
    // Whoever goes on at once takes the words along.
    field.addEventListener('change', follow);
  }
  if (!page.querySelector('[data-word]')) for (const ref of words.keys()) say(ref);
  if (words.size) { follow(); draw(); }
}

/** A hand-over that somebody else has filled in stands behind the `#`: put it into the form, and go on where nothing is missing. */
function startHandOver() {
  const form = document.querySelector('[data-hand-over]');
  const found = /^#d=([\w-]{1,4000})$/.exec(location.hash);
  if (!form || !found) return;
  let said;
  try { said = JSON.parse(decode(found[1])); } catch { return; }
  if (!said || typeof said !== 'object') return;
  for (const field of form.querySelectorAll('[data-draft]')) {
    const value = said[field.dataset.draft];
    if (typeof value !== 'string') continue;
    if (field.type === 'radio') field.checked = field.value === value;
    else field.value = value;
  }
  document.querySelector('[data-from-code]')?.removeAttribute('hidden');
  for (const part of form.querySelectorAll('[data-make-code]')) part.hidden = true;
  history.replaceState(history.state, '', location.pathname + location.search);
  if (form.checkValidity()) form.requestSubmit(form.querySelector('[data-go-on]'));
}
