import { keptPort } from "../../engines/ports";
import * as cluster from "../../engines/postgres/cluster";
import { connected, serverState } from "../../engines/postgres/sql";
import { converge, observe } from "../postgres/converge";
import { portFailures } from "../port";
import { folderFailures, roomFailures } from "../postgres/preflight";
import { endpointOf, type PostgresServerInputs, type PostgresServerOutputs } from "../postgres/server";
import { isLeftBehind } from "../postgres/left-behind";
import { isGivenUp } from "../postgres/standby";
import { isUnknown, type Resource } from "../resource";

const ANSWERS_WITHIN_MS = 5_000;

export const postgresServer: Resource<PostgresServerInputs, PostgresServerOutputs> = {
  inputs: [
    ...([
      "folder",
      "site",
      "name",
      "address",
      "portRegistry",
      "portName",
      "port",
      "socketFolder",
      "keysFolder",
    ] as const),
    ...([
      "database",
      "activation",
      "peer",
      "lostPeer",
      "synchronous",
      "repositories",
      "keepFulls",
      "archiveTimeoutSeconds",
    ] as const),
    ...(["slotCapMiB", "authority", "stopped", "recovery", "givenUp", "leftBehind", "running"] as const),
  ],
  mayBeAbsent: ["systemIdentifier", "demotionToken", "startedAt"],
  replaceOn: ["folder", "database"],

  async check(inputs, old) {
    const checked = { ...inputs, running: !inputs.stopped };
    if (isUnknown(inputs.folder)) return { inputs: checked };
    const failures = [...folderFailures(inputs.folder, inputs.socketFolder)];
    if (failures.length > 0) return { inputs: checked, failures };
    const port = inputs.port ?? (await keptPort(inputs.portRegistry, inputs.portName));
    if (!old && cluster.runningPid(inputs.folder) === undefined) {
      failures.push(...(await portFailures(inputs.address, port, inputs.portRegistry)));
    }
    if (!old) failures.push(...roomFailures(inputs.folder));
    const givenUp = old && inputs.activation === "standby" && inputs.peer && (await isGivenUp({ ...inputs, port }));
    const leftBehind = old && (await isLeftBehind({ ...inputs, port }).catch(() => false));
    const found = { ...(givenUp ? { givenUp } : {}), ...(leftBehind ? { leftBehind } : {}) };
    return { inputs: { ...checked, port, ...found }, failures };
  },

  /** It does not run, or not since it was looked at: whoever starts it, it is in recovery, and a writer must prove itself. */
  async hasFallen(outs, { stopped }) {
    if (stopped || outs.role === "waiting") return false;
    if (cluster.runningPid(outs.folder) === undefined) return true;
    const asked = connected({ ...endpointOf(outs), withinMs: ANSWERS_WITHIN_MS }, serverState);
    return asked.then(
      ({ startedAt }) => startedAt !== outs.startedAt,
      () => false,
    );
  },

  async create(inputs, tell) {
    return { id: inputs.folder, outs: await converge(inputs, tell) };
  },

  async read(outs) {
    if (!cluster.hasData(outs.folder) && outs.role !== "waiting") return undefined;
    const running = cluster.runningPid(outs.folder) !== undefined;
    return {
      outs: { ...outs, running, ...(running ? await observe(outs) : {}) },
      inputs: { ...inputsOf(outs), running },
    };
  },

  update: (old, inputs, tell) => converge(inputs, tell, old),

  // The data stays: what a person must throw away, a person throws away.
  async delete(outs, tell) {
    await cluster.stop(outs.folder);
    if (!cluster.hasData(outs.folder)) return;
    tell(
      `kept: the data in ${outs.folder}, taken up again by the next \`up\`; its backups in ${outs.repositories.join(" and ")}`,
    );
  },
};

function inputsOf(outs: PostgresServerOutputs): Partial<PostgresServerInputs> {
  return Object.fromEntries(postgresServer.inputs.map((name) => [name, outs[name]]));
}
