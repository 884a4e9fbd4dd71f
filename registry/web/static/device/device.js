/**
 * Fingerprints made on this device: the page's side of the worker.
 *
 *     const device = await openDevice();           // after this the network may go away
 *     const fingerprint = await device.fingerprint(file);
 *     device.close();
 *
 * @typedef {object} Fingerprint everything that is registered of a picture; nothing else leaves the device
 * @property {{algorithm: string, value: string, quality?: number}[]} codes PDQ with its quality, dHash-128, pHash and
 *   SHA-256, as `POST /v1/claims` takes them
 * @property {{value: string, quality: number}} pdqCanonical PDQ of the picture at full size, as other registries compute it
 * @property {string | null} windows anchored windows in the server's packed form, in Base64; null if not wanted
 * @property {number} windowCount
 * @property {number} flatShare how much of the picture is one grey level, 0 to 1
 * @property {number} width columns of the upright picture
 * @property {number} height rows of the upright picture
 * @property {string} version of the procedure
 */

import { DeviceError } from "./errors.js";

export { DeviceError };

/**
 * Load everything that fingerprints need, start the worker, and check this browser by the canary.
 *
 * @returns {Promise<Device>}
 * @throws {DeviceError} `canvas_distorted`: this browser changes pixels; offer the server's in-memory path instead
 */
export async function openDevice() {
  const [projection, canary] = await Promise.all(["projection.bin", "canary.png"].map(bytesOf));
  const device = new Device(new Worker(new URL("worker.js", import.meta.url), { type: "module" }));
  try {
    const { way } = await device.ask({ open: { projection, canary } }, [projection]);
    device.way = way;
    return device;
  } catch (error) {
    device.close();
    throw error;
  }
}

async function bytesOf(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new DeviceError("failed");
  return response.arrayBuffer();
}

/** An open worker. */
export class Device {
  #worker;
  #waiting = new Map();
  #count = 0;

  /** How pixels are read: a key of `WAYS` in pixels.js. */
  way = "";

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }) => this.#answer(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.close();
    });
  }

  /**
   * Fingerprint a picture.
   *
   * @param {Blob} file
   * @param {{edits?: boolean}} wanted `edits`: false makes no windows, which tell more about the picture than its codes
   * @returns {Promise<Fingerprint>}
   * @throws {DeviceError} see errors.js
   */
  fingerprint(file, { edits = true } = {}) {
    return this.ask({ fingerprint: { file, edits } });
  }

  /** End the worker. Requests that wait fail. */
  close() {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new DeviceError("failed"));
    this.#waiting.clear();
  }

  /** Send the worker a message and return its result. */
  ask(message, transferred = []) {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...message }, transferred);
    });
  }

  #answer({ id, result, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) resolve(result);
    else reject(new DeviceError(error));
  }
}
