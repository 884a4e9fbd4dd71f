/**
 * Why a file was not fingerprinted. A page tells each in its own words; `code` is what it looks up.
 *
 * | code | what it means |
 * |---|---|
 * | empty | the file has no bytes |
 * | too_large | the file has more bytes, or the picture more pixels, than can be registered |
 * | unknown_format | the content is not a picture of a known format, whatever the file's name says |
 * | undecodable_here | a known format that this browser cannot show (HEIC, TIFF), or too little memory |
 * | damaged | the file is cut off or damaged |
 * | flat | the picture shows too little: registered, it would match every blank upload |
 * | canvas_distorted | this browser changes the pixels that it hands to pages, and there is no other way to them |
 * | failed | anything else; the worker has ended |
 */
export class DeviceError extends Error {
  /** @param {string} code one of the table */
  constructor(code) {
    super(code);
    this.name = "DeviceError";
    this.code = code;
  }
}
