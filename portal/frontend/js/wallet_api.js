// Questions to the server. An answer is {status: 'ok' | 'refused' | 'offline', …}; 'offline' says that nobody knows whether it came.
const PATIENCE = 12000; // milliseconds

export async function ask(address, {lang, keys, body} = {}) {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), PATIENCE);
  try {
    const answer = await fetch(`${address}?lang=${lang}`, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
      headers: {
        ...(body && {'Content-Type': 'application/json'}),
        ...(keys && {Authorization: `Wallet ${keys.proof}`}),
      },
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      signal: over.signal,
    });
    if (answer.status >= 500) return {status: 'offline'};
    return {code: answer.status, ...await answer.json()};
  } catch {
    return {status: 'offline'};
  } finally {
    clearTimeout(timer);
  }
}
