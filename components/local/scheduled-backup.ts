import * as path from "node:path";
import * as pulumi from "../../provider/pulumi";
import { Process } from "../../provider/sdk";
import type * as contract from "../contract";
import { commonsOf, NAME_SERVER_PORT, peerOf, placeOf } from "./place";

/**
 * Keeps the agent small beside the data that it protects: young garbage is collected sooner, and what was freed goes back to
 * the system. agent/Dockerfile says the same; docs/backups.md has the figures.
 */
const SMALL = {
  NODE_OPTIONS: "--max-semi-space-size=2",
  ...{ MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "131072" },
};

/**
 * The agent as a process: it backs up what the plan protects, into the site's bucket and its copy, proves it, and lets go
 * of what is old. It runs on an active site only; a site that becomes active takes a backup at once.
 */
export class ScheduledBackup extends pulumi.ComponentResource {
  constructor(name: string, args: contract.ScheduledBackupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:local:ScheduledBackup", name, args, opts);
    const { site, bucket, sources, services, failoverName, alerts, people, api, keyRotation } = args;
    const here = placeOf(site, site.name);
    const { keysFolder, secretsFolder, portRegistry, nameServerAddress } = commonsOf(site);
    const folder = path.join(here.region, name);
    const peer = peerOf(site);

    new Process(
      name,
      {
        ...{ folder, program: "agent", environment: SMALL, restart: "always", health: "/healthz" },
        ...{ address: here.address, portRegistry, portName: name, started: site.activation === "active" },
        config: {
          ...{ plan: site.plan, site: site.name, folder, keysFolder, secretsFolder, alerts, people, api },
          ...(keyRotation === undefined ? {} : { keyRotation }),
          services: services.map(({ name: service, service: { url } }) => ({ name: service, url })),
          repositories: bucket.locations.apply((buckets) =>
            buckets.map((one, index) => ({ name: index === 0 ? "own" : peer!, bucket: one })),
          ),
          // Whether a site is lost or not: what another one backed up comes back here after a planned switch too.
          inherited: site.all
            .filter((other) => other !== site.name)
            .map((other) => ({ name: other, bucket: here.copyOf(other) })),
          authority: { name: failoverName, address: nameServerAddress, portRegistry, portName: NAME_SERVER_PORT },
          sources: sources.map(({ name: source, entry, database, warmedBy }) => {
            const of = { name: source, entry };
            if (entry.engine === "files" || entry.engine === "configuration") return { ...of, root: here.files };
            const warm = entry.engine === "redis" ? entry.warm : undefined;
            if (warm !== undefined && warmedBy)
              return { ...of, warm: warmedBy.url.apply((url) => new URL(warm, url).href) };
            if (!database) return of; // the agent is told by a secret where it answers
            const server = path.join(here.region, source);
            return {
              ...of,
              postgresql: {
                endpoint: { address: database.address, port: database.port, keysFolder },
                ...{ stanza: `${site.plan}-${source}`, dataFolder: path.join(server, "data") },
                ...{ socketFolder: here.socketFolder, workFolder: path.join(server, "pgbackrest") },
                passFile: path.join(keysFolder, "pgpass"),
              },
            };
          }),
        },
      },
      { parent: this, dependsOn: sources.flatMap(({ database }) => database ?? []) },
    );
    this.registerOutputs({});
  }
}
