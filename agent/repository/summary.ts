import type { OnProgress, Stored } from "../contract";

/** What `restic backup --json` prints, one object a line. */
type Line =
  | { readonly message_type: "status"; readonly bytes_done?: number; readonly total_bytes?: number }
  | {
      readonly message_type: "summary";
      readonly snapshot_id: string;
      readonly data_added: number;
      readonly total_bytes_processed: number;
      readonly total_files_processed: number;
    };

/** Whether a line says that a backup is whole and published: nothing but the lock is left then. */
export const isSummary = (line: string) => line.includes('"message_type":"summary"');

/** Reads the lines of a restic backup: progress on the way, what was stored at the end. */
export function summaryReader(onProgress?: OnProgress) {
  let found: Stored | undefined;
  return {
    read(this: void, line: string): void {
      if (!line.startsWith("{")) return;
      const said = JSON.parse(line) as Line;
      if (said.message_type === "status") {
        const { bytes_done: bytes = 0, total_bytes: totalBytes } = said;
        onProgress?.({ bytes, phase: "store", ...(totalBytes === undefined ? {} : { totalBytes }) });
      }
      if (said.message_type !== "summary") return;
      const bytes = { source: said.total_bytes_processed, stored: said.data_added };
      found = { locator: said.snapshot_id, bytes, files: said.total_files_processed };
    },
    found: () => found,
    stored(): Stored {
      if (!found) throw new Error("restic said that it is done and did not say where");
      return found;
    },
  };
}
