import { Foundation } from "../../../components/azure";
import type { SiteArgs } from "../../../components/contract";
import type { Plan } from "../../../plan";
import type { Recorded, Recording } from "../../helpers/record";

export const SUBSCRIPTION = "11111111-1111-1111-1111-111111111111";
export const DR_SUBSCRIPTION = "22222222-2222-2222-2222-222222222222";
export const DNS: Plan["dns"] = { zone: "example.com", name: "www.example.com", ttl: 30, aliases: [] };

/** The plan `shop` as its site prod, in Virginia, sees it; its DR site is in Washington, in a subscription of its own. */
export const siteArgs = (change: Partial<SiteArgs> = {}): SiteArgs => ({
  ...{ plan: "shop", name: "prod", all: ["prod", "dr"], activation: "active", location: "eastus" },
  sites: {
    prod: { platform: "azure", region: "eastus", subscription: SUBSCRIPTION },
    dr: { platform: "azure", region: "westus2", subscription: DR_SUBSCRIPTION, resourceGroup: "rg-shop-dr" },
  },
  ...change,
});

/** The DR site, on standby unless it is said otherwise. */
export const drSite = (change: Partial<SiteArgs> = {}) =>
  siteArgs({ name: "dr", activation: "standby", location: "westus2", ...change });

/** A site with the foundation that its components stand on. Call it while recording. */
export const founded = (site: SiteArgs, secrets: readonly string[] = []): SiteArgs => ({
  ...site,
  foundation: new Foundation("site", { site, dns: DNS, secrets }),
});

/** The resource of that type and name; the type without `azure-native:`. Throws if there is none, or more than one. */
export function one(resources: readonly Recorded[], type: string, name: string): Recorded {
  const found = resources.filter((each) => each.type === `azure-native:${type}` && each.name === name);
  if (found.length !== 1) throw new Error(`one ${type} ${name} was looked for; there are ${found.length}`);
  return found[0]!;
}

/** Names of the children of a component, by type without `azure-native:`, in order. */
export const childrenOf = (resources: readonly Recorded[], self: string) =>
  resources
    .filter(({ parent }) => parent === self)
    .map(({ type, name }) => `${type.replace("azure-native:", "")} ${name}`);

/** Which subscription a resource is made in. */
export const subscriptionOf = (resources: readonly Recorded[], { provider }: Recorded) =>
  resources.find(({ type, name }) => type === "pulumi:providers:azure-native" && provider.includes(`::${name}::`))
    ?.inputs.subscriptionId;

/** Records each case once for a file of tests: what is asked for depends on the arguments alone. */
export function recordOnce() {
  const known = new Map<string, Promise<Recording>>();
  return (args: unknown, make: () => Promise<Recording>): Promise<Recording> => {
    const key = JSON.stringify(args) ?? "";
    const recording = known.get(key) ?? make();
    known.set(key, recording);
    return recording;
  };
}
