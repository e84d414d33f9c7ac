import { Foundation } from "../../../components/aws";
import type { SiteArgs } from "../../../components/contract";
import type { Plan } from "../../../plan";

export const ACCOUNT = "111122223333";
export const DNS: Plan["dns"] = {
  ...{ zone: "example.com", zoneId: "Z0123456789ABC", name: "shop.example.com", ttl: 30, aliases: [] },
};

/** The plan `shop` as its site prod, in Frankfurt, sees it; its DR site is in Ireland. With a change made to it. */
export const siteArgs = (change: Partial<SiteArgs> = {}): SiteArgs => ({
  ...{ plan: "shop", name: "prod", all: ["prod", "dr"], activation: "active", location: "eu-central-1" },
  sites: {
    prod: { platform: "aws", region: "eu-central-1", account: ACCOUNT },
    dr: { platform: "aws", region: "eu-west-1", account: ACCOUNT },
  },
  ...change,
});

/** The DR site, on standby unless it is said otherwise. */
export const drSite = (change: Partial<SiteArgs> = {}) =>
  siteArgs({ name: "dr", activation: "standby", location: "eu-west-1", ...change });

/** A site with the foundation that its components stand on. Call it while recording; once for each component's name. */
export const founded = (site: SiteArgs, of = "", secrets: readonly string[] = []): SiteArgs => ({
  ...site,
  foundation: new Foundation(of ? `site-of-${of}` : "site", { site, dns: DNS, secrets }),
});
