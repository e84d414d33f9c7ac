import { withAgent, type CommonOptions } from "./command";
import { renderBackups } from "./table";
import { wholeNumber } from "./words";

export interface BackupsOptions extends CommonOptions {
  readonly limit: string;
}

/** `pulumi-dr backups`: exits 1 if a repository could not be read, because the list is not whole then. */
export function backups(source: string | undefined, options: BackupsOptions): Promise<void> {
  const limit = wholeNumber("--limit", options.limit, 100_000);
  return withAgent(options, async ({ client }, progress) => {
    const { backups, total, unread } = await client.history({ limit, ...(source === undefined ? {} : { source }) });
    const missing = [...(await client.missing()), ...unread];
    const isWhole = !missing.some((line) => line.startsWith("repository "));
    const lines = [
      ...(backups.length > 0 ? renderBackups(backups) : [`no backup${source ? ` of ${source}` : ""} is there`]),
      ...(total > backups.length ? [`${backups.length} of ${total}; --limit ${total} shows all`] : []),
      ...missing.map((line) => `! ${line}`),
    ];
    progress.say(lines.join("\n"));
    return { ok: isWhole, total, backups, missing };
  });
}
