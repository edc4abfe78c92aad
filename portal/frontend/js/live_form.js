// Filters without reload: on change the form's own address is fetched and the parts marked data-swap are exchanged.
// The element with role=status stays the same node, so that the new count is spoken. Any fault falls back to a full load.
const WIDE = matchMedia('(min-width: 68.75rem)');

/** The form's address, without empty fields. */
function address(form) {
  const url = new URL(form.action, location.href);
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string' && value.trim()) fields.append(name, value.trim());
  if (!fields.has('near')) fields.delete('within');
  url.search = fields.toString();
  url.hash = '';
  return url;
}

function openIds(root) {
  return new Map([...root.querySelectorAll('details[id]')].map((details) => [details.id, details.open]));
}

function exchange(page) {
  const focused = document.activeElement?.id;
  for (const place of document.querySelectorAll('[data-swap]')) {
    const fresh = page.querySelector(`[data-swap="${place.dataset.swap}"]`);
    if (!fresh) throw new Error('the answer lacks a part');
    const open = openIds(place);
    place.replaceChildren(...fresh.childNodes);
    for (const [id, state] of open) {
      const details = document.getElementById(id);
      if (details) details.open = state;
    }
  }
  document.title = page.title;
  if (focused) document.getElementById(focused)?.focus({preventScroll: true});
  const spoken = page.querySelector('[data-spoken]');
  const status = document.querySelector('[data-spoken]');
  if (spoken && status) status.textContent = spoken.textContent;
}

export function startLiveForm() {
  const form = document.querySelector('form[data-live]');
  if (!form) return;
  const region = document.querySelector('[data-live-region]') ?? form;
  let running;

  async function load(url, {push}) {
    running?.abort();
    running = new AbortController();
    const mine = running;
    region.setAttribute('data-live-busy', '');
    try {
      const answer = await fetch(url, {signal: mine.signal, headers: {Accept: 'text/html'}, credentials: 'same-origin'});
      if (!answer.ok || !(answer.headers.get('Content-Type') ?? '').startsWith('text/html')) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (mine.signal.aborted) return;
      if (push) history.pushState(null, '', url);
      exchange(page);
      document.dispatchEvent(new CustomEvent('results-changed'));
    } catch (fault) {
      if (fault.name === 'AbortError') return;
      location.assign(url);
    } finally {
      if (running === mine) region.removeAttribute('data-live-busy');
    }
  }

  document.addEventListener('change', (event) => {
    if (event.target.form !== form || event.target.matches('[data-live-wait]')) return;
    load(address(form), {push: true});
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    load(address(form), {push: true});
  });
  // Chips and page numbers are plain links to the same page.
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[data-live-link]');
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    load(new URL(link.href), {push: true}).then(() => {
      if (!document.contains(link)) (document.querySelector('[data-live-focus]') ?? form).focus({preventScroll: !link.matches('[rel=next],[rel=prev],.page')});
      if (link.matches('[rel=next],[rel=prev],.page')) document.querySelector('[data-live-focus]')?.scrollIntoView();
    });
  });
  addEventListener('popstate', () => load(new URL(location.href), {push: false}));

  // A details element that is always open where there is room for it.
  const panel = document.querySelector('details.filters');
  const fit = () => { if (panel && WIDE.matches) panel.open = true; };
  WIDE.addEventListener('change', fit);
  fit();
}
