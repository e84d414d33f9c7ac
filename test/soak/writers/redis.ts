import { connect, type Socket } from "node:net";
import { Items, writing, type Writer } from "./writing";

export const PREFIX = "soak:";
const TIMEOUT_MS = 3_000;

/** Keys, one a SET, by Redis' own protocol. */
export function writeKeys(port: number, password: string, items: Items, everyMs: number): Writer {
  let socket: Socket | undefined;
  const hang = () => {
    socket?.destroy();
    socket = undefined;
  };
  const ask = (...words: string[]) =>
    new Promise<void>((resolve, reject) => {
      const fail = (reason: string) => {
        hang();
        reject(new Error(reason));
      };
      const to = (socket ??= connect(port, "127.0.0.1").on("error", () => {}));
      for (const event of ["data", "close", "timeout"]) to.removeAllListeners(event);
      to.setTimeout(TIMEOUT_MS, () => fail("no answer in time"));
      to.once("close", () => fail("the connection ended"));
      to.once("data", (answer) => (answer[0] === 0x2b /* + */ ? resolve() : fail(answer.toString().trim())));
      to.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`);
    });
  const loop = writing(everyMs, async () => {
    if (!socket) await ask("AUTH", password);
    await items.write((n, body) => ask("SET", `${PREFIX}${n}`, body));
  });
  return { ...loop, source: "redis", stop: () => loop.stop().then(hang) };
}
