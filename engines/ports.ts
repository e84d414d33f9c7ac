import { createHash } from "node:crypto";
import { linkSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import * as path from "node:path";
import { makeFolder, own, writeWhole } from "./files";

// Below Linux' ephemeral range, so that no outgoing connection takes a kept port.
const FIRST = 15_000;
const LAST = 31_999;

/**
 * The port kept under `name` in a registry file, chosen free on first use. A port belongs to a name of the plan, not to a
 * site: both sites answer on the same port at addresses of their own, as two regions do.
 */
export async function keptPort(registry: string, name: string): Promise<number> {
  const kept = keptPorts(registry)[name];
  if (kept !== undefined) return kept;
  return withLock(registry, async () => {
    const ports = keptPorts(registry);
    ports[name] ??= await freePort(`${registry} ${name}`, new Set(Object.values(ports)));
    writeWhole(registry, `${JSON.stringify(ports, null, 2)}\n`);
    return ports[name];
  });
}

/** Gives a kept port back: what answered there is gone for good. */
export async function releasePort(registry: string, name: string): Promise<void> {
  await withLock(registry, () => {
    const { [name]: _released, ...ports } = keptPorts(registry);
    writeWhole(registry, `${JSON.stringify(ports, null, 2)}\n`);
    return Promise.resolve();
  });
}

/** All ports of a registry; none if there is no registry yet. */
export function keptPorts(registry: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(registry, "utf8")) as Record<string, number>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

async function freePort(seed: string, taken: ReadonlySet<number>): Promise<number> {
  const start = createHash("sha256").update(seed).digest().readUInt16BE(0);
  for (let step = 0; step <= LAST - FIRST; step++) {
    const port = FIRST + ((start + step) % (LAST - FIRST + 1));
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** Whether nothing listens on a port. With no address: on none of this machine's addresses. */
export function isFree(port: number, address = "0.0.0.0"): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, address, () => probe.close(() => resolve(true)));
  });
}

let asked = 0;

async function withLock<T>(registry: string, work: () => Promise<T>): Promise<T> {
  makeFolder(path.dirname(registry));
  const lock = `${registry}.lock`;
  const mine = `${lock}.${process.pid}.${++asked}`; // one process may ask for several ports at once
  writeFileSync(mine, String(process.pid));
  own(mine);
  try {
    for (const end = Date.now() + 10_000; ; await new Promise((r) => setTimeout(r, 20))) {
      try {
        utimesSync(mine, new Date(), new Date()); // a lock is as old as its holding, not as the wait for it
        linkSync(mine, lock);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 5_000)
          rmSync(lock, { force: true });
        if (Date.now() > end)
          throw new Error(`the port registry is locked: remove ${lock} if no \`pulumi up\` runs`, { cause: error });
      }
    }
    return await work().finally(() => rmSync(lock, { force: true }));
  } finally {
    rmSync(mine, { force: true });
  }
}
