// Reads QR codes in pictures of the camera: by the browser itself, else by zxing-wasm, which stands among our own files and is
// fetched only here. No one else is asked.
const WIDEST = 960; // pixels of a picture that is looked at: more takes longer and reads no better

async function ownReader() {
  if (!('BarcodeDetector' in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes('qr_code')) return null;
  const detector = new BarcodeDetector({formats: ['qr_code']});
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? '';
}

async function fetchedReader(wasm) {
  const {prepareZXingModule, readBarcodes} = await import('zxing-wasm/reader');
  await prepareZXingModule({overrides: {locateFile: () => wasm}, fireImmediately: true});
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d', {willReadFrequently: true});
  return async (video) => {
    const share = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * share);
    canvas.height = Math.round(video.videoHeight * share);
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return (await readBarcodes(picture, {formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 1}))[0]?.text ?? '';
  };
}

/** What reads a picture: a function of a video, that gives the text of a code or nothing. */
export async function makeReader(wasm) {
  const own = await ownReader().catch(() => null);
  if (!own) return fetchedReader(wasm);
  let fetched = null;
  return async (video) => {
    if (fetched) return fetched(video);
    try {
      return await own(video);
    } catch { // some browsers promise it and cannot
      fetched = await fetchedReader(wasm);
      return fetched(video);
    }
  };
}
