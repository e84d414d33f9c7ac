import type { DatabaseArgs, SiteArgs } from "../contract";
import type { Origin } from "./flexible-server";
import type { Lineage } from "./lineage";
import { placeOf } from "./place";

/** How a site's server comes to be, by what the plan and the config say of it. */
export interface Recovery {
  readonly origin: Origin;
  /** What geo-redundant backups are restored to. */
  readonly moment?: string;
}

type Said = Pick<DatabaseArgs, "replica" | "recoverFrom" | "demotionToken">;

/** @returns the reason why it must not be done, as text. */
export function recoveryOf(site: SiteArgs, name: string, args: Said, lineage: Lineage): Recovery | string {
  const { replica = "none", recoverFrom, demotionToken } = args;
  const { original, generation, otherId, serverName } = lineage;
  const active = site.activation === "active";
  const restores =
    active && site.lost !== undefined && (recoverFrom !== undefined || (replica === "none" && !original));
  const origin: Origin = original ? "original" : replica === "none" || restores ? "restored" : "replica";
  const moment = recoverFrom === undefined || recoverFrom === "latest" ? site.lossFoundAt : recoverFrom;

  if (replica === "synchronous")
    return `data.${name}.replica must be streaming or none on azure, whose replicas in other regions are asynchronous; got synchronous`;
  if (original && active && demotionToken)
    return (
      `dr:demotionTokens.${name} must not be set at ${site.name}: its server was made as no one's replica, and to name a source would replace it. ` +
      `Change the roles with az postgres flexible-server replica promote --resource-group ${placeOf(site, site.name).group} --name ${serverName} ` +
      `--promote-mode switchover --promote-option planned, and take the token out; or raise dr:generations.${name}.${site.name}, for a new replica`
    );
  if (origin === "replica" && active && demotionToken && demotionToken !== otherId)
    return `dr:demotionTokens.${name} must be the id of the server that this one is a replica of, ${otherId}; got ${demotionToken}: it is stale`;
  if (restores && (original || (replica !== "none" && generation === 1)))
    return `dr:generations.${name}.${site.name} must be raised to restore beside the server that is there, which is kept; got 1`;
  if (restores && (moment === undefined || !/^\d{4}-\d\d-\d\dT/.test(moment)))
    return `dr:recoverFrom must be a moment on azure, such as 2026-11-21T06:00:00Z, which geo-redundant backups are restored to; got ${recoverFrom ?? "none"}`;
  return moment === undefined ? { origin } : { origin, moment };
}
