// Uses taken without network: how many wait, telling them in the order in which they were taken, and what was said of each.
// Only where the agreement allows it. The rules are the server's (cards/offers/telling.py); here only what spares a "no" later.
import {wallClock} from './card_conditions.js';
import {tell} from './till_api.js';
import {askedOf} from './till_codes.js';
import {nextSequence, queue} from './till_kept.js';
import {part, peopleWords, reasons, said, waitingWords, write} from './till_screen.js';

const MOST_A_DAY = 50;
const AT_ONCE = 20;
const EVERY = 60_000; // milliseconds between two tries

export function makeWaiting({token, address, onStopped, onTold}) {
  let telling = false;
  let begun = false;

  async function count() {
    return (await queue.waiting().catch(() => [])).length;
  }

  async function show() {
    const number = await count();
    part('waiting').hidden = !number;
    part('waiting').querySelector('span').textContent = waitingWords(number);
    const told = await queue.told().catch(() => []);
    part('told').hidden = !told.length;
    part('told').querySelector('ul').replaceChildren(...told.map((one) => {
      const line = document.createElement('li');
      const title = document.createElement('span');
      write(title, one.title);
      const state = one.state === 'ok' ? said.told_ok : one.state === 'disputed' ? said.told_wait : said.told_no;
      const why = one.state === 'ok' ? '' : ` – ${reasons[one.reason] ?? one.message ?? ''}`;
      const text = document.createElement('span');
      text.append(`${new Date(one.at).toTimeString().slice(0, 5)} `, title, ` · ${one.people} · ${state}${why}`);
      line.append(text);
      return line;
    }));
  }

  async function tellAll() {
    if (telling || !token() || !(await count())) return;
    telling = true;
    try {
      for (let claims = await queue.waiting(); claims.length; claims = await queue.waiting()) {
        const some = claims.slice(0, AT_ONCE);
        const body = {claims: some.map(({claim}) => claim)};
        const {status, body: answer} = await tell(address, {token: token(), body});
        if (status === 401) return onStopped();
        if (status !== 200) return;
        const results = new Map((answer.results ?? []).map((one) => [one.key, one]));
        const answered = some.filter(({claim}) => results.has(claim.key));
        if (!answered.length) return;
        for (const one of answered) {
          const {status: state, reason = '', message = ''} = results.get(one.claim.key);
          await queue.settle(one, {state, reason, message});
        }
      }
    } catch { /* they wait on */ } finally {
      telling = false;
      await show();
      onTold();
    }
  }

  return {
    count,
    async start() {
      await show();
      tellAll();
      if (begun) return;
      begun = true;
      addEventListener('online', tellAll);
      setInterval(async () => (await count()) && tellAll(), EVERY);
      part('tell').addEventListener('click', tellAll);
      part('clear-told').addEventListener('click', async () => {
        await queue.forgetTold();
        show();
      });
    },
    /** Take one back of which nobody was told. False where it is on its way, or has been told. */
    async drop(key) {
      if (telling) return false;
      telling = true;
      try {
        const one = (await queue.waiting()).find(({claim}) => claim.key === key);
        if (one) await queue.drop(one.sequence);
        return Boolean(one);
      } finally {
        telling = false;
        await show();
      }
    },
    /** What the server would not take either. */
    async whyNot({found, offer}, day) {
      const claims = await queue.waiting();
      if (claims.some((one) => one.card === found.card && one.offer === offer.id)) return 'told_twice';
      return claims.filter((one) => wallClock(one.at).day === day).length >= MOST_A_DAY ? 'told_many' : null;
    },
    async add({found, offer, people, ...attempt}, {at, seenAt}) {
      const sequence = nextSequence();
      const claim = {...askedOf({found, offer, people, ...attempt}), number: sequence, at: new Date(at).toISOString(), knew: seenAt};
      await queue.add({sequence, claim, card: found.card, offer: offer.id, title: offer.title, people: peopleWords(offer, people), at});
      await show();
    },
  };
}
