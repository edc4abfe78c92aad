// The map behind one door: nothing else knows Leaflet. It repeats the list: every hit of the same query, clustered.
// No tile is asked for until the reader presses the button; until then the municipality's own outline is the ground.
import L from 'leaflet';
import 'leaflet.markercluster';

const DEFAULT_VIEW = [[58, 5], [62, 12]];

function icon(point) {
  return L.divIcon({className: `listing-${point.kind}`, html: `<span class="dot dot--${point.kind}"></span>`, iconSize: [34, 34], iconAnchor: [17, 32], popupAnchor: [0, -28]});
}

function disc(count, text) {
  const size = count < 10 ? 40 : count < 100 ? 46 : 54;
  const label = document.createElement('span');
  label.className = 'disc';
  label.append(String(count));
  const more = document.createElement('span');
  more.className = 'hidden-text';
  more.textContent = ` ${text}`;
  label.append(more);
  return L.divIcon({className: 'cluster', html: label, iconSize: [size, size]});
}

// When, where and what it costs, in words; asked for when somebody opens the popup. Things of other municipalities show their
// name alone: they are told of at their own address.
async function tellMore(point, box, endpoint) {
  if (!endpoint || box.dataset.told || !point.url.startsWith('/')) return;
  box.dataset.told = '1';
  const slug = point.url.replace(/\/+$/, '').split('/').pop();
  try {
    const url = new URL(`listings/${point.kind}/${slug}`, new URL(endpoint, location.href));
    url.searchParams.set('lang', document.documentElement.lang);
    const answer = await fetch(url);
    if (!answer.ok) return;
    const {in_short: words = {}} = await answer.json();
    for (const name of ['by', 'when', 'where', 'price']) {
      if (!words[name]) continue;
      const line = document.createElement('div');
      line.textContent = words[name];
      line.dir = 'auto';
      box.append(line);
    }
    return true;
  } catch {
    return false; // the name is enough
  }
}

function popup(point) {
  const box = document.createElement('div');
  const link = document.createElement('a');
  link.href = point.url;
  link.textContent = point.title;
  if (point.lang) link.lang = point.lang;
  link.dir = 'auto';
  box.append(link);
  return box;
}

// The name of a part of town, on the ground below the markers. The list says where things are; this is only to find one's way by eye.
function nameOnGround([lon, lat], name) {
  const label = document.createElement('span');
  label.textContent = name;
  label.dir = 'auto';
  label.setAttribute('aria-hidden', 'true');
  return L.marker([lat, lon], {icon: L.divIcon({className: 'ground-name', html: label, iconSize: [0, 0]}), pane: 'names', interactive: false, keyboard: false})
    .on('add', ({target}) => target.getElement().classList.remove('leaflet-marker-icon')); // it marks no listing
}

export function drawMap(place) {
  const words = place.dataset;
  const canvas = place.querySelector('.map__canvas');
  canvas.textContent = '';
  canvas.append(document.createElement('div'));
  const ground = canvas.firstChild;
  ground.style.setProperty('block-size', '100%');
  const map = L.map(ground, {scrollWheelZoom: false, maxZoom: 18, minZoom: 4, zoomControl: false, attributionControl: false});
  L.control.zoom({zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut, position: document.dir === 'rtl' ? 'topright' : 'topleft'}).addTo(map);
  map.fitBounds(DEFAULT_VIEW);
  // Names of parts of town, as many as fit without covering each other.
  const names = [];
  map.createPane('names').style.setProperty('z-index', '450');
  function sortNames() {
    const shown = [];
    for (const name of names) {
      const {x, y} = map.latLngToLayerPoint(name.getLatLng());
      const fits = map.getZoom() > 9 && shown.every((other) => Math.abs(other.x - x) > 110 || Math.abs(other.y - y) > 36);
      if (fits) shown.push({x, y});
      name.getElement()?.classList.toggle('is-crowded', !fits);
    }
  }
  map.on('zoomend', sortNames);
  const credit = L.control.attribution({prefix: false}).addTo(map);
  let outline;
  let tiles;

  if (words.outline) {
    fetch(words.outline).then((answer) => (answer.ok ? answer.json() : null)).then((shape) => {
      if (!shape?.features.length) return;
      const part = (name) => shape.features.filter(({properties}) => properties.part === name);
      outline = L.geoJSON([...part('beside'), ...part('own')], {interactive: false, style: ({properties}) => ({className: `outline outline--${properties.part}`})}).addTo(map).bringToBack();
      for (const {geometry, properties} of part('name')) names.push(nameOnGround(geometry.coordinates, properties.name).addTo(map));
      sortNames();
      if (!place.dataset.fitted) map.fitBounds(outline.getBounds(), {padding: [10, 10], animate: false});
    }).catch(() => {});
  }

  place.querySelector('[data-tiles]')?.addEventListener('click', (event) => {
    const button = event.currentTarget;
    if (tiles) {
      tiles.remove();
      tiles = null;
      credit.removeAttribution(button.dataset.credit);
    } else {
      tiles = L.tileLayer(button.dataset.tiles, {maxZoom: 18}).addTo(map);
      credit.addAttribution(button.dataset.credit);
    }
    place.classList.toggle('has-tiles', !!tiles);
    if (tiles && words.lat && map.getZoom() < 15) map.setZoom(15);
    button.setAttribute('aria-pressed', String(!!tiles));
  });

  map.on('popupopen', ({popup: opened}) => opened.getElement()?.querySelector('a')?.focus({preventScroll: true}));
  ground.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const from = open;
    map.closePopup();
    from?.getElement()?.focus();
  });
  let open;

  if (words.points) drawHits(); else drawOne();

  function drawOne() {
    const at = [Number(words.lat), Number(words.lon)];
    place.dataset.fitted = '1';
    if (words.radius) {
      // The position is only roughly known: an area, not a needle.
      const area = L.circle(at, {radius: Number(words.radius), className: 'about-here', interactive: false}).addTo(map);
      map.fitBounds(area.getBounds(), {padding: [20, 20], maxZoom: 13, animate: false});
    } else {
      map.setView(at, words.outline ? 12 : 15, {animate: false});
      L.marker(at, {icon: icon({kind: words.kind}), interactive: false, keyboard: false, alt: words.title}).addTo(map);
    }
  }

  function drawHits() {
    const markers = new Map();
    let layer;
    let byServer = false;
    let running;

    const lit = (id, on) => {
      const marker = markers.get(id);
      if (!marker) return;
      const shown = layer.getVisibleParent ? layer.getVisibleParent(marker) ?? marker : marker;
      shown.getElement?.()?.classList.toggle('is-lit', on);
    };
    const card = (id) => document.querySelector(`[data-listing="${CSS.escape(id)}"]`);
    for (const [on, events] of [[true, ['mouseover', 'focusin']], [false, ['mouseout', 'focusout']]]) {
      for (const name of events) document.addEventListener(name, (event) => {
        const from = event.target.closest?.('[data-listing]');
        if (from) lit(from.dataset.listing, on);
      });
    }

    async function load({fit}) {
      running?.abort();
      running = new AbortController();
      const url = new URL(words.points, location.href);
      for (const [name, value] of new URL(location.href).searchParams) if (!['page', 'sort'].includes(name)) url.searchParams.append(name, value);
      if (!fit) {
        const box = map.getBounds();
        url.searchParams.set('bbox', [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((side) => side.toFixed(5)).join(','));
      }
      url.searchParams.set('zoom', String(map.getZoom()));
      let answer;
      try {
        answer = await (await fetch(url, {signal: running.signal})).json();
      } catch {
        return;
      }
      draw(answer, fit);
    }

    function draw({points = [], clusters = []}, fit) {
      layer?.remove();
      markers.clear();
      byServer = clusters.length > 0;
      layer = byServer ? L.featureGroup() : L.markerClusterGroup({
        showCoverageOnHover: false, maxClusterRadius: 46, spiderfyOnMaxZoom: true, animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
        iconCreateFunction: (cluster) => disc(cluster.getChildCount(), words.here),
      });
      for (const point of points) {
        const marker = L.marker(point.point, {icon: icon(point), alt: point.title, title: point.title});
        marker.bindPopup(popup(point), {closeButton: false, maxWidth: 260, minWidth: 160});
        marker.on('popupopen', ({popup: opened}) => {
          open = marker;
          tellMore(point, opened.getContent(), words.points).then((more) => {
            if (!more) return;
            const focused = document.activeElement;
            const inside = opened.getContent().contains(focused);
            opened.update(); // takes the content out and puts it in again, and the keyboard with it
            if (inside) focused.focus({preventScroll: true});
          });
        });
        for (const [name, on] of [['mouseover', true], ['mouseout', false]]) marker.on(name, () => card(point.id)?.classList.toggle('is-lit', on));
        marker.on('add', () => {
          const element = marker.getElement();
          element?.setAttribute('aria-label', point.title);
          element?.addEventListener('focus', () => card(point.id)?.classList.add('is-lit'));
          element?.addEventListener('blur', () => card(point.id)?.classList.remove('is-lit'));
        });
        markers.set(point.id, marker);
        layer.addLayer(marker);
      }
      for (const cluster of clusters) {
        L.marker(cluster.point, {icon: disc(cluster.count, words.here), alt: `${cluster.count} ${words.here}`})
          .on('click', () => map.setView(cluster.point, Math.min(map.getZoom() + 2, 18))).addTo(layer);
      }
      layer.addTo(map);
      const all = [...points, ...clusters].map(({point}) => point);
      if (fit && all.length) {
        place.dataset.fitted = '1';
        map.fitBounds(L.latLngBounds(all), {padding: [30, 30], maxZoom: 15, animate: false});
      }
      place.querySelector('[data-map-count]')?.replaceChildren(String(points.length + clusters.reduce((sum, {count}) => sum + count, 0)));
    }

    map.on('moveend', () => { if (byServer) load({fit: false}); });
    document.addEventListener('results-changed', () => load({fit: true}));
    load({fit: true});
  }
}
