import * as path from "node:path";
import * as pulumi from "../../provider/pulumi";
import { Fence, PostgresServer, Promotion, Restore } from "../../provider/sdk";
import type * as contract from "../contract";
import { commonsOf, NAME_SERVER_PORT, peerOf, placeOf } from "./place";

/**
 * A PostgreSQL server of this machine: the primary on an active site, its streaming replica on a standby one. Making the
 * site active promotes the replica, once the other site is proven fenced or its token is replayed. Without a replica nothing
 * runs on standby, and a site that is lost is recovered from the copy of its bucket.
 * Its data outlives the stack.
 *
 * @example
 * const orders = new Database("orders", { site, bucket, database: "orders", replica: "streaming", failoverName: "app.example.test" });
 */
export class Database extends pulumi.ComponentResource implements contract.Database {
  readonly address: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly role: pulumi.Output<string>;
  readonly demotionToken: pulumi.Output<string | undefined>;
  readonly epoch: pulumi.Output<number | undefined>;

  constructor(name: string, args: contract.DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:local:Database", name, args, opts);
    const { site, bucket, database, replica = "none", failoverName, demotionToken, recoverFrom, queries } = args;
    const { archiveTimeoutSeconds = 60, slotCapMiB = 1024, keepFulls = 7 } = args;

    const here = placeOf(site, site.name);
    const { keysFolder, secretsFolder, portRegistry, nameServerAddress } = commonsOf(site);
    const authority = { name: failoverName, address: nameServerAddress, portRegistry, portName: NAME_SERVER_PORT };
    const { lost, lossFoundAt, maxLossSeconds } = site;
    const at = (other: string) => ({ site: other, address: placeOf(site, other).address });
    const other = peerOf(site);
    const peer = replica === "none" ? undefined : other;
    const port = { portRegistry, portName: name };
    const folder = path.join(here.region, name);
    const stanza = `${site.plan}-${name}`;
    const isRestored = replica === "none" || recoverFrom !== undefined;

    const fence =
      lost && site.activation === "active"
        ? new Fence(
            `${name}-fence`,
            {
              ...{ ...at(lost), ...port, keysFolder, database },
              successor: { site: site.name, address: here.address },
              ...(isRestored ? { archives: true } : {}),
              ...(lossFoundAt ? { foundLostAt: lossFoundAt } : {}),
            },
            { parent: this },
          )
        : undefined;
    const restore =
      lost && fence && isRestored
        ? new Restore(
            `${name}-restore`,
            {
              ...{ site: site.name, lostSite: lost, bucket: here.copyOf(lost), source: name, stanza, database, folder },
              ...{ address: here.address, ...port, keysFolder, secretsFolder, authority },
              ...(recoverFrom === undefined ? {} : { recoverFrom }),
              ...(queries && queries.length > 0 ? { queries } : {}),
              fencedAt: fence.lsn.apply(given),
            },
            { parent: this },
          )
        : undefined;
    const server = new PostgresServer(
      name,
      {
        ...{
          folder,
          site: site.name,
          name: stanza,
          address: here.address,
          ...port,
        },
        ...{ socketFolder: here.socketFolder, keysFolder, database, activation: site.activation, authority },
        ...(peer ? { peer: at(peer), synchronous: replica === "synchronous" } : {}),
        // What the fenced site still has is fetched until this one is promoted.
        ...(lost && fence && !isRestored ? { lostPeer: at(lost) } : {}),
        repositories: bucket.locations.apply((folders) => folders.map((folder) => path.join(folder, "pgbackrest"))),
        ...{ archiveTimeoutSeconds, slotCapMiB, keepFulls },
        ...(site.activation === "standby" && replica === "none" ? { stopped: true } : {}),
        ...(restore ? { recovery: restore.recovery.apply(given) } : {}),
      },
      { parent: this, dependsOn: restore ? [restore] : fence ? [fence] : [] },
    );
    const promotion =
      site.activation === "active"
        ? new Promotion(
            `${name}-promotion`,
            {
              ...{
                site: site.name,
                address: here.address,
                port: server.port,
                serverStart: server.startedAt,
                keysFolder,
                authority,
              },
              ...(demotionToken ? { demotionToken } : {}),
              ...(other ? { peer: { ...at(other), ...(replica === "none" ? { restores: true } : {}) } } : {}),
              ...(lost && fence
                ? { lostSite: lost, lostPeer: at(lost), fenceProof: fence.proof, fencedAt: fence.lsn.apply(given) }
                : {}),
              ...(lossFoundAt && fence
                ? { foundLostAt: lossFoundAt, ...(maxLossSeconds === undefined ? {} : { maxLossSeconds }) }
                : {}),
              // It has what was archived, and does not wait for what never comes.
              ...(restore ? { restored: true } : {}),
            },
            { parent: this, dependsOn: [server] },
          )
        : undefined;

    this.address = pulumi.output(here.address);
    this.port = server.port;
    this.role = promotion ? promotion.epoch.apply(() => "primary") : server.role;
    this.demotionToken = server.demotionToken.apply(given);
    this.epoch = promotion ? promotion.epoch : pulumi.output(undefined);
    const { address, role, epoch } = this;
    this.registerOutputs({ address, port: this.port, role, demotionToken: this.demotionToken, epoch });
  }
}

/** The provider sends empty text for what there is none of. */
const given = (text: string | undefined) => text || undefined;
