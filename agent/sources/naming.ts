import type { Backup, BackupRequest, BackupType, Source, Tags } from "../contract";

/** `<source>-<UTC start as 20261121T020000.000Z>-<type>`: sorts by time within a source. */
export const backupId = (source: string, startedAt: Date, type: BackupType): Backup["id"] =>
  `${source}-${startedAt.toISOString().replaceAll(/[-:]/g, "")}-${type}`;

/** What a backup says of itself before anything is known of what is in it. */
export const headOf = (
  { name, engine, kind }: Pick<Source, "name" | "engine" | "kind">,
  { plan, site }: Pick<Backup, "plan" | "site">,
  { type, trigger, description }: BackupRequest,
  startedAt: Date,
) => ({
  ...{ format: 1 as const, id: backupId(name, startedAt, type), plan, site, source: name, engine, kind, type, trigger },
  ...(description === undefined ? {} : { description }),
  startedAt: startedAt.toISOString(),
});

/** How what a backup stores is found again in its repository. */
export const tagsOf = ({ plan, site, source, engine, id }: ReturnType<typeof headOf>): Tags => ({
  ...{ plan, site, source, engine, id },
});
