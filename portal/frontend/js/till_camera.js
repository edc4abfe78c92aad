// The camera: on, off, the other one, and what it sees told to `onText` again and again.
const PAUSE = 90; // milliseconds between two looks

export function makeCamera(video, wasm, onText) {
  let stream = null;
  let facing = 'environment';
  let read = null;
  let timer = 0;
  let awake = null; // a till lies there and waits; its screen does not go dark while it looks

  async function look() {
    clearTimeout(timer);
    if (!stream) return;
    try {
      if (video.readyState >= 2 && video.videoWidth) {
        const text = await read(video);
        if (text && stream) onText(text);
      }
    } catch { /* one picture that cannot be read is followed by the next */ }
    if (stream) timer = setTimeout(look, PAUSE);
  }

  function off() {
    clearTimeout(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    awake?.release().catch(() => {});
    awake = null;
  }

  async function on() {
    off();
    if (!navigator.mediaDevices?.getUserMedia) throw new Error('no camera');
    stream = await navigator.mediaDevices.getUserMedia({audio: false, video: {facingMode: facing, width: {ideal: 1280}}});
    video.srcObject = stream;
    await video.play();
    read ??= await import('./till_reader.js').then(({makeReader}) => makeReader(wasm));
    awake = await navigator.wakeLock?.request('screen').catch(() => null) ?? null;
    look();
  }

  return {
    on,
    off,
    get isOn() { return Boolean(stream); },
    async another() {
      facing = facing === 'environment' ? 'user' : 'environment';
      await on();
    },
    async several() {
      const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
      return devices.filter(({kind}) => kind === 'videoinput').length > 1;
    },
  };
}
