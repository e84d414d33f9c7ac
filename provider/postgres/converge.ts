import { rmSync } from "node:fs";
import * as path from "node:path";
import { makeFolder, writeWhole } from "../../engines/files";
import { key } from "../../engines/keys";
import { archiveCommand, renderArchive } from "../../engines/pgbackrest";
import * as cluster from "../../engines/postgres/cluster";
import { firstEpoch, newestEpoch } from "../../engines/postgres/epoch";
import { slotName, type ServerSettings } from "../../engines/postgres/settings";
import { connected, serverState } from "../../engines/postgres/sql";
import { divergenceFrom } from "./history";
import { forgetRecovery } from "./recovery-note";
import { isLeftBehind } from "./left-behind";
import { rejoin } from "./rejoin";
import { liveElsewhere, refuseEmptyWriter } from "../authority";
import type { Tell } from "../tell";
import { endpointOf, type PostgresServerInputs, type PostgresServerOutputs } from "./server";
import { agreeOnSynchrony, copyAnew, isGivenUp, makeStandby } from "./standby";

/** Brings the server from whatever state it is in to the one asked for. */
export async function converge(
  { givenUp: _givenUp, leftBehind: _leftBehind, ...inputs }: PostgresServerInputs,
  tell: Tell,
  old?: PostgresServerOutputs,
): Promise<PostgresServerOutputs> {
  const settings = settingsFor(inputs);
  const known = { ...inputs, port: inputs.port!, archiveConfig: archiveConfigOf(inputs) };
  writeArchiveConfig(inputs);
  if (inputs.activation === "standby") forgetRecovery(inputs.folder);
  if (inputs.stopped) return { ...known, ...(await stopAndWait(inputs, tell)) };

  if (!cluster.hasData(inputs.folder)) {
    if (inputs.activation === "active") await makePrimary(inputs, settings);
    else if (!(await makeStandby(inputs, settings, tell))) return { ...known, role: "waiting", running: false };
    return { ...known, ...(await observe(known)) };
  }

  const running = cluster.runningPid(inputs.folder) !== undefined;
  const state = running ? await connected(endpointOf(inputs), serverState) : undefined;
  const leftBehind = await isLeftBehind(inputs);
  const writes = state?.role === "primary" && !leftBehind;
  if (writes && inputs.activation === "active")
    await liveElsewhere(inputs.authority, inputs.site, await connected(endpointOf(inputs), newestEpoch));
  cluster.configure(inputs.folder, settings);
  cluster.startInRecovery(cluster.dataFolder(inputs.folder));

  let token = inputs.activation === "standby" ? old?.demotionToken : undefined;
  if (inputs.activation === "standby" && !(state && !writes && state.streaming)) {
    const { folder, site, peer } = inputs;
    if (!peer) throw new Error("`peer` must be given to go on standby: there is no other site to follow");
    await cluster.stop(folder);
    const ending = await cluster.readEnding(folder);
    const divergence = await divergenceFrom(endpointOf(inputs), peer, ending);
    if (divergence) {
      const back = await rejoin({ folder, site, peer, endpoint: endpointOf(inputs), settings }, divergence, tell);
      if (!back) await makeStandby(inputs, settings, tell);
      else {
        await cluster.ensureSlot(endpointOf(inputs), peer.site);
        await agreeOnSynchrony(inputs, tell);
      }
      return { ...known, ...(await observe(known)) };
    }
    if (await isGivenUp(inputs)) {
      await copyAnew(inputs, settings, tell);
      return { ...known, ...(await observe(known)) };
    }
    if (ending.wasWriter && ending.clean) token = tokenOf(ending);
  }
  if (leftBehind) {
    tell(
      `${inputs.site} goes on from where it was fenced: what ${inputs.lostPeer!.site} took since is not here`,
      "warning",
    );
    await cluster.stop(inputs.folder);
  }
  if (cluster.runningPid(inputs.folder) === undefined) await cluster.start(inputs.folder);
  else await cluster.reload(inputs.folder);
  // On a standby too: when it is promoted, the other site follows it at once.
  if (inputs.peer) {
    const isWriter = writes && inputs.activation === "active";
    if (!isWriter) await cluster.dropLostSlot(endpointOf(inputs), inputs.peer.site); // of the time when it was one
    await cluster.ensureSlot(endpointOf(inputs), inputs.peer.site);
  }
  await agreeOnSynchrony(inputs, tell);
  return { ...known, ...(await observe(known)), ...(token ? { demotionToken: token } : {}) };
}

/** Stops a server that shall not run; what it had is archived first. Its data stays, for a person. */
async function stopAndWait(
  { folder, site }: PostgresServerInputs,
  tell: Tell,
): Promise<Pick<PostgresServerOutputs, "role" | "running" | "demotionToken">> {
  tell(`no server runs at ${site} while it is on standby: it will recover by restore, from the live site's backups`);
  if (!cluster.hasData(folder)) return { role: "waiting", running: false };
  await cluster.stop(folder);
  cluster.startInRecovery(cluster.dataFolder(folder));
  const ending = await cluster.readEnding(folder);
  const token = ending.wasWriter && ending.clean ? { demotionToken: tokenOf(ending) } : {};
  return { role: "waiting", running: false, ...token };
}

const tokenOf = ({ systemIdentifier, timeline, lsn }: cluster.Ending) => `${systemIdentifier}:${timeline}:${lsn}`;

async function makePrimary(inputs: PostgresServerInputs, settings: ServerSettings): Promise<void> {
  await refuseEmptyWriter(inputs.authority, inputs.site);
  await cluster.initialise(inputs.folder, inputs.keysFolder);
  try {
    cluster.configure(inputs.folder, settings);
    await cluster.start(inputs.folder);
    await cluster.furnish(endpointOf(inputs), inputs.database);
    if (inputs.peer) await cluster.ensureSlot(endpointOf(inputs), inputs.peer.site);
    await connected(endpointOf(inputs), (client) => firstEpoch(client, inputs.site));
    cluster.startInRecovery(cluster.dataFolder(inputs.folder));
  } catch (error) {
    // Half a database must not look like one: nothing was ever written to this one.
    await cluster.stop(inputs.folder).catch(() => {});
    rmSync(cluster.dataFolder(inputs.folder), { recursive: true, force: true });
    throw error;
  }
}

export async function observe(
  outs: PostgresServerInputs,
): Promise<Pick<PostgresServerOutputs, "role" | "systemIdentifier" | "startedAt">> {
  const { role, systemIdentifier, startedAt } = await connected(endpointOf(outs), serverState);
  return { role, systemIdentifier, startedAt };
}

const archiveConfigOf = ({ folder }: PostgresServerInputs) => path.join(folder, "pgbackrest.conf");

function settingsFor(inputs: PostgresServerInputs): ServerSettings {
  const { name, site, address, port, socketFolder, keysFolder, archiveTimeoutSeconds, slotCapMiB } = inputs;
  const source = inputs.lostPeer ?? inputs.peer;
  key(keysFolder, "replicator");
  const passFile = cluster.passFile(keysFolder);
  return {
    clusterName: `${name}-${site}`,
    address,
    port: port!,
    socketFolder,
    archiveTimeoutSeconds,
    slotCapMiB,
    archiveCommand: archiveCommand(archiveConfigOf(inputs), name),
    ...(source ? { upstream: { address: source.address, port: port!, passFile, slot: slotName(site) } } : {}),
  };
}

function writeArchiveConfig(inputs: PostgresServerInputs): void {
  const { name, folder, keysFolder, repositories, keepFulls, socketFolder, port } = inputs;
  makeFolder(folder);
  const workFolder = path.join(folder, "pgbackrest");
  for (const part of ["lock", "spool", "log"]) makeFolder(path.join(workFolder, part));
  const passphrase = key(keysFolder, "repository");
  const archive = {
    stanza: name,
    repositories: repositories.map((repository) => ({ path: repository })),
    passphrase,
    keepFulls,
    workFolder,
    dataFolder: cluster.dataFolder(folder),
    socketFolder,
    port: port!,
  };
  writeWhole(archiveConfigOf(inputs), renderArchive(archive));
}
