// "My area": a part of town or a postcode that the reader has chosen, kept in this browser and nowhere else. It leaves the
// device only as the parameter that stands in the address of a search the reader makes. On shared tablets (kiosk) nothing is kept.
const KEY = 'frittfram-area';
const SLUG = /^[\w-]{1,80}$/;

function read() {
  try {
    const {param, value, label} = JSON.parse(localStorage.getItem(KEY)) ?? {};
    const good = param === 'district' ? SLUG.test(value) : param === 'near' && typeof value === 'string' && value.length <= 120;
    return good && typeof label === 'string' && label ? {param, value, label: label.slice(0, 120)} : null;
  } catch {
    return null;
  }
}

function write(area) {
  try {
    if (area) localStorage.setItem(KEY, JSON.stringify(area));
    else localStorage.removeItem(KEY);
    return true;
  } catch {
    return false; // storage is switched off: then there is no area
  }
}

const same = (one, other) => one?.param === other.param && one.value === other.value;

export function startMyArea() {
  const shared = document.documentElement.classList.contains('kiosk') || new URLSearchParams(location.search).get('kiosk') === '1';
  if (shared || !write(read())) return;

  function show() {
    const area = read();
    for (const place of document.querySelectorAll('[data-keep-area]')) {
      place.hidden = false;
      const own = {param: place.dataset.keepArea, value: place.dataset.value};
      place.querySelector('button').setAttribute('aria-pressed', String(same(area, own)));
    }
    for (const place of document.querySelectorAll('[data-my-area]')) {
      const now = new URLSearchParams(location.search);
      const form = place.dataset.form && document.getElementById(place.dataset.form);
      form?.querySelector('[data-area-field]')?.remove();
      // Somebody who has asked for a place already is not asked again.
      const asked = !form && (now.has('district') || now.has('near'));
      const said = place.querySelector('[data-area-said]');
      const left = asked && place.contains(document.activeElement);
      for (const part of place.children) if (part !== said) part.hidden = !area || asked;
      place.hidden = !area && !said.textContent;
      // The chip that was pressed is gone; the count tells what it led to.
      if (left) document.querySelector('[data-live-focus]')?.focus({preventScroll: true});
      if (!area) continue;
      place.querySelector('[data-area-name]').textContent = area.label;
      const url = new URL(place.dataset.myArea, location.href);
      if (!form) for (const [name, value] of now) if (name !== 'page') url.searchParams.append(name, value);
      url.searchParams.append(area.param, area.value);
      place.querySelector('a').href = url;
      if (form) {
        const field = document.createElement('input');
        Object.assign(field, {type: 'hidden', name: area.param, value: area.value});
        field.dataset.areaField = '';
        form.append(field);
      }
    }
  }

  document.addEventListener('click', (event) => {
    const forget = event.target.closest?.('[data-forget-area]');
    if (forget) {
      const place = forget.closest('[data-my-area]');
      write(null);
      place.querySelector('[data-area-said]').textContent = place.dataset.forgotten;
      show();
      place.tabIndex = -1;
      place.focus();
      return;
    }
    const button = event.target.closest?.('[data-keep-area] button');
    if (!button) return;
    const place = button.closest('[data-keep-area]');
    const own = {param: place.dataset.keepArea, value: place.dataset.value, label: place.dataset.label};
    const had = same(read(), own);
    write(had ? null : own);
    place.querySelector('[role=status]').textContent = had ? place.dataset.forgotten : place.dataset.kept;
    show();
  });
  document.addEventListener('results-changed', show);
  addEventListener('storage', ({key}) => { if (key === KEY) show(); });
  show();
}
