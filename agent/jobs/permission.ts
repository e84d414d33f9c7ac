import { readAuthority } from "../../engines/dns/authority";
import type { Authority } from "../../engines/dns/lookup";
import { newestEpoch, type Epoch } from "../../engines/postgres/epoch";
import { connected } from "../../engines/postgres/sql";
import type { AgentConfig } from "../config";

/** Why this site may not write backups just now; undefined if it may. Whoever holds an older epoch may not. */
export function refusalToWrite(
  site: string,
  authority: Authority | undefined,
  own: Epoch | undefined,
): string | undefined {
  if (own && own.site !== site) return `the database says that ${own.site} is its writer (epoch ${own.epoch})`;
  if (!authority || authority.site === site) {
    if (own && authority && authority.epoch > own.epoch)
      return `the authority record says epoch ${authority.epoch}, and this database holds the older ${own.epoch}`;
    return undefined;
  }
  // Just promoted, and the record has not been turned yet: the newer epoch wins.
  if (own && own.epoch > authority.epoch) return undefined;
  return `the authority record says that ${authority.site} is live (epoch ${authority.epoch})`;
}

/** Whether this site may write backups. One that is not live must stop: its history is not the plan's any more. */
export interface Permission {
  /** What the last look said. */
  readonly refusal: () => string | undefined;
  /** Looks; throws if it cannot be told who is live. */
  readonly ask: () => Promise<string | undefined>;
}

export function createPermission(
  { authority, sources, site }: Pick<AgentConfig, "authority" | "sources" | "site">,
  onEpoch: (own: Epoch) => void,
): Permission {
  let refusal: string | undefined;
  return {
    refusal: () => refusal,
    async ask() {
      const server = sources.find(({ postgresql }) => postgresql)?.postgresql;
      const [record, own] = await Promise.all([
        authority ? readAuthority(authority) : undefined,
        server ? connected(server.endpoint, newestEpoch).catch(() => undefined) : undefined,
      ]);
      if (own) onEpoch(own);
      return (refusal = refusalToWrite(site, record, own));
    },
  };
}
