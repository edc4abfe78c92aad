// What a telephone makes of its secret, with the browser's own cryptography alone: the twin of cards/ledger/codes.py, where the
// forms are written down. One table is run through both (tests/portal/wallet/test_keys.py).
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 16;
const SECRET_LENGTH = 26;
export const STEP_SECONDS = 30;

const valuesOf = (text) => [...text].map((letter) => ALPHABET.indexOf(letter));
const textOf = (values) => values.map((value) => ALPHABET[value]).join('');

// A weighted sum over GF(32), x⁵+x²+1, in Horner's form; nought for a right text.
function sum(values) {
  return values.reduce((total, value) => {
    const doubled = total << 1;
    return (doubled & 32 ? doubled ^ 0b100101 : doubled) ^ value;
  }, 0);
}

/** Capitals of the alphabet only; empty where something else stands in the text. */
function normalised(text) {
  const plain = text.replace(/[ \-\t\r\n\u00a0\u2010-\u2014]/g, '').replace(/[il]/gi, '1').replace(/o/gi, '0').toUpperCase();
  return text.length <= 100 && valuesOf(plain).every((value) => value >= 0) ? plain : '';
}

/** A printed code in its one form, from what was typed or from the address of a picture; null where it cannot be a code. */
export function readCode(text) {
  const address = text.slice(0, 300);
  const code = normalised(address.slice(address.indexOf('#') + 1));
  return code.length === CODE_LENGTH && sum(valuesOf(code)) === 0 ? code : null;
}

export const inGroups = (code) => code.match(/.{1,4}/g).join('-');

const checkBits = (values) => sum([...values.slice(0, -1), values[values.length - 1] & 0b11100, 0]) & 0b11;

/** A new secret: 128 random bits and two that tell a slip. */
export function newSecret() {
  const bits = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const values = `${bits}00`.match(/.{5}/g).map((five) => parseInt(five, 2));
  values[SECRET_LENGTH - 1] |= checkBits(values);
  return textOf(values);
}

/** A wallet's secret in its one form; null where it cannot be one. */
export function readSecret(text) {
  const secret = normalised(text);
  const values = valuesOf(secret);
  return secret.length === SECRET_LENGTH && (values[SECRET_LENGTH - 1] & 0b11) === checkBits(values) ? secret : null;
}

const ascii = (text) => new TextEncoder().encode(text);

export function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

async function derived(secret, purpose) {
  const key = await crypto.subtle.importKey('raw', ascii(secret), 'HKDF', false, ['deriveBits']);
  return crypto.subtle.deriveBits({name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: ascii(purpose)}, key, 256);
}

/** What the telephone proves itself with, what the server knows of that, and the key of its rotating code. */
export async function keysOf(secret) {
  const [proof, clipKey] = await Promise.all([derived(secret, 'auth'), derived(secret, 'clip')]);
  const authHash = await crypto.subtle.digest('SHA-256', proof);
  return {proof: base64url(proof), authHash: base64url(authHash), clipKey: base64url(clipKey), clipBytes: clipKey};
}

export const stepOf = (milliseconds) => Math.floor(milliseconds / 1000 / STEP_SECONDS);

/** What the telephone shows at a moment: FF1.<number of the card>.<step>.<proof>. */
export async function rotatingText(clipBytes, publicId, milliseconds) {
  const step = stepOf(milliseconds);
  const key = await crypto.subtle.importKey('raw', clipBytes, {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']);
  const bits = [...new Uint8Array(await crypto.subtle.sign('HMAC', key, ascii(`${publicId}|${step}`))).slice(0, 5)]
    .map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return `FF1.${publicId}.${step}.${textOf(bits.match(/.{5}/g).map((five) => parseInt(five, 2)))}`;
}
