// A kiosk: the page asks "are you still there?" after a while without a touch and then starts over for the next person.
// The server writes the mode into every link; links made by script (on the map, among suggestions) get it here.
const IDLE = 90; // seconds without a touch
const ANSWER = 30; // seconds to answer
const TOUCHES = ['pointerdown', 'keydown', 'wheel', 'touchstart', 'input'];

/** Where a link leads to with the mode in it; nothing where it leaves the public pages. */
export function inside(href, here = location) {
  let url;
  try { url = new URL(href, here.href); } catch { return null; }
  if (url.origin !== here.origin || !/^\/[a-z]{2}\/(.*\/)?$/.test(url.pathname)) return null;
  url.searchParams.set('kiosk', '1');
  return url;
}

function forget() {
  try {
    sessionStorage.clear();
    localStorage.clear();
  } catch { /* storage may be closed to us: then nothing stands there */ }
}

export function startKiosk({idle = IDLE, answer = ANSWER} = {}) {
  const question = document.getElementById('kiosk-question');
  if (!question) return;
  const {home} = question.dataset;
  const seconds = question.querySelector('[data-seconds]');
  const said = question.querySelector('[data-said]');
  let touched = Date.now();
  let asked = 0;
  let used = location.search !== new URL(home, location.href).search || location.pathname !== new URL(home, location.href).pathname;

  const startOver = () => {
    forget();
    location.replace(home);
  };
  const stay = () => {
    asked = 0;
    touched = Date.now();
    if (question.open) question.close();
  };
  const tick = () => {
    const now = Date.now();
    if (!asked) {
      if (now - touched < idle * 1000) return;
      if (!used) { touched = now; return; } // an untouched front page has nothing to start over
      asked = now;
      if (!question.open) question.showModal();
      said.textContent = `${said.dataset.words} ${answer}`;
    }
    const left = Math.max(0, Math.ceil(answer - (now - asked) / 1000));
    seconds.textContent = String(left);
    if (left === 10) said.textContent = `${said.dataset.words} 10`;
    if (!left) startOver();
  };

  for (const kind of TOUCHES) {
    document.addEventListener(kind, () => {
      used = true;
      if (!asked) touched = Date.now();
    }, {capture: true, passive: true});
  }
  question.addEventListener('cancel', stay); // the Escape key
  question.querySelector('[data-stay]').addEventListener('click', stay);
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href], area[href]');
    if (!link) return;
    if (link.matches('[data-kiosk-start]')) {
      event.preventDefault();
      return startOver();
    }
    if (link.getAttribute('href').startsWith('#')) return;
    const there = inside(link.href);
    if (!there) event.preventDefault();
    else if (link.href !== there.href) link.href = there.href;
    link.removeAttribute('target');
  }, {capture: true});
  for (const kind of ['contextmenu', 'dragstart']) document.addEventListener(kind, (event) => event.preventDefault());
  // A page brought back by the browser's own "back" may be the one of somebody else.
  addEventListener('pageshow', (event) => { if (event.persisted) stay(); });
  setInterval(tick, 500);
  question.dataset.watching = ''; // for tests, whose clock would else be ahead of ours
}
