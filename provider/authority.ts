import { readAuthority, type AuthorityLookup } from "../engines/dns/authority";
import type { Epoch } from "../engines/postgres/epoch";

export { readAuthority, type AuthorityLookup };

/**
 * Refuses to let a site write while the authority record names another.
 *
 * @param newest The newest epoch that the site's server knows. The name follows a promotion: until it does, the record is of
 * the epoch before, and holds off nobody.
 */
export async function liveElsewhere(lookup: AuthorityLookup, site: string, newest?: Epoch): Promise<void> {
  const authority = await readAuthority(lookup);
  if (!authority || authority.site === site) return;
  // Cut off between its promotion and its epoch, a server knows only the epoch of the site that it takes over from.
  if (newest && authority.epoch < newest.epoch + (newest.site === site ? 0 : 1)) return;
  throw new Error(
    `\`activation\` must be standby: the authority record says ${authority.site} is live (epoch ${authority.epoch}), and two ` +
      `writers would fork the data. Set dr:activation standby on this stack`,
  );
}

/** Refuses to start an empty database where there was a live one: that would be data loss that looks like success. */
export async function refuseEmptyWriter(lookup: AuthorityLookup, site: string): Promise<void> {
  const authority = await readAuthority(lookup);
  if (!authority) return;
  throw new Error(
    `${site} has no data, and the authority record says ${authority.site} is live (epoch ${authority.epoch}); an empty database must ` +
      `not take its place. Set dr:activation standby on this stack to copy it from the live site, or fail over to the other one`,
  );
}
