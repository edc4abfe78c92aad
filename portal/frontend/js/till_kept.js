// What the till keeps in the browser: its token and what was chosen; and, where it may work without network, what waits to be told
// and what was said of it. Nothing of it is sent anywhere but to our own server.
const NAME = 'till';
const NEVER = {get: () => '', set: () => false, drop: () => {}};

export const kept = (() => {
  try {
    localStorage.setItem('till-test', '1');
    localStorage.removeItem('till-test');
  } catch { return NEVER; }
  return {
    get: (name) => localStorage.getItem(`till-${name}`) ?? '',
    set: (name, value) => { localStorage.setItem(`till-${name}`, value); return true; },
    drop: (name) => localStorage.removeItem(`till-${name}`),
  };
})();

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('waiting', {keyPath: 'sequence'});
      asked.result.createObjectStore('told', {keyPath: 'sequence'});
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(stores, mode, deed) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(stores, mode);
      let asked;
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      asked = deed(...stores.map((name) => transaction.objectStore(name)));
    });
  } finally {
    base.close();
  }
}

export const queue = {
  /** In the order in which they were taken. */
  waiting: () => within(['waiting'], 'readonly', (waiting) => waiting.getAll()),
  told: () => within(['told'], 'readonly', (told) => told.getAll()),
  /** Only kept once it is on the disk: who hears "let in" may switch the till off. */
  add: (claim) => within(['waiting'], 'readwrite', (waiting) => waiting.add(claim)),
  drop: (sequence) => within(['waiting'], 'readwrite', (waiting) => waiting.delete(sequence)),
  /** What was said of a claim takes its place; its card is forgotten. */
  settle: (claim, said) => within(['waiting', 'told'], 'readwrite', (waiting, told) => {
    waiting.delete(claim.sequence);
    return told.put({sequence: claim.sequence, title: claim.title, people: claim.people, at: claim.at, ...said});
  }),
  forgetTold: () => within(['told'], 'readwrite', (told) => told.clear()),
};

/** One higher each time, also after the browser was closed. */
export function nextSequence() {
  const next = Number(kept.get('sequence') || 0) + 1;
  kept.set('sequence', String(next));
  return next;
}
