// Passkeys: the browser is asked, its answer goes into the form and the form is sent. Inputs, all on forms that are hidden
// until they can work: data-passkey="get|create", data-options (JSON of the server) or data-options-from (an address that
// gives it), a field "credential", and a message [data-passkey-error].
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (sign) => sign.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

// An address of digits can have no passkeys, and neither has a page that came without encryption.
const possible = () => window.isSecureContext && !!window.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname);

const credential = (one) => ({...one, id: decode(one.id)});

function asked({publicKey}) {
  const options = {...publicKey, challenge: decode(publicKey.challenge)};
  if (publicKey.user) options.user = {...publicKey.user, id: decode(publicKey.user.id)};
  for (const name of ['excludeCredentials', 'allowCredentials']) if (publicKey[name]) options[name] = publicKey[name].map(credential);
  return {publicKey: options};
}

function told(found) {
  const response = {clientDataJSON: encode(found.response.clientDataJSON)};
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (found.response[name]) response[name] = encode(found.response[name]);
  }
  return {
    id: found.id,
    rawId: encode(found.rawId),
    type: found.type,
    response,
    clientExtensionResults: found.getClientExtensionResults(),
  };
}

async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.dataset.optionsFrom, {headers: {Accept: 'application/json'}});
  return (await answer.json()).request_options;
}

async function use(form) {
  const error = form.querySelector('[data-passkey-error]');
  error.hidden = true;
  try {
    const wanted = asked(await options(form));
    const found = await navigator.credentials[form.dataset.passkey](wanted);
    form.elements.credential.value = JSON.stringify(told(found));
    form.submit();
  } catch {
    error.hidden = false;
  }
}

export function startPasskeys() {
  const can = possible();
  for (const part of document.querySelectorAll('[data-passkey-possible]')) part.hidden = !can;
  for (const part of document.querySelectorAll('[data-passkey-impossible]')) part.hidden = can;
  for (const form of document.querySelectorAll('form[data-passkey]')) {
    form.hidden = !can;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      use(form);
    });
  }
}
