import * as dns from "@pulumi/azure-native/dns";
import { Provider } from "@pulumi/azure-native/provider";
import * as trafficmanager from "@pulumi/azure-native/trafficmanager";
import { authorityName, renderAuthority } from "../../engines/dns/lookup";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { relativeTo, siteRecord, zoneOf } from "./zone";

export interface FailoverRecordArgs extends contract.FailoverRecordArgs {
  /**
   * Whether Traffic Manager answers for the name, and watches the live site. Without it the name is a record that leads
   * straight to the live site's own.
   * @default true
   */
  readonly watched?: boolean;
}

/** What Traffic Manager takes: every 30 s, or every 10 s at a higher price. */
const SLOW_SECONDS = 30;
const FAST_SECONDS = 10;

/**
 * The failover name, its aliases and the authority record beside it, in Azure DNS, by Traffic Manager. The live site's
 * endpoint is the only one that is enabled: when all that are enabled are unwell Traffic Manager answers with all of them,
 * and a standby among them would be sent writes. So it never turns by itself, and names a site only when it is told.
 *
 * @see https://learn.microsoft.com/azure/traffic-manager/traffic-manager-monitoring
 */
export class FailoverRecord extends pulumi.ComponentResource implements contract.FailoverRecord {
  readonly liveSite: pulumi.Output<string>;
  readonly epoch: pulumi.Output<number>;
  /** Azure's own for the zone are said by the zone; this is who answers for the name behind it. */
  readonly nameServer: pulumi.Output<string>;

  constructor(name: string, args: FailoverRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:FailoverRecord", name, args, opts);
    const { plan, sites, places, liveSite, zone, name: failoverName, ttlSeconds, aliases = [] } = args;
    const { health = "/health", detectAfterSeconds = 30, epoch = 1, watched = true } = args;
    if (!places) throw new pulumi.ResourceError("`places` must say where each site is on azure; got none", this, true);
    if (!sites.includes(liveSite))
      throw new pulumi.ResourceError(`\`liveSite\` must be one of ${sites.join(", ")}; got ${liveSite}`, this, true);
    const { subscription, group, region } = zoneOf({ plan, all: sites, sites: places });
    const relative = relativeTo(zone, failoverName);
    const others = aliases.map((alias) => relativeTo(zone, alias, "dns.aliases"));
    const provider = new Provider(name, { subscriptionId: subscription, location: region }, { parent: this });
    const child = { parent: this, provider };
    const inZone = { resourceGroupName: group, zoneName: zone, ttl: ttlSeconds };
    const ownName = (site: string) => `${siteRecord(relative, site)}.${zone}`;

    const profile = watched
      ? new trafficmanager.Profile(
          name,
          {
            ...{ resourceGroupName: group, location: "global", profileName: plan, tags: { "dr:plan": plan } },
            ...{ profileStatus: "Enabled", trafficRoutingMethod: "Priority" },
            dnsConfig: { relativeName: failoverName.replaceAll(".", "-"), ttl: ttlSeconds },
            monitorConfig: {
              ...{ protocol: "HTTPS", port: 443, path: health, ...probing(detectAfterSeconds) },
              customHeaders: [{ name: "host", value: failoverName }], // a site's ingress goes by it
            },
            endpoints: sites.map((site, index) => ({
              ...{ name: site, type: "Microsoft.Network/trafficManagerProfiles/externalEndpoints" },
              ...{ target: ownName(site), priority: index + 1, alwaysServe: "Disabled" },
              endpointStatus: site === liveSite ? "Enabled" : "Disabled",
            })),
          },
          child,
        )
      : undefined;
    const cname = profile ? profile.dnsConfig.apply((made) => made?.fqdn ?? "") : pulumi.output(ownName(liveSite));
    // Authority first: who reads it must not be told of the old site while clients already find the new one.
    const authority = new dns.RecordSet(
      `${name}-authority`,
      {
        ...{ ...inZone, recordType: "TXT", relativeRecordSetName: authorityName(relative) },
        txtRecords: [{ value: [renderAuthority({ site: liveSite, epoch })] }],
      },
      child,
    );
    for (const [index, one] of [relative, ...others].entries())
      new dns.RecordSet(
        index === 0 ? name : `${name}-${one.replaceAll(".", "-")}`,
        { ...inZone, recordType: "CNAME", relativeRecordSetName: one, cnameRecord: { cname } },
        { ...child, dependsOn: [authority] },
      );

    this.liveSite = authority.txtRecords.apply(() => liveSite);
    this.epoch = pulumi.output(epoch);
    this.nameServer = profile ? cname : pulumi.output(zone);
    this.registerOutputs({ liveSite: this.liveSite, epoch: this.epoch, nameServer: this.nameServer });
  }
}

/** How often and how long Traffic Manager looks, so that it says `Degraded` within that time. */
export function probing(detectAfterSeconds: number) {
  const intervalInSeconds = detectAfterSeconds < 2 * SLOW_SECONDS ? FAST_SECONDS : SLOW_SECONDS;
  const failures = Math.floor(detectAfterSeconds / intervalInSeconds) - 1;
  return {
    ...{ intervalInSeconds, timeoutInSeconds: intervalInSeconds === FAST_SECONDS ? 5 : 10 },
    toleratedNumberOfFailures: Math.min(9, Math.max(0, failures)),
  };
}
