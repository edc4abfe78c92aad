// What the till asks the server. An answer is {status, body}; status 0 where none came.
const PATIENCE = 8000; // milliseconds for one answer
const WAITS = [400, 1200]; // before it is asked again with the same key, where the server said "just a moment"

export async function ask(address, {token, method = 'GET', body, patience = PATIENCE} = {}) {
  const headers = {Accept: 'application/json', 'Accept-Language': document.documentElement.lang};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const options = {method, headers, credentials: 'omit', cache: 'no-store', signal: stop.signal};
    const answer = await fetch(address, body ? {...options, body: JSON.stringify(body)} : options);
    return {status: answer.status, body: await answer.json().catch(() => ({}))};
  } catch {
    return {status: 0, body: {}};
  } finally {
    clearTimeout(timer);
  }
}

const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** The same deed, with the same key, until somebody says yes or no. It is never done twice. */
export async function tell(address, options) {
  let answer = await ask(address, {...options, method: 'POST'});
  for (const pause of WAITS) {
    if (![502, 503, 504].includes(answer.status)) break;
    await wait(pause);
    answer = await ask(address, {...options, method: 'POST'});
  }
  return answer;
}
