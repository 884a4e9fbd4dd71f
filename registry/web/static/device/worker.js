/**
 * The worker that touches pixels. It is served with a Content-Security-Policy of its own, `connect-src 'none'`: nothing
 * that it sees can leave it but by the messages below.
 *
 * | message to the worker | answer |
 * |---|---|
 * | {id, open: {projection, canary}}, two ArrayBuffers | {id, result: {way}} |
 * | {id, fingerprint: {file, edits}} | {id, result}: see `Fingerprint` in device.js |
 *
 * An answer to a file that was not fingerprinted is {id, error}: a code of errors.js.
 */

import { exactWay, isExact } from "./canary.js";
import { describing } from "./constants.js";
import { DeviceError } from "./errors.js";
import { fingerprintOf } from "./files.js";
import { Projection } from "./windows/projection.js";

let opened = null;

async function open({ projection, canary }) {
  const way = await exactWay(canary);
  if (way === null) throw new DeviceError("canvas_distorted");
  opened = { projection: new Projection(projection), canary, way };
  return { way, version: describing.VERSION };
}

async function fingerprint({ file, edits }) {
  // A permission may have changed since the page was opened.
  if (!(await isExact(opened.canary, opened.way))) throw new DeviceError("canvas_distorted");
  return fingerprintOf(file, opened.way, edits ? opened.projection : null);
}

let last = Promise.resolve();

self.addEventListener("message", ({ data }) => {
  // One file after another: two decoded pictures may be more than a phone holds.
  last = last.then(async () => {
    try {
      const result = data.open ? await open(data.open) : await fingerprint(data.fingerprint);
      self.postMessage({ id: data.id, result });
    } catch (error) {
      // The text of another error may quote the file, so only its absence from the table is told.
      self.postMessage({ id: data.id, error: error instanceof DeviceError ? error.code : "failed" });
    }
  });
});
