// Whether a card may be used for an offer now: the twin of cards/offers/rules.py for the telephone, which only shows; the server
// decides. Takes what card_facts and offer_facts say, and returns a reason (WhyNot) or null. Tests run one table through both.
const WALL = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Oslo', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
});

// The clock on the wall in Oslo: the day as 2027-02-28, its weekday 1 Monday … 7 Sunday, minutes after midnight.
export function wallClock(at) {
  const part = Object.fromEntries(WALL.formatToParts(at).map(({type, value}) => [type, value]));
  const day = `${part.year.padStart(4, '0')}-${part.month}-${part.day}`;
  return {day, weekday: weekdayOf(day), minute: Number(part.hour) * 60 + Number(part.minute)};
}

const weekdayOf = (day) => new Date(`${day}T12:00:00Z`).getUTCDay() || 7;

const minutes = (clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

// Days of every year ("06-15" to "08-15", also over New Year) or of one.
function within(day, [first, last]) {
  const text = first.length === 5 ? day.slice(5) : day;
  return first <= last ? first <= text && text <= last : text >= first || text <= last;
}

const hoursOn = (conditions, weekday) => conditions.hours ? conditions.hours[weekday] ?? [] : [['00:00', '24:00']];

const inSeason = (conditions, day) => !conditions.only || conditions.only.some((days) => within(day, days));

const blackedOut = (conditions, day) => (conditions.never ?? []).some((days) => within(day, days));

function fits(conditions, card) {
  return (conditions.age_from ?? 0) <= (card.age_to ?? 999) && (card.age_from ?? 0) <= (conditions.age_to ?? 999);
}

export function clipsFor(offer, count, people) {
  return count + Math.max(0, people - 1) * offer.companion_clips;
}

export function whyNotCard(card, day) {
  if (card.state === 'revoked') return 'revoked';
  if (card.state === 'suspended') return 'suspended';
  if (!card.year_open || day > card.year_closes) return 'year_closed';
  if (day < card.opens) return 'not_open_yet';
  if (day > card.valid_to) return 'expired';
  return card.state === 'issued' && day > card.activate_by ? 'lapsed' : null;
}

export function whyNotOffer(offer, day) {
  if (!offer.open || day > offer.to) return 'offer_closed';
  return day < offer.from ? 'not_open_yet' : null;
}

export function whyNotNow(conditions, at) {
  const {day, weekday, minute} = wallClock(at);
  if (blackedOut(conditions, day)) return 'black_out';
  if (!inSeason(conditions, day)) return 'wrong_season';
  const spans = hoursOn(conditions, weekday);
  if (!spans.length) return 'wrong_day';
  return spans.some(([from, until]) => minutes(from) <= minute && minute < minutes(until)) ? null : 'wrong_time';
}

export function whyNot(card, offer, at, {clips = 1, people = 1} = {}) {
  const {day} = wallClock(at);
  const {conditions} = offer;
  const early = whyNotCard(card, day) ?? whyNotOffer(offer, day);
  if (early) return early;
  if (card.left === null) return 'not_on_card';
  if (clips < 1 || people < 1) return 'nothing_asked';
  if (!fits(conditions, card)) return 'age';
  const moment = whyNotNow(conditions, at);
  if (moment) return moment;
  if (people > 1 + offer.companions) return 'too_many_people';
  if (card.left < clips) return card.left < 1 ? 'exhausted' : 'too_few_left';
  const counted = card.unit === 'clip' ? clips : 1;
  if (conditions.most_per_visit !== undefined && counted > conditions.most_per_visit) return 'per_visit';
  if (conditions.most_per_day !== undefined && card.used_today + counted > conditions.most_per_day) return 'per_day';
  return offer.offer_left !== null && counted > offer.offer_left ? 'offer_exhausted' : null;
}

// The first day from now on that the offer is open, with hours not over yet; null where there is none to come.
export function nextDay(card, offer, at) {
  const {day: today, minute} = wallClock(at);
  const last = card.valid_to < offer.to ? card.valid_to : offer.to;
  let day = today > offer.from ? today : offer.from;
  for (let number = 0; number < 400 && day <= last; number += 1) {
    const spans = hoursOn(offer.conditions, weekdayOf(day));
    const open = spans.length && inSeason(offer.conditions, day) && !blackedOut(offer.conditions, day);
    if (open && (day > today || spans.some(([, until]) => minute < minutes(until)))) return day;
    day = new Date(Date.parse(`${day}T12:00:00Z`) + 86400000).toISOString().slice(0, 10);
  }
  return null;
}
