import type { DatabaseStatus } from "../evidence/state";
import { bytesOf } from "./watch/loss";

/** Adds to each standby how much WAL it lacks of what the writer of its database, fenced or not, has written. */
export function withDistances(databases: readonly DatabaseStatus[]): readonly DatabaseStatus[] {
  return databases.map((one) => {
    const writers = databases.filter(
      ({ database, role }) => database === one.database && (role === "primary" || role === "fenced"),
    );
    const writer = writers.find(({ role }) => role === "primary") ?? writers[0];
    if (one.role !== "standby" || !one.position || !writer?.position) return one;
    const behind = bytesOf(writer.position) - bytesOf(one.position);
    return { ...one, behindBytes: Number(behind > 0n ? behind : 0n) };
  });
}

/** How far a standby is behind, as far as it is known. */
export function inWordsBehind({ streaming, lagSeconds, behindBytes, lastCommit }: DatabaseStatus): string {
  if (streaming) return `streaming${lagSeconds === undefined ? "" : `, ${lagSeconds.toFixed(1)} s behind`}`;
  const behind =
    behindBytes === undefined ? "how far behind is not known" : `${behindBytes} bytes of WAL behind the writer`;
  return `NOT STREAMING, ${behind}${lastCommit ? `, its newest commit is of ${lastCommit}` : ""}`;
}
