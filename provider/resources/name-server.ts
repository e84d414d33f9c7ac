import { existsSync, rmSync } from "node:fs";
import * as path from "node:path";
import { renderKey, renderKnot, renderZone, tsigSecret } from "../../engines/dns/knot";
import { answersFor } from "../../engines/dns/lookup";
import { makeFolder, writeWhole } from "../../engines/files";
import { key } from "../../engines/keys";
import { keptPort, releasePort } from "../../engines/ports";
import { findKept, spawnKept, stopKept } from "../../engines/process";
import { serverUser } from "../../engines/user";
import { portFailures } from "../port";
import type { Resource } from "../resource";

export interface NameServerInputs {
  readonly folder: string;
  readonly address: string;
  readonly portRegistry: string;
  readonly portName: string;
  /** @default - chosen free once, then kept */
  readonly port?: number;
  readonly zone: string;
  readonly keysFolder: string;
  /** What `refresh` found; `up` starts a server that died.  @default true */
  readonly running?: boolean;
}

export interface NameServerOutputs extends NameServerInputs {
  readonly port: number;
}

const pidFile = ({ folder }: NameServerInputs) => path.join(folder, "knotd.pid.json");

/** Knot, authoritative for one zone that RFC 2136 updates change. */
export const nameServer: Resource<NameServerInputs, NameServerOutputs> = {
  inputs: ["folder", "address", "portRegistry", "portName", "port", "zone", "keysFolder", "running"],
  replaceOn: ["folder", "zone", "port", "address"],

  async check(inputs, old) {
    const port = inputs.port ?? (await keptPort(inputs.portRegistry, inputs.portName));
    const isNew = !old && !findKept(pidFile(inputs));
    const failures = isNew ? await portFailures(inputs.address, port, inputs.portRegistry) : [];
    return { inputs: { ...inputs, port, running: true }, failures };
  },

  hasFallen: (outs) => !findKept(pidFile(outs)),

  async create(inputs) {
    return { id: inputs.folder, outs: await converge(inputs) };
  },

  async read(outs) {
    const running = await answersFor(outs, outs.zone);
    return { outs: { ...outs, running }, inputs: { ...outs, running } };
  },

  update: (_old, inputs) => converge(inputs),

  async delete(outs) {
    await stopKept(pidFile(outs));
    rmSync(outs.folder, { recursive: true, force: true });
    await releasePort(outs.portRegistry, outs.portName);
  },
};

async function converge(inputs: NameServerInputs): Promise<NameServerOutputs> {
  const { folder, address, zone, keysFolder } = inputs;
  const outs = { ...inputs, port: inputs.port!, running: true };
  if (findKept(pidFile(inputs)) && (await answersFor(outs, zone))) return outs;
  await stopKept(pidFile(inputs));
  makeFolder(folder);
  writeWhole(path.join(folder, "key.conf"), renderKey(tsigSecret(key(keysFolder, "tsig"))));
  writeWhole(path.join(folder, "knot.conf"), renderKnot(outs));
  const zoneFile = path.join(folder, `${zone}.zone`);
  if (!existsSync(zoneFile)) writeWhole(zoneFile, renderZone(zone, address)); // one that exists holds the authority record
  const logFile = path.join(folder, "knotd.log");
  spawnKept({
    command: "knotd",
    args: ["-c", path.join(folder, "knot.conf")],
    pidFile: pidFile(inputs),
    logFile,
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/opt/homebrew/sbin" },
    user: serverUser(),
  });
  for (const end = Date.now() + 10_000; !(await answersFor(outs, zone)); await new Promise((r) => setTimeout(r, 20))) {
    if (Date.now() > end || !findKept(pidFile(inputs)))
      throw new Error(`the name server does not answer for ${zone}; see ${logFile}`);
  }
  return outs;
}
