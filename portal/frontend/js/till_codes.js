// What was scanned or typed: a printed code, a telephone's rotating picture, or neither.
import {readCode, stepOf} from './wallet_keys.js';

const ROTATING = /^FF1\.([0-9A-HJKMNP-TV-Z]{8})\.([0-9]{1,11})\.[0-9A-HJKMNP-TV-Z]{8}$/;
const STEPS_OFF = 1;

/** {card, text, step}: `card` tells one card from another on this till; null where it is no card's code. */
export function cardIn(text) {
  const plain = text.trim();
  const picture = ROTATING.exec(plain);
  if (picture) return {card: picture[1], text: plain, step: Number(picture[2])};
  const code = readCode(plain);
  return code && {card: code, text: code, step: null};
}

export const isFresh = (step, at) => step === null || Math.abs(step - stepOf(at)) <= STEPS_OFF;

/** What the server is asked for a card, now or when there is network again: the same, so that it is known again. */
export function askedOf({key, found, offer, people, amount}) {
  const asked = {key, code: found.text, offer: offer.id, count: 1, people};
  return amount ? {...asked, amount_ore: amount} : asked;
}

/** Signs of a code in what was typed so far, in groups of four; other texts stay as they are. */
export function grouped(typed) {
  const plain = typed.replace(/[\s-]/g, '');
  if (!/^[0-9a-z]{0,16}$/i.test(plain)) return typed;
  return (plain.toUpperCase().match(/.{1,4}/g) ?? []).join('-');
}

export const signsIn = (typed) => typed.replace(/[\s-]/g, '').length;
