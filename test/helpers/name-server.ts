import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";

/** A name server of a test's own. */
export interface NameServer {
  /** What it answers from now on: one TXT record to every question, or that there is none. */
  readonly say: (text: string | undefined) => void;
  readonly close: () => void;
}

/** Starts a name server, and notes its port as `dns` in a port registry. */
export async function startNameServer(portRegistry: string, first?: string): Promise<NameServer> {
  let text = first;
  const socket = createSocket("udp4");
  socket.on("message", (question, { port, address }) => {
    const asked = question.subarray(12, question.indexOf(0, 12) + 5);
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(text === undefined ? 0x8403 : 0x8400, 2);
    header.writeUInt16BE(text === undefined ? 0 : 1, 6);
    header.writeUInt32BE(0, 8);
    const data = Buffer.from(`${String.fromCharCode(text?.length ?? 0)}${text ?? ""}`, "latin1");
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 5, 0, data.length]);
    socket.send(Buffer.concat([header, asked, ...(text === undefined ? [] : [record, data])]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  writeFileSync(portRegistry, JSON.stringify({ dns: socket.address().port }));
  return { say: (next) => void (text = next), close: () => void socket.close() };
}
