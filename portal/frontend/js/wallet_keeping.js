// So that cards are not lost or forgotten: own names, the link, the home screen, the calendar, a mark on the icon. All of it on the
// telephone; nobody is told, and nobody sends anything.
import {inGroups} from './wallet_keys.js';
import {forget, known, own, remember} from './wallet_store.js';

const SOON = 30 * 86400000; // milliseconds
const WARNED = ['-P14D', '-P3D']; // how long before the last day a calendar says so

/** The last days of cards as a file for a calendar. */
export function calendarOf(cards, words) {
  const plain = (text) => text.replace(/[\\;,]/g, (sign) => `\\${sign}`);
  const day = (text) => text.replace(/-/g, '');
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Frittfram//Kort//NO'];
  for (const {valid_to: last, name} of cards) {
    lines.push('BEGIN:VEVENT', `UID:${crypto.randomUUID()}`, `DTSTAMP:${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`);
    lines.push(`DTSTART;VALUE=DATE:${day(last)}`, `SUMMARY:${plain(`${words}: ${name}`)}`, 'TRANSP:TRANSPARENT');
    for (const before of WARNED) lines.push('BEGIN:VALARM', 'ACTION:DISPLAY', `DESCRIPTION:${plain(words)}`, `TRIGGER:${before}`, 'END:VALARM');
    lines.push('END:VEVENT');
  }
  return [...lines, 'END:VCALENDAR', ''].join('\r\n');
}

function save(name, body) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([body], {type: 'text/calendar'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function startKeeping(page, {secret, text, transfer, takeOff, redraw, nameOf}) {
  const find = (name) => page.querySelector(`[data-${name}]`);
  const cards = () => known(secret)?.cards ?? [];
  let prompt = null;

  // ── to the home screen ─────────────────────────────────────────────────────────────────────────────────────
  const installed = matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;
  if (installed) navigator.storage?.persist?.().catch(() => {});
  find('fresh').hidden = installed || !own().fresh || own().secret !== secret;
  find('ios').hidden = !('standalone' in navigator);
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    prompt = event;
    find('install').hidden = false;
  });
  find('install').addEventListener('click', () => prompt?.prompt());
  find('kept').addEventListener('click', () => {
    remember({fresh: false});
    find('fresh').hidden = true;
    page.querySelector('h1').focus();
  });

  // ── the link ───────────────────────────────────────────────────────────────────────────────────────────────
  const link = find('own-link');
  link.value = secret ? `${location.origin}${page.dataset.scope}#${secret}` : '';
  find('copy-link').addEventListener('click', async () => {
    link.select();
    await navigator.clipboard.writeText(link.value).catch(() => document.execCommand('copy'));
    find('copied').textContent = text('copied');
  });
  const sure = find('forget-sure');
  find('forget').addEventListener('click', () => { sure.hidden = false; find('forget-no').focus(); });
  find('forget-no').addEventListener('click', () => { sure.hidden = true; find('forget').focus(); });
  find('forget-yes').addEventListener('click', () => {
    forget();
    navigator.clearAppBadge?.().catch(() => {});
    location.replace(`${page.dataset.scope}?lang=${page.dataset.lang}`);
  });

  // ── reminders ──────────────────────────────────────────────────────────────────────────────────────────────
  find('calendar').addEventListener('click', () => {
    const alive = cards().filter((card) => !card.over).map((card) => ({...card, name: nameOf(card.number)}));
    save('kort.ics', calendarOf(alive, text('calendar')));
  });
  const box = find('mark');
  find('mark-row').hidden = !('setAppBadge' in navigator);
  box.checked = Boolean(own().mark);
  function mark() {
    const soon = cards().filter((card) => !card.over && Date.parse(card.valid_to) - Date.now() < SOON).length;
    const change = own().mark && soon ? navigator.setAppBadge?.(soon) : navigator.clearAppBadge?.();
    change?.catch(() => {});
  }
  box.addEventListener('change', async () => {
    remember({mark: box.checked});
    // Some telephones allow the mark only with this leave; no message is ever sent.
    if (box.checked && 'standalone' in navigator) await globalThis.Notification?.requestPermission?.();
    mark();
  });

  // ── one card ───────────────────────────────────────────────────────────────────────────────────────────────
  function manage(card) {
    const one = document.querySelector('[data-manage-one]').content.cloneNode(true).firstElementChild;
    const part = (name) => one.querySelector(`[data-${name}]`);
    const status = part('manage-status');
    part('manage-title').textContent = `${card.name} · ${inGroups(card.number)}`;
    part('manage-name').value = own().names?.[card.number] ?? '';
    part('manage-name').addEventListener('input', (event) => {
      remember({names: {...own().names, [card.number]: event.target.value.trim()}});
      redraw();
    });
    part('manage-transfer').hidden = card.over;
    part('manage-transfer').addEventListener('click', () => transfer(card.number, status));
    part('manage-off').addEventListener('click', () => { part('off-sure').hidden = false; part('off-no').focus(); });
    part('off-no').addEventListener('click', () => { part('off-sure').hidden = true; part('manage-off').focus(); });
    part('off-yes').addEventListener('click', () => { part('off-sure').hidden = true; takeOff(card.number, status); });
    return one;
  }

  return {
    /** What hangs on which cards there are. */
    tell() {
      const list = find('manage-list');
      const numbers = cards().map((card) => card.number).join();
      find('manage').hidden = !numbers;
      if (list.dataset.numbers !== numbers) {
        list.dataset.numbers = numbers;
        list.replaceChildren(...cards().map(manage));
      }
      mark();
    },
  };
}
