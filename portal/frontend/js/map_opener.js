// Opens a map where the page has a place for one: at once where there is room beside the list, else when asked.
// Leaflet and its stylesheet are fetched only then.
const WIDE = matchMedia('(min-width: 68.75rem)');

function style(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = link.onerror = done;
    document.head.append(link);
  });
}

async function open(place) {
  if (place.dataset.opened) return;
  place.dataset.opened = '1';
  place.classList.add('is-open');
  const [{drawMap}] = await Promise.all([import('./map.js'), style(place.dataset.mapStyle)]);
  drawMap(place);
}

export function startMapOpeners() {
  for (const place of document.querySelectorAll('[data-map]')) {
    if (place.dataset.map === 'now') {
      // A listing's own little map waits until it is about to be seen.
      new IntersectionObserver((entries, observer) => {
        if (entries.some((entry) => entry.isIntersecting)) { observer.disconnect(); open(place); }
      }, {rootMargin: '300px'}).observe(place);
    } else {
      const fit = () => WIDE.matches && open(place);
      WIDE.addEventListener('change', fit);
      fit();
    }
  }
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-open-map]');
    if (!button) return;
    const place = document.getElementById(button.dataset.openMap);
    if (!place) return;
    const shown = place.classList.contains('is-open') && place.dataset.opened;
    if (shown) place.classList.remove('is-open');
    else { place.classList.add('is-open'); open(place); }
    button.setAttribute('aria-expanded', String(!shown));
    if (!shown) place.scrollIntoView({block: 'start'});
  });
}
