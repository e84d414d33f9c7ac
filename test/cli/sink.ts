import { Writable } from "node:stream";

/** A place for output, and what was written there. */
export function sink(terminal: { readonly columns?: number } | undefined = undefined) {
  let written = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY: terminal !== undefined, ...terminal }) as unknown as NodeJS.WriteStream,
    read: () => written,
  };
}
