import type { SiteArgs } from "../../../components/contract";

/** The plan `shop`, whose sites lie below `/sites`, as its site prod sees it; with a change made to it. */
export const siteArgs = (change: Partial<SiteArgs> = {}): SiteArgs => ({
  plan: "shop",
  name: "prod",
  all: ["prod", "dr"],
  sites: { prod: { platform: "local" }, dr: { platform: "local" } },
  location: "/sites",
  activation: "active",
  ...change,
});

/** The DR site, on standby unless it is said otherwise. */
export const drSite = (change: Partial<SiteArgs> = {}) => siteArgs({ name: "dr", activation: "standby", ...change });
