import { siteNames, statedFor, type Plan } from "../plan";
import { entryService } from "../plan/entry";
import type { DnsConfig } from "./config";
import { platformNamed } from "./platform";

/** The stack that belongs to neither site: which one is live, and under which name clients find it. */
export function dns({ plan, platform, location, liveSite, epoch }: DnsConfig) {
  const { FailoverRecord } = platformNamed(platform);
  const databases = Object.entries(plan.data).flatMap(([name, { engine }]) => (engine === "postgresql" ? [name] : []));

  const record = new FailoverRecord("live-site", {
    ...{ plan: plan.name, location, sites: siteNames(plan), liveSite, databases },
    ...{ zone: plan.dns.zone, name: plan.dns.name, ttlSeconds: plan.dns.ttl, aliases: plan.dns.aliases },
    ...{ places: plan.sites, detectAfterSeconds: plan.failover.detectAfter },
    ...(plan.dns.zoneId === undefined ? {} : { zoneId: plan.dns.zoneId }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(plan.failover.regionSwitch ? { regionSwitch: true } : {}),
    ...rtoOf(plan),
    ...healthOf(plan),
  });

  return { liveSite: record.liveSite, epoch: record.epoch, name: plan.dns.name, nameServer: record.nameServer };
}

/** How soon the system must be back, as the plan says of its services, else of the whole. */
function rtoOf(plan: Plan): { readonly rtoSeconds?: number } {
  const stated = statedFor(plan, "critical", "rto");
  return stated ? { rtoSeconds: stated.seconds } : {};
}

/** The path by which a site's role is asked: that of the service which answers for the failover name. */
function healthOf(plan: Plan): { readonly health?: string } {
  const service = plan.services[entryService(plan) ?? ""];
  return service ? { health: service.health } : {};
}
