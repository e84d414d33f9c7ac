import * as route53 from "@pulumi/aws/route53";
import { authorityName, renderAuthority } from "../../engines/dns/lookup";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { detectionOf } from "./detection";
import { siteNameOf } from "./place";
import { makeRegionSwitch } from "./region-switch";

export interface FailoverRecordArgs extends contract.FailoverRecordArgs {
  /**
   * `health`: both sites stand in the zone, and Route 53 answers with the one whose role endpoint says 200. A switch needs
   * no call to Route 53's control plane, which is in us-east-1 alone. `config`: one plain record, switched by `dr:liveSite`.
   * With `regionSwitch` it is `health`, and the health checks are ARC's: no role endpoint is asked.
   * @default "health"
   */
  readonly mode?: "health" | "config";
}

/**
 * The failover name in Route 53, the names beside it, and the authority record. A role endpoint says 200 only while its site is
 * live and holds the newest epoch, so never more than one does; while none does, Route 53 answers with the live site of the config.
 * With `regionSwitch` a plan of ARC Region switch turns them instead, once a person approves, and `liveSite` must be the site it answers with.
 * The zone is a person's: its delegation is older than this, and outlives it.
 *
 * @example
 * new FailoverRecord("live-site", { plan: "shop", sites: ["prod", "dr"], liveSite: "prod", zone, zoneId, name, ttlSeconds: 30, ... });
 */
export class FailoverRecord extends pulumi.ComponentResource implements contract.FailoverRecord {
  readonly liveSite: pulumi.Output<string>;
  readonly epoch: pulumi.Output<number>;
  readonly nameServer: pulumi.Output<string>;

  constructor(name: string, args: FailoverRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:aws:FailoverRecord", name, args, opts);
    const { plan, sites, liveSite, zone, zoneId, name: failoverName, ttlSeconds, aliases = [], epoch = 1 } = args;
    const { mode = "health", health = "/health", detectAfterSeconds = 30, rtoSeconds } = args;
    const { regionSwitch = false, places = {} } = args;
    if (zoneId === undefined)
      throw new pulumi.ResourceError(
        `dns.zoneId must be said on aws: Route 53's id of ${zone}, which a person makes once; got none`,
        this,
        true,
      );
    const detection = detectionOf(detectAfterSeconds, { rtoSeconds, ttlSeconds });
    if (!detection)
      throw new pulumi.ResourceError(
        `dns.ttl and failover.detectAfter must leave Route 53 10 s to notice a loss within the RTO of ${rtoSeconds} s; got ${ttlSeconds} s and ${detectAfterSeconds} s`,
        this,
        true,
      );

    if (regionSwitch && mode === "config")
      throw new pulumi.ResourceError(
        "mode must be health with regionSwitch: the record would have two writers, dr:liveSite and ARC's plan; got config",
        this,
        true,
      );
    const arcCheckOf = regionSwitch
      ? makeRegionSwitch(name, { plan, places, sites, liveSite, zoneId, name: failoverName, health, rtoSeconds }, this)
      : undefined;

    const standby = sites.find((site) => site !== liveSite);
    const roles: Role[] =
      mode === "config" || standby === undefined
        ? [{ site: liveSite, epoch, suffix: "", rest: {} }]
        : ([[liveSite, "primary"] as const, [standby, "secondary"] as const] as const).map(([site, role], index) => {
            const healthCheckId =
              arcCheckOf?.(site) ??
              new route53.HealthCheck(
                `${name}-${role}`,
                {
                  ...{ type: "HTTPS", fqdn: siteNameOf({ name: failoverName }, site), port: 443, resourcePath: health },
                  ...{ ...detection, enableSni: true },
                  tags: { Name: `${plan}-${site}-role`, "dr:plan": plan, "dr:site": site },
                },
                { parent: this },
              ).id;
            return {
              ...{ site, suffix: `-${role}`, epoch: epoch + index }, // whoever takes over holds the next one
              rest: {
                ...{ setIdentifier: role, healthCheckId },
                failoverRoutingPolicies: [{ type: role.toUpperCase() }],
              },
            };
          });

    const put = (
      recordName: string,
      what: (role: Role) => Omit<route53.RecordArgs, "zoneId" | "name">,
      prefix: string,
    ) =>
      roles.map(
        (role) =>
          new route53.Record(
            `${prefix}${role.suffix}`,
            { zoneId, name: recordName, ...what(role), ...role.rest },
            { parent: this },
          ),
      );
    const site = (recordName: string) => (role: Role) => {
      const target = siteNameOf({ name: failoverName }, role.site);
      return recordName === zone // no CNAME can stand at the top of a zone
        ? { type: "A", aliases: [{ name: target, zoneId, evaluateTargetHealth: true }] }
        : { type: "CNAME", ttl: ttlSeconds, records: [target] };
    };
    const [live] = put(failoverName, site(failoverName), name);
    for (const alias of aliases) put(alias, site(alias), `${name}-${alias.replaceAll(".", "-")}`);
    const authority = authorityName(failoverName);
    put(
      authority,
      (role) => ({ type: "TXT", ttl: ttlSeconds, records: [renderAuthority({ site: role.site, epoch: role.epoch })] }),
      `${name}-authority`,
    );

    this.liveSite = live!.name.apply(() => liveSite);
    this.epoch = live!.name.apply(() => epoch);
    this.nameServer = pulumi.output(`route53:${zoneId}`); // the zone's own; any resolver finds them
    this.registerOutputs({ liveSite: this.liveSite, epoch: this.epoch, nameServer: this.nameServer });
  }
}

interface Role {
  readonly site: string;
  readonly epoch: number;
  readonly suffix: string;
  readonly rest: Partial<route53.RecordArgs>;
}
